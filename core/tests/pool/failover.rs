//! Which server has the keys of one that is down.

use crate::servers::{HASHES, key, pool};
use memcached_core::pool::{Hash, Pool};

fn servers(count: u16) -> Vec<(String, u16)> {
    (1..=count).map(|at| (format!("10.0.0.{at}"), 1)).collect()
}

#[test]
fn the_keys_of_others_stay_where_they_are() {
    for hash in HASHES {
        let pool = pool(hash, &servers(5));
        let mut taken_over = [0; 5];
        for number in 0..1000 {
            let key = key(&format!("key{number}"));
            let home = pool.route(&key);
            let found = pool.route_to(&key, |at| at != 2);
            if home == 2 {
                taken_over[found] += 1;
            } else {
                assert_eq!(found, home);
            }
        }
        let [a, b, down, d, e] = taken_over;
        assert_eq!(down, 0);
        let shares = [a, b, d, e];
        assert!(
            shares.iter().all(|&share| share >= 15),
            "{hash:?}: {shares:?}"
        );
    }
}

#[test]
fn without_any_server_a_key_is_at_home() {
    for hash in HASHES {
        for count in [1, 2, 7] {
            let pool = pool(hash, &servers(count));
            let key = key("foo");
            assert_eq!(pool.route_to(&key, |_| false), pool.route(&key));
        }
    }
}

#[test]
fn one_living_server_has_all_keys() {
    for hash in HASHES {
        let pool = pool(hash, &servers(100));
        for number in 0..100 {
            let key = key(&format!("key{number}"));
            assert_eq!(pool.route_to(&key, |at| at == 77), 77);
        }
    }
}

/// Where weights are equal, others who leave a dead server out find the same.
#[test]
fn the_next_server_is_that_of_a_ring_without_the_dead_one() {
    for hash in [Hash::Ketama, Hash::Nginx] {
        let all = servers(5);
        let left = [&all[..1], &all[2..]].concat();
        let (all, left) = (pool(hash, &all), pool(hash, &left));
        for number in 0..1000 {
            let key = key(&format!("key{number}"));
            let found = all.route_to(&key, |at| at != 1);
            assert_eq!(all.servers()[found], left.servers()[left.route(&key)]);
        }
    }
}

#[test]
fn only_with_failover_another_server_is_asked_or_may_have_an_item() {
    for hash in HASHES {
        let plain = pool(hash, &servers(5));
        let failing_over = Pool::new(plain.spec().clone().failing_over());
        for number in 0..100 {
            let key = key(&format!("key{number}"));
            let home = plain.route(&key);
            let refuses = |at| at == home;
            assert_eq!(plain.place(&key, refuses), home);
            assert_eq!(plain.stand_in(&key, refuses), None);
            assert_eq!(failing_over.place(&key, |_| false), home);
            let next = failing_over.place(&key, refuses);
            assert_ne!(next, home);
            // It may have the item whether its own server refuses or not.
            assert_eq!(failing_over.stand_in(&key, refuses), Some(next));
            assert_eq!(failing_over.stand_in(&key, |_| false), Some(next));
            let all_but_home = |at| at != home;
            assert_eq!(failing_over.stand_in(&key, all_but_home), None);
        }
    }
}

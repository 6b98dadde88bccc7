//! Any lists of servers, any keys.

use memcached_core::pool::Hash;
use proptest::prelude::*;

use crate::naive::Naive;
use crate::servers::{HASHES, key, pool};

fn lists() -> impl Strategy<Value = Vec<(String, u16)>> {
    let weight = prop_oneof![Just(1), 1u16..=12];
    let server = (1u16..5, weight);
    proptest::collection::vec(server, 1..12).prop_map(|servers| {
        let address = |at, port| match port {
            1 => format!("unix:/run/{at}.sock"),
            2 => format!("[2001:db8::{at}]:11300"),
            3 => format!("10.0.0.{at}:11211"),
            _ => format!("10.0.0.{at}:11{at:03}"),
        };
        let servers = servers.into_iter().enumerate();
        servers
            .map(|(at, (form, weight))| (address(at + 1, form), weight))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn like_the_naive_twin(servers in lists(), keys in proptest::collection::vec("[!-~]{1,40}", 8)) {
        for hash in HASHES {
            let pool = pool(hash, &servers);
            let naive = Naive::new(hash, &servers);
            for text in &keys {
                let twin = naive.route(text.as_bytes());
                prop_assert_eq!(pool.route(&key(text)), twin, "{:?} {}", hash, text);
            }
        }
    }

    #[test]
    fn only_the_keys_of_the_dead_move(
        servers in lists(),
        dead in any::<u16>(),
        keys in proptest::collection::vec("[!-~]{1,40}", 40),
    ) {
        for hash in HASHES {
            let pool = pool(hash, &servers);
            let usable = |at: usize| dead >> at & 1 == 0;
            let any = (0..servers.len()).any(usable);
            for text in &keys {
                let key = key(text);
                let (home, found) = (pool.route(&key), pool.route_to(&key, usable));
                prop_assert!(usable(found) || !any);
                prop_assert!(found == home || !usable(home) && usable(found));
            }
        }
    }

    /// In nginx's ring a server has the same points whatever the others are.
    #[test]
    fn a_server_that_is_removed_moves_its_keys_alone(
        servers in lists(),
        removed in any::<prop::sample::Index>(),
        keys in proptest::collection::vec("[!-~]{1,40}", 40),
    ) {
        prop_assume!(servers.len() > 1);
        let removed = removed.index(servers.len());
        let mut left = servers.clone();
        left.remove(removed);
        let (all, left) = (pool(Hash::Nginx, &servers), pool(Hash::Nginx, &left));
        for text in &keys {
            let key = key(text);
            let found = all.route_to(&key, |at| at != removed);
            prop_assert_eq!(&all.servers()[found], &left.servers()[left.route(&key)]);
        }
    }
}

//! What is and what is not a pool, and names in the ring.

use core::time::Duration;
use std::sync::Arc;

use memcached_core::pool::{Hash, Pool, PoolError, PoolServer, PoolSpec};
use memcached_core::protocol::Token;

use crate::servers::{HASHES, key, pool, server};

fn refused(servers: Vec<PoolServer<String>>, hash: Hash) -> PoolError {
    PoolSpec::new(servers, hash).unwrap_err()
}

fn many(count: usize) -> Vec<PoolServer<String>> {
    let address = |at| format!("10.0.0.{at}:11211");
    (1..=count)
        .map(|at| server(None, &address(at), 1))
        .collect()
}

#[test]
fn bounds() {
    for hash in HASHES {
        assert_eq!(refused(Vec::new(), hash), PoolError::Empty);
        assert_eq!(refused(many(101), hash), PoolError::TooMany(101));
        assert!(PoolSpec::new(many(100), hash).is_ok());
        for weight in [0, 1001] {
            let servers = vec![server(None, "a", 1), server(None, "b", weight)];
            assert_eq!(refused(servers, hash), PoolError::Weight(weight));
        }
        let servers = vec![server(None, "a", 1), server(None, "b", 1000)];
        assert!(PoolSpec::new(servers, hash).is_ok());
    }
}

#[test]
fn no_two_servers_have_one_name() {
    for (first, second) in [
        (
            server(None, "10.0.0.1", 1),
            server(None, "10.0.0.1:11211", 2),
        ),
        (
            server(Some("a"), "10.0.0.1", 1),
            server(Some("a"), "10.0.0.2", 1),
        ),
        (
            server(Some("10.0.0.2"), "10.0.0.1", 1),
            server(None, "10.0.0.2", 1),
        ),
    ] {
        for hash in [Hash::Ketama, Hash::Nginx] {
            let servers = vec![first.clone(), second.clone()];
            assert!(matches!(refused(servers, hash), PoolError::Twice(_)));
        }
    }
    let ports = vec![server(None, "10.0.0.1:1", 1), server(None, "10.0.0.1:2", 1)];
    assert!(PoolSpec::new(ports, Hash::Ketama).is_ok());
}

fn names(hash: Hash, servers: Vec<PoolServer<String>>) -> Vec<String> {
    Pool::new(PoolSpec::new(servers, hash).unwrap())
        .ring_names()
        .collect()
}

#[test]
fn names_in_the_ring_are_as_written() {
    let servers = || {
        vec![
            server(None, "127.0.0.1", 1),
            server(None, "Cache:11211", 1),
            server(None, "10.0.0.1:0", 1),
            server(None, "10.0.0.1:7", 1),
            server(None, "unix:/run/a.sock", 1),
            server(None, "[2001:DB8::1]", 1),
            server(None, "2001:db8::1", 1),
            server(None, "[::1]:9", 1),
            server(Some("alpha"), "10.0.0.1:8", 1),
        ]
    };
    let ketama = [
        "127.0.0.1",
        "Cache",
        "10.0.0.1",
        "10.0.0.1:7",
        "/run/a.sock:0",
        "2001:DB8::1",
        "2001:db8::1",
        "::1:9",
        "alpha",
    ];
    assert_eq!(names(Hash::Ketama, servers()), ketama);
    let nginx = [
        r"127.0.0.1\x0011211",
        r"Cache\x0011211",
        r"10.0.0.1\x0011211",
        r"10.0.0.1\x007",
        r"/run/a.sock\x00",
        r"[2001:DB8::1]\x0011211",
        r"[2001:db8::1]\x0011211",
        r"[::1]\x009",
        r"alpha\x008",
    ];
    assert_eq!(names(Hash::Nginx, servers()), nginx);
}

#[test]
fn a_name_counts_in_the_place_of_the_address() {
    for hash in [Hash::Ketama, Hash::Nginx] {
        let named = vec![
            server(Some("10.0.0.1"), "192.0.2.7", 1),
            server(Some("10.0.0.2"), "192.0.2.8", 1),
        ];
        let named = Pool::new(PoolSpec::new(named, hash).unwrap());
        let plain = pool(hash, &[("10.0.0.1".into(), 1), ("10.0.0.2".into(), 1)]);
        for number in 0..200 {
            let key = key(&format!("key{number}"));
            assert_eq!(named.route(&key), plain.route(&key));
        }
    }
}

#[test]
fn items_are_the_same_at_the_same_servers_in_the_same_places() {
    let three = |weight, hash| {
        let servers = vec![server(None, "a", 1), server(None, "b", weight)];
        Pool::new(PoolSpec::new(servers, hash).unwrap())
    };
    let usual = three(1, Hash::Ketama);
    assert!(usual.has_items_of(&three(1, Hash::Ketama)));
    assert!(!usual.has_items_of(&three(2, Hash::Ketama)));
    assert!(!usual.has_items_of(&three(1, Hash::Nginx)));
    let one = |name, hash| Pool::new(PoolSpec::new(vec![server(name, "a", 1)], hash).unwrap());
    assert!(!usual.has_items_of(&one(None, Hash::Ketama)));
    let same = one(None, Hash::Ketama).has_items_of(&one(Some("x"), Hash::Nginx));
    assert!(same, "without others names do not matter");
}

#[test]
fn items_of_another_user_are_not_the_same() {
    let one = |user: Option<&[u8]>, retry| {
        let mut server = server(None, "a", 1);
        server.server.spec.token = user.map(|user| Arc::new(Token::new(user, b"word").unwrap()));
        server.server.spec.retry = Duration::from_millis(retry);
        Pool::new(PoolSpec::new(vec![server], Hash::Ketama).unwrap())
    };
    let usual = one(Some(b"user"), 50);
    assert!(usual.has_items_of(&one(Some(b"user"), 60)));
    assert!(!usual.has_items_of(&one(Some(b"other"), 50)));
    assert!(!usual.has_items_of(&one(None, 50)));
}

//! What passes through a session from its handshake to its end.

use std::io::IoSlice;

use memcached_tls::testing::Versions;
use proptest::prelude::*;

use crate::pair::{BOTH, NAME, Pair, friends};

fn pattern(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}

#[test]
fn bit_by_bit() {
    for versions in BOTH {
        for step in [1, 2, 7, 4096, usize::MAX] {
            let (client, server) = friends(versions);
            let mut pair = Pair::new(&client, &server);
            pair.step = step;
            pair.carry().expect("a handshake");
            assert!(!pair.session.is_handshaking(), "{versions:?} {step}");
            assert_eq!(pair.peer.name(), Some(NAME));
            pair.send(b"get a\r\n").expect("to the server");
            pair.peer.send(b"END\r\n");
            pair.carry().expect("to the client");
            assert_eq!(pair.to_server, b"get a\r\n");
            assert_eq!(pair.to_client, b"END\r\n");
        }
    }
}

#[test]
fn much_passes_in_parts() {
    for versions in BOTH {
        let (client, server) = friends(versions);
        let mut pair = Pair::open(&client, &server);
        let large = pattern(1 << 20);
        pair.send(&large).expect("to the server");
        assert!(pair.to_server == large);
        pair.step = 48 * 1024;
        pair.peer.send(&large);
        pair.carry().expect("to the client");
        assert!(pair.to_client == large);
    }
}

/// Nobody keeps an unlimited number of bytes for a server that does not read.
#[test]
fn what_waits_is_bounded() {
    let (client, server) = friends(Versions::New);
    let mut pair = Pair::open(&client, &server);
    let large = pattern(1 << 20);
    let mut taken = 0;
    loop {
        let more = pair.session.send(&[IoSlice::new(&large[taken..])]);
        if more == 0 {
            break;
        }
        taken += more;
    }
    assert!((16 * 1024..=128 * 1024).contains(&taken), "{taken}");
    assert!(pair.outgoing().len() <= taken + taken / 8);
    assert!(pair.session.send(&[IoSlice::new(b"more")]) > 0);
}

#[test]
fn nothing_plain_goes_out_before_it_is_known_who_the_server_is() {
    for versions in BOTH {
        let (client, server) = friends(versions);
        let mut pair = Pair::new(&client, &server);
        assert_eq!(pair.session.send(&[IoSlice::new(b"secret")]), 0);
        let hello = pair.outgoing();
        assert!(!hello.windows(6).any(|part| part == b"secret"));
        let _ = pair.peer.receive(&hello);
        assert_eq!(pair.session.send(&[IoSlice::new(b"secret")]), 0);
        let answer = pair.peer.outgoing();
        pair.give(&answer).expect("a handshake");
        pair.carry().expect("a handshake");
        assert!(pair.to_server.is_empty());
        pair.send(b"secret").expect("a connection");
        assert_eq!(pair.to_server, b"secret");
    }
}

#[test]
fn slices_are_sent_in_order() {
    let (client, server) = friends(Versions::New);
    let mut pair = Pair::open(&client, &server);
    let slices = [&b"set a "[..], b"", b"0 0 1\r\n", b"x\r\n"].map(IoSlice::new);
    assert_eq!(pair.session.send(&slices), 16);
    pair.carry().expect("to the server");
    assert_eq!(pair.to_server, b"set a 0 0 1\r\nx\r\n");
}

#[test]
fn an_end_that_is_said() {
    for versions in BOTH {
        let (client, server) = friends(versions);
        let mut pair = Pair::open(&client, &server);
        pair.peer.send(b"END\r\n");
        pair.peer.close();
        let mut last = pair.peer.outgoing();
        last.extend_from_slice(b"whatever comes behind it");
        assert!(!pair.session.has_ended());
        pair.give(&last).expect("an end");
        assert!(pair.session.has_ended(), "{versions:?}");
        assert_eq!(pair.to_client, b"END\r\n");

        let mut pair = Pair::open(&client, &server);
        pair.session.close();
        assert!(pair.session.wants_write());
        let last = pair.outgoing();
        assert_eq!(pair.peer.receive(&last), Some(Vec::new()));
    }
}

#[test]
fn sessions_are_resumed() {
    for versions in BOTH {
        let (client, server) = friends(versions);
        let first = Pair::open(&client, &server);
        assert!(!first.session.is_resumed());
        for _ in 0..3 {
            assert!(Pair::open(&client, &server).session.is_resumed());
        }
        let (stranger, _) = friends(versions);
        let mut other = Pair::new(&stranger, &server);
        assert!(other.carry().is_err());
    }
}

#[test]
fn keys_are_changed() {
    let (client, server) = friends(Versions::New);
    let mut pair = Pair::open(&client, &server);
    for _ in 0..5 {
        pair.peer.change_keys();
        pair.peer.send(b"a");
        pair.carry().expect("new keys");
        pair.send(b"b").expect("new keys");
    }
    assert_eq!(pair.to_client, b"aaaaa");
    assert_eq!(pair.to_server, b"bbbbb");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn however_it_is_cut(
        versions in prop::sample::select(&BOTH[..]),
        turns in prop::collection::vec((any::<bool>(), 0..40_000_usize, 1..20_000_usize), 1..8),
    ) {
        let (client, server) = friends(versions);
        let mut pair = Pair::new(&client, &server);
        let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
        pair.step = turns[0].2;
        pair.carry().expect("a handshake");
        for (from_client, len, step) in turns {
            pair.step = step;
            let plain = pattern(len);
            if from_client {
                pair.send(&plain).expect("a connection");
                to_server.extend_from_slice(&plain);
            } else {
                pair.peer.send(&plain);
                pair.carry().expect("a connection");
                to_client.extend_from_slice(&plain);
            }
        }
        prop_assert!(pair.to_client == to_client);
        prop_assert!(pair.to_server == to_server);
    }
}

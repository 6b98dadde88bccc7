//! Servers that send what they should not.

use memcached_tls::testing::Versions;
use proptest::prelude::*;

use crate::pair::{BOTH, Pair, friends};

/// What is said of bytes in the place of the server's first ones.
fn first(bytes: &[u8]) -> String {
    first_by(usize::MAX, bytes)
}

/// The same where so many of them come at once.
fn first_by(step: usize, bytes: &[u8]) -> String {
    let (client, server) = friends(Versions::New);
    let mut pair = Pair::new(&client, &server);
    pair.step = step;
    let _ = pair.outgoing();
    let fault = pair.give(bytes).expect_err("no TLS");
    assert!(pair.to_client.is_empty());
    fault.to_string()
}

#[test]
fn those_that_speak_something_else() {
    for answer in [
        "ERROR\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "SSH-2.0-x\r\n",
    ] {
        for step in [1, 2, 3, 4, 5, 6, usize::MAX] {
            let said = first_by(step, answer.as_bytes());
            assert!(
                said.contains("the server does not speak TLS"),
                "{answer} by {step}: {said}"
            );
        }
    }
}

#[test]
fn records_and_messages_that_are_too_long() {
    // A record of 65535 bytes.
    first(&[22, 3, 3, 0xff, 0xff]);
    // A handshake message of 16 MB, of which more and more comes.
    let (client, server) = friends(Versions::New);
    let mut pair = Pair::new(&client, &server);
    let _ = pair.outgoing();
    let mut record = vec![22, 3, 3, 0x40, 0x00];
    record.extend([2, 0xff, 0xff, 0xff]);
    record.resize(5 + 0x4000, 0);
    let given = (0..64).map_while(|_| pair.give(&record).ok()).count();
    assert!(given < 8, "64 KiB is enough, not {given} records");
}

#[test]
fn data_before_the_handshake_is_over() {
    // A record of data in plain.
    first(&[23, 3, 3, 0, 5, b'E', b'N', b'D', b'\r', b'\n']);
}

#[test]
fn a_byte_that_was_changed() {
    for versions in BOTH {
        let (client, server) = friends(versions);
        let mut pair = Pair::open(&client, &server);
        pair.peer.send(b"VALUE a 0 1\r\nx\r\n");
        let record = pair.peer.outgoing();
        for at in 5..record.len() {
            let (mut changed, mut pair) = (record.clone(), Pair::open(&client, &server));
            pair.peer.send(b"VALUE a 0 1\r\nx\r\n");
            let own = pair.peer.outgoing();
            changed.copy_from_slice(&own);
            changed[at] ^= 1;
            let fault = pair.give(&changed).expect_err("it was changed");
            assert!(
                fault.to_string().contains("changed on their way"),
                "{fault}"
            );
            assert!(pair.to_client.is_empty(), "{versions:?} {at}");
        }
    }
}

/// Part of a record is nothing.
#[test]
fn an_end_in_the_middle() {
    for versions in BOTH {
        let (client, server) = friends(versions);
        let mut pair = Pair::open(&client, &server);
        pair.peer.send(b"END\r\n");
        let record = pair.peer.outgoing();
        pair.give(&record[..record.len() - 1]).expect("so far");
        assert!(pair.to_client.is_empty());
        assert!(!pair.session.has_ended());
    }
}

#[test]
fn a_record_that_comes_twice() {
    for versions in BOTH {
        let (client, server) = friends(versions);
        let mut pair = Pair::open(&client, &server);
        pair.peer.send(b"END\r\n");
        let record = pair.peer.outgoing();
        pair.give(&record).expect("once");
        pair.give(&record).expect_err("twice");
        assert_eq!(pair.to_client, b"END\r\n");
    }
}

/// A server that sends on and on, and says nothing, is given up: neither time nor memory is for it.
#[test]
fn tickets_by_the_thousand() {
    let open = |tickets| {
        let (client, server) = friends(Versions::New);
        Pair::new(&client, &server.with_tickets(tickets))
    };
    // A few are usual, and so are more.
    let mut pair = open(100);
    pair.carry().expect("a handshake");
    pair.peer.send(b"END\r\n");
    pair.carry().expect("a talk");
    assert_eq!(pair.to_client, b"END\r\n");
    for step in [100, 4096, usize::MAX] {
        let mut pair = open(2000);
        pair.step = step;
        let fault = pair.carry().expect_err("too many");
        let said = format!("{step} {fault}");
        assert!(said.contains("sends much and says nothing"), "{said}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever comes in the middle of a handshake ends in an error or goes on, and gives
    /// nothing plain.
    #[test]
    fn a_handshake_that_is_changed(
        versions in prop::sample::select(&BOTH[..]),
        step in 1..600_usize,
        at in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
        cut in 0..40_usize,
    ) {
        let (client, server) = friends(versions);
        let mut pair = Pair::new(&client, &server);
        pair.step = step;
        let hello = pair.outgoing();
        let _ = pair.peer.receive(&hello);
        let mut answer = pair.peer.outgoing();
        let at = at.index(answer.len());
        let end = (at + cut).min(answer.len());
        answer.splice(at..end, bytes);
        if pair.give(&answer).is_ok() {
            // What is left of it, or the server's own check finds it.
            let _ = pair.carry();
        }
        prop_assert!(pair.to_client.is_empty() && pair.to_server.is_empty());
    }

    #[test]
    fn garbage(bytes in prop::collection::vec(any::<u8>(), 1..4000), step in 1..500_usize) {
        let (client, server) = friends(Versions::New);
        let mut pair = Pair::new(&client, &server);
        pair.step = step;
        let _ = pair.outgoing();
        let _ = pair.give(&bytes);
        prop_assert!(pair.to_client.is_empty());
        prop_assert!(pair.session.is_handshaking());
    }
}

//! What servers do wrong, and what it means for all connections.

use memcached_core::protocol::Lane;
use memcached_core::server::Failure;
use memcached_core::testing::server::{Sim, outcomes};

/// The first of two requests is asked for once more, alone, and then given up;
/// the second is as good as before.
#[test]
fn replies_that_end_a_connection() {
    let gets: &[(&[u8], &str)] = &[
        (b"ERROR\r\n", "the server answers ERROR"),
        (
            b"CLIENT_ERROR bad\r\n",
            "the server answers CLIENT_ERROR bad",
        ),
        (b"STORED\r\n", "unexpected reply \"STORED\""),
        (
            b"VALUE b 0 1\r\nB\r\nEND\r\n",
            "value of another key than asked: \"b\"",
        ),
        (
            b"VALUE a 0 -1\r\n",
            "cannot read value line \"VALUE a 0 -1\"",
        ),
        (
            b"VALUE a 0 1\r\nAA\r\nEND\r\n",
            "a value does not end where it should",
        ),
        (b"\n", "a line does not end in CR LF"),
        (&[b'x'; 2048], "a line is longer than 2048 bytes"),
    ];
    let sets: &[(&[u8], &str)] = &[
        (b"ERROR\r\n", "the server answers ERROR"),
        (
            b"CLIENT_ERROR bad\r\n",
            "the server answers CLIENT_ERROR bad",
        ),
        (b"END\r\n", "unexpected reply \"END\""),
        (
            b"VALUE a 0 1\r\nA\r\nEND\r\n",
            "unexpected reply \"VALUE a 0 1\"",
        ),
    ];
    for (lane, cases) in [(Lane::Lookup, gets), (Lane::Store, sets)] {
        for &(reply, reason) in cases {
            let mut sim = Sim::new();
            sim.lane = lane;
            sim.works();
            for token in [1, 2] {
                let key = if token == 1 { "a" } else { "b" };
                match lane {
                    Lane::Store => sim.set(token, key, b"x").unwrap(),
                    _ => sim.get(token, key).unwrap(),
                };
                sim.written(999);
            }
            sim.data(reply);
            assert_eq!((sim.closes, sim.connects), (1, 1), "{reason}");
            assert_eq!(sim.log(), [format!("protocol error: {reason}")]);
            if sim.done.is_empty() {
                sim.connected();
                let first = sim.written(999);
                assert!(!first.windows(2).any(|part| part == b" b"), "{reason}");
                sim.data(reply);
                assert_eq!((sim.closes, sim.connects), (2, 2), "{reason}");
            }
            assert_eq!(sim.done(), outcomes(&[(1, "protocol error")]));
            sim.connected();
            if sim.connects == 2 {
                // Two connections in a row served nothing.
                assert_eq!(sim.written(9), b"version\r\n");
            }
            let second = sim.written(999);
            assert!(second.windows(2).any(|part| part == b" b"), "{reason}");
            assert_eq!(sim.server.load(lane), (1, usize::from(lane == Lane::Store)));
        }
    }
}

#[test]
fn server_error_answers_one_request_and_keeps_the_connection() {
    let mut sim = Sim::new();
    sim.works();
    sim.get(1, "a").unwrap();
    sim.written(99);
    sim.get(2, "b").unwrap();
    sim.written(99);
    sim.data(b"SERVER_ERROR out of memory writing get response\r\nEND\r\n");
    assert_eq!(
        sim.done(),
        outcomes(&[
            (1, "ServerError(\"out of memory writing get response\")"),
            (2, "miss")
        ])
    );
    assert_eq!(sim.closes, 0);
}

#[test]
fn bytes_that_nobody_asked_for_end_a_connection() {
    let mut sim = Sim::new();
    sim.works();
    sim.data(b"ERROR Too many open connections\r\n");
    assert_eq!(sim.closes, 1);
    assert_eq!(
        sim.log(),
        ["protocol error: unexpected reply \"ERROR Too many open connections\\r\\n\""]
    );
}

#[test]
fn a_reply_before_the_request_is_sent_ends_a_connection() {
    let mut sim = Sim::new();
    sim.works();
    sim.get(1, "a").unwrap();
    for end in 1..=2 {
        sim.written(3);
        sim.data(b"END\r\n");
        assert_eq!(sim.closes, end);
        sim.connected();
    }
    assert_eq!(sim.done(), outcomes(&[(1, "protocol error")]));
}

/// A server that takes no stores, say one that only reads, is no reason to
/// leave lookups, and its log is no alternation of bad and good.
#[test]
fn stores_that_always_fail_leave_lookups_alone() {
    let mut sim = Sim::new();
    sim.works();
    let (mut attempts, mut was_down) = (0, false);
    for ms in (0..30_000).step_by(10) {
        sim.at(ms);
        sim.lane = Lane::Store;
        if sim.set(1, "a", b"x").is_ok() {
            attempts += 1;
            sim.connected();
            sim.written(99);
            sim.data(b"CLIENT_ERROR read only\r\n");
            assert_eq!(sim.done(), outcomes(&[(1, "protocol error")]));
        }
        sim.lane = Lane::Lookup;
        if ms % 10_000 < 5000 {
            // Nobody looks anything up for a while: it counts as down then.
            was_down |= sim.server.is_down();
            continue;
        }
        sim.get(2, "a").unwrap();
        sim.written(99);
        sim.data(b"END\r\n");
        assert_eq!(sim.done(), outcomes(&[(2, "miss")]));
    }
    assert!(was_down);
    // Soon at first, then once per retry interval.
    assert!((30..=37).contains(&attempts), "{attempts}");
    let log = sim.log();
    assert!(log.iter().all(|line| !line.starts_with("well")), "{log:?}");
    // The stores end; after a while the log may say so.
    sim.at(45_000);
    sim.get(2, "a").unwrap();
    sim.written(99);
    sim.data(b"END\r\n");
    assert_eq!(sim.log(), ["well after 45000 ms"]);
}

/// The other way round: it is the lookups that fail.
#[test]
fn lookups_that_always_fail_leave_stores_alone() {
    let mut sim = Sim::new();
    sim.lane = Lane::Store;
    sim.works();
    let mut attempts = 0;
    for ms in (0..10_000).step_by(10) {
        sim.at(ms);
        sim.lane = Lane::Store;
        sim.set(1, "a", b"x").unwrap();
        sim.written(99);
        sim.data(b"STORED\r\n");
        sim.lane = Lane::Lookup;
        if sim.get(2, "a").is_ok() {
            attempts += 1;
            sim.connected();
            sim.written(99);
            sim.data(b"ERROR\r\n");
        }
    }
    assert!((10..=17).contains(&attempts), "{attempts}");
    assert!(sim.log().iter().all(|line| !line.starts_with("well")));
}

/// When all is dead, what one connection learned helps the other.
#[test]
fn both_connections_know_when_the_server_is_down() {
    let mut sim = Sim::new();
    for (ms, lane) in [(0, Lane::Lookup), (0, Lane::Store), (1000, Lane::Lookup)] {
        sim.at(ms);
        sim.lane = lane;
        match lane {
            Lane::Store => sim.set(1, "a", b"x").unwrap(),
            _ => sim.get(1, "a").unwrap(),
        };
        sim.error();
    }
    assert!(sim.server.is_down());
    assert_eq!(sim.set(1, "a", b"x"), Err(Failure::Down));
    // One request tries it, on whichever connection.
    sim.at(2000);
    sim.set(1, "a", b"x").unwrap();
    assert_eq!(sim.get(1, "a"), Err(Failure::Down));
}

/// A connection that is closed before anything could be written counts too.
#[test]
fn a_server_that_closes_at_once_is_not_hammered() {
    let mut sim = Sim::new();
    let mut attempts = 0;
    for ms in (0..10_000).step_by(10) {
        sim.at(ms);
        if sim.get(1, "a").is_ok() {
            attempts += 1;
            sim.connected();
            sim.eof();
            assert_eq!(sim.done(), outcomes(&[(1, "connection lost")]));
        }
    }
    assert!((10..=17).contains(&attempts), "{attempts}");
    assert_eq!(sim.log().len(), attempts);
    assert!(sim.server.is_down());
}

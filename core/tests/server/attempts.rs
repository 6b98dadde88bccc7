//! When a server that failed is tried again, and by what.

use std::time::Duration;

use memcached_core::protocol::Lane;
use memcached_core::server::Failure;
use memcached_core::testing::server::{Sim, outcomes};

/// The times of all attempts at a server that refuses every connection, where
/// somebody asks every millisecond.
#[test]
fn refused_attempts_come_soon_at_first() {
    let mut sim = Sim::new();
    let mut attempts = Vec::new();
    for ms in 0..4000 {
        sim.at(ms);
        if sim.get(1, "a").is_ok() {
            attempts.push(ms);
            sim.error();
        }
    }
    let expected = [0, 10, 30, 70, 150, 310, 630, 1270, 2270, 3270];
    assert_eq!(attempts, expected);
    let log = sim.log();
    // Down once failures in a row span the retry interval.
    let down = log.iter().position(|line| line == "refused, down");
    assert_eq!(down, Some(7));
}

/// Asks every millisecond from `from` to `to`; how many were accepted.
fn ask(sim: &mut Sim, from: u64, to: u64) -> usize {
    let mut accepted = 0;
    for ms in from..to {
        sim.at(ms);
        accepted += usize::from(sim.get(1, "a").is_ok());
    }
    accepted
}

#[test]
fn nobody_waits_for_a_server_that_was_silent() {
    let mut sim = Sim::new();
    sim.works();
    sim.get(1, "a").unwrap();
    sim.written(99);
    sim.at(500);
    assert_eq!(sim.done(), outcomes(&[(1, "timed out")]));
    // The attempt comes by itself, and waits as long as requests would.
    sim.at(510);
    assert_eq!(sim.connects, 1);
    sim.connected();
    assert_eq!(sim.written(99), b"version\r\n");
    assert_eq!(ask(&mut sim, 510, 1010), 0);
    sim.at(1010);
    assert_eq!(sim.log(), ["no answer within 500 ms"; 2]);
    // Then the connection cannot even be made.
    assert_eq!(ask(&mut sim, 1010, 1570), 0);
    sim.at(1570);
    let log = [
        "no connection within 250 ms",
        "no connection within 250 ms, down",
    ];
    assert_eq!(sim.log(), log);
    assert_eq!(sim.connects, 3);
    assert_eq!(ask(&mut sim, 1570, 2570), 0);
    assert_eq!(sim.connects, 3);
    sim.at(2570);
    assert_eq!(sim.connects, 4);
    sim.connected();
    sim.written(99);
    assert_eq!(sim.get(1, "a"), Err(Failure::Down));
    sim.data(b"VERSION 1\r\n");
    assert!(!sim.server.is_down());
    sim.get(1, "a").unwrap();
    sim.written(99);
    sim.data(b"END\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "miss")]));
    assert_eq!(sim.log(), ["well after 2070 ms"]);
    assert_eq!(sim.server.stats().probes, 2);
}

/// A server that nobody asks for any more is not asked either.
#[test]
fn attempts_end_with_the_requests() {
    let mut sim = Sim::new();
    sim.get(1, "a").unwrap();
    for ms in (0..100_000).step_by(10) {
        sim.at(ms);
    }
    let attempts = sim.connects;
    assert!((40..60).contains(&attempts), "{attempts}");
    sim.at(3_600_000);
    assert_eq!(sim.connects, attempts);
    // The next request starts one, and does not wait for it.
    assert_eq!(sim.get(1, "a"), Err(Failure::Down));
    assert_eq!(sim.connects, attempts + 1);
}

/// It ends connections on which it is asked who it is: then requests try it.
#[test]
fn a_server_that_does_not_survive_the_question_is_tried_by_requests() {
    let mut sim = Sim::new();
    sim.works();
    sim.get(1, "a").unwrap();
    sim.written(99);
    sim.at(510);
    sim.connected();
    assert_eq!(sim.written(99), b"version\r\n");
    sim.eof();
    sim.at(530);
    assert_eq!(sim.connects, 1);
    sim.get(2, "a").unwrap();
    sim.connected();
    assert_eq!(sim.written(99), b"get a\r\n");
}

/// While it is down, one connection at a time tries it, whatever its lane.
#[test]
fn a_server_that_is_down_is_tried_by_one() {
    let mut sim = Sim::new();
    for ms in [0, 500, 1000] {
        sim.at(ms);
        sim.get(1, "a").unwrap();
        sim.error();
    }
    assert!(sim.server.is_down());
    sim.at(2000);
    sim.lane = Lane::Store;
    let store = sim.set(2, "a", b"x").unwrap();
    assert_eq!(sim.get(3, "a"), Err(Failure::Down));
    // Who tries it goes away; then the connection asks for itself.
    sim.cancel(store);
    sim.connected();
    assert_eq!(sim.written(99), b"version\r\n");
    assert_eq!(sim.get(3, "a"), Err(Failure::Down));
    sim.data(b"ERROR\r\n");
    assert!(!sim.server.is_down());
    sim.get(3, "a").unwrap();
}

/// One in a hurry and a patient one ask the same server.
#[test]
fn one_in_a_hurry_fails_alone() {
    let mut sim = Sim::new();
    sim.works();
    sim.timeout = Duration::from_secs(1);
    sim.get(1, "a").unwrap();
    sim.written(99);
    sim.timeout = Duration::from_millis(30);
    sim.get(2, "b").unwrap();
    sim.written(99);
    sim.at(30);
    assert_eq!(sim.done(), outcomes(&[(2, "timed out")]));
    assert_eq!((sim.closes, sim.log()), (0, vec![]));
    sim.at(900);
    sim.get(3, "c").unwrap();
    sim.written(99);
    sim.at(910);
    sim.data(b"VALUE a 0 1\r\nA\r\nEND\r\n");
    sim.data(b"VALUE b 0 1\r\nB\r\nEND\r\nVALUE c 0 1\r\nC\r\nEND\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "A"), (3, "C")]));
    assert_eq!((sim.closes, sim.log()), (0, vec![]));
}

/// The most patient of late counts, also when it does not ask just now.
#[test]
fn a_hung_server_is_given_up_at_the_most_patient_limit() {
    let mut sim = Sim::new();
    sim.timeout = Duration::from_secs(1);
    sim.works();
    sim.at(5000);
    sim.timeout = Duration::from_millis(30);
    for ms in (5000..5990).step_by(10) {
        sim.at(ms);
        sim.get(1, "a").unwrap();
        sim.written(99);
    }
    sim.at(5999);
    assert_eq!((sim.closes, sim.log()), (0, vec![]));
    let timed_out = sim.done();
    assert_eq!(timed_out.len(), 97);
    assert!(timed_out.iter().all(|(_, text)| text == "timed out"));
    sim.at(6000);
    assert_eq!(sim.log(), ["no answer within 1000 ms"]);
    assert_eq!((sim.closes, sim.done().len()), (1, 2));
    // Much later only those in a hurry have asked.
    sim.at(6010);
    sim.connected();
    sim.written(99);
    sim.data(b"VERSION 1\r\n");
    sim.at(60_000);
    sim.get(3, "a").unwrap();
    sim.written(99);
    sim.at(60_030);
    assert_eq!(sim.log(), ["no answer within 30 ms"]);
}

/// A handshake has to be over within the time of the attempt, and nothing is sent before.
#[test]
fn a_handshake_is_a_part_of_the_attempt() {
    let mut sim = Sim::new();
    sim.get(1, "a").unwrap();
    sim.at(200);
    sim.taken();
    assert_eq!(sim.written(99), b"");
    sim.at(249);
    assert!(sim.done().is_empty());
    sim.at(250);
    assert_eq!(sim.done(), outcomes(&[(1, "cannot connect")]));
    assert_eq!(sim.log(), ["no TLS handshake within 250 ms"]);
    assert_eq!(sim.server.stats().opened, 0);
    // The next attempt has its own time, and says what it could not do.
    sim.at(260);
    assert_eq!(sim.connects, 2);
    sim.at(510);
    assert_eq!(sim.log(), ["no connection within 250 ms"]);
}

#[test]
fn a_handshake_that_is_over_makes_the_connection() {
    let mut sim = Sim::new();
    sim.get(1, "a").unwrap();
    sim.taken();
    sim.at(100);
    sim.connected();
    // It does not matter any more.
    sim.taken();
    assert_eq!(sim.written(99), b"get a\r\n");
    sim.at(300);
    sim.data(b"END\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "miss")]));
    assert_eq!(sim.log().len(), 0);
}

/// A fault in it is one of connecting.
#[test]
fn a_handshake_that_fails() {
    let mut sim = Sim::new();
    sim.get(1, "a").unwrap();
    sim.taken();
    sim.error();
    assert_eq!(sim.done(), outcomes(&[(1, "cannot connect")]));
    assert_eq!(sim.get(2, "a"), Err(Failure::BackingOff));
    sim.at(10);
    sim.get(3, "a").unwrap();
    assert_eq!(sim.connects, 2);
}

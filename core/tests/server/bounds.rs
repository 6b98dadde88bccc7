//! Time and memory have bounds, however many requests there are.

use std::time::{Duration, Instant};

use memcached_core::protocol::Lane;
use memcached_core::server::{Failure, Limits};
use memcached_core::testing::server::{Sim, outcomes};

/// The request that has waited before fails alone; the attempt goes on.
#[test]
fn an_attempt_is_not_given_up_for_the_one_in_a_hurry() {
    let mut sim = Sim::new();
    sim.works();
    sim.get(1, "a").unwrap();
    sim.written(99);
    sim.at(400);
    sim.eof();
    assert_eq!((sim.connects, sim.closes), (1, 1));
    sim.get(2, "b").unwrap();
    sim.at(600);
    assert_eq!(sim.done(), outcomes(&[(1, "timed out")]));
    assert_eq!((sim.log(), sim.connects, sim.closes), (vec![], 1, 1));
    sim.connected();
    assert_eq!(sim.written(99), b"get b\r\n");
}

/// Those who join late do not keep a hopeless attempt alive.
#[test]
fn an_attempt_ends_however_many_join() {
    let mut sim = Sim::new();
    for ms in 0..250 {
        sim.at(ms);
        sim.get(u32::try_from(ms).unwrap(), "a").unwrap();
    }
    sim.at(250);
    assert_eq!(sim.done().len(), 250);
    assert_eq!(sim.log(), ["no connection within 250 ms"]);
    assert_eq!(sim.closes, 1);
}

/// A lost connection and a second one give a request no more time.
#[test]
fn a_second_connection_does_not_prolong_a_request() {
    let mut sim = Sim::new();
    sim.works();
    sim.get(1, "a").unwrap();
    sim.written(99);
    sim.at(490);
    sim.eof();
    sim.at(495);
    sim.connected();
    sim.written(99);
    sim.at(500);
    assert_eq!(sim.done(), outcomes(&[(1, "timed out")]));
}

/// The time counts for the reply as a whole.
#[test]
fn a_dripping_reply_does_not_prolong_a_request() {
    let mut sim = Sim::new();
    sim.works();
    sim.get(1, "a").unwrap();
    sim.written(99);
    sim.data(b"VALUE a 0 1000\r\n");
    for ms in 1..500 {
        sim.at(ms);
        sim.data(b"x");
    }
    assert!(sim.done().is_empty());
    sim.at(500);
    assert_eq!(sim.done(), outcomes(&[(1, "timed out")]));
}

/// A reply before the rest of a value is read is fine, but then that rest has
/// to be read in the time of the request.
#[test]
fn a_server_that_refuses_a_value_and_reads_no_more_is_left() {
    let mut sim = Sim::new();
    sim.lane = Lane::Store;
    sim.set(1, "a", &vec![b'x'; 300_000]).unwrap();
    sim.connected();
    sim.written(1000);
    sim.data(b"SERVER_ERROR object too large for cache\r\n");
    assert_eq!(sim.done().len(), 1);
    sim.at(400);
    sim.set(2, "b", b"x").unwrap();
    sim.at(500);
    assert_eq!(sim.done(), outcomes(&[(2, "timed out")]));
    assert_eq!(sim.closes, 1);
}

#[test]
fn an_empty_value_can_be_refused_early_too() {
    let mut sim = Sim::new();
    sim.lane = Lane::Store;
    sim.set(1, "a", b"").unwrap();
    sim.connected();
    sim.written(14);
    sim.data(b"SERVER_ERROR out of memory storing object\r\n");
    assert_eq!(sim.written(99), b"\r\n");
    sim.set(2, "b", b"").unwrap();
    sim.written(99);
    sim.data(b"STORED\r\n");
    assert_eq!(sim.closes, 0);
    assert_eq!(sim.done()[1..], outcomes(&[(2, "Stored")]));
}

#[test]
fn requests_and_bytes_are_bounded() {
    let limits = Limits {
        requests: 3,
        data_bytes: 100,
    };
    let mut sim = Sim::with_limits(limits);
    for token in 0..3 {
        sim.get(token, "a").unwrap();
    }
    assert_eq!(sim.get(3, "a"), Err(Failure::QueueFull));
    // Larger than the bound by itself: alone it is taken.
    sim.set(4, "a", &[b'x'; 101]).unwrap();
    assert_eq!(sim.set(5, "a", b"x"), Err(Failure::QueueFull));
    sim.set(6, "a", b"").unwrap();
    sim.lane = Lane::Store;
    sim.connected();
    sim.written(999);
    sim.data(b"STORED\r\n");
    sim.set(7, "a", &[b'x'; 60]).unwrap();
    assert_eq!(sim.set(8, "a", &[b'x'; 41]), Err(Failure::QueueFull));
    sim.set(9, "a", &[b'x'; 40]).unwrap();
}

/// A cancelled request makes room at once, wherever it is in the queue.
#[test]
fn cancelled_requests_leave_the_queue() {
    let limits = Limits {
        requests: 10,
        data_bytes: 100,
    };
    let mut sim = Sim::with_limits(limits);
    let ids: Vec<_> = (0..10).map(|token| sim.get(token, "a").unwrap()).collect();
    for (token, &id) in ids.iter().enumerate().skip(2).step_by(3) {
        assert_eq!(sim.cancel(id), Some(u32::try_from(token).unwrap()));
        assert_eq!(sim.cancel(id), None);
    }
    assert_eq!(sim.server.load(Lane::Lookup), (7, 0));
    for token in 10..13 {
        sim.get(token, "b").unwrap();
    }
    assert_eq!(sim.get(13, "b"), Err(Failure::QueueFull));
    sim.connected();
    let expected = b"get a\r\n".repeat(7).into_iter();
    let expected: Vec<_> = expected.chain(b"get b\r\n".repeat(3)).collect();
    assert_eq!(sim.written(999), expected);
    let value = sim.set(20, "a", &[b'x'; 100]).unwrap();
    sim.cancel(value);
    sim.set(21, "a", &[b'x'; 100]).unwrap();
}

/// The reply to a request that was sent is swallowed, and it holds its room
/// until then.
#[test]
fn replies_to_cancelled_requests_are_swallowed() {
    let mut sim = Sim::new();
    sim.works();
    let first = sim.get(1, "a").unwrap();
    sim.written(99);
    sim.get(2, "b").unwrap();
    sim.written(99);
    assert_eq!(sim.cancel(first), Some(1));
    assert_eq!(sim.server.load(Lane::Lookup), (2, 0));
    sim.data(b"VALUE a 0 2\r\nAA\r\nEND\r\nVALUE b 0 2\r\nBB\r\nEND\r\n");
    assert_eq!(sim.done(), outcomes(&[(2, "BB")]));
}

/// A server that does not answer a cancelled request is silent all the same.
#[test]
fn a_cancelled_request_times_out_too() {
    let mut sim = Sim::new();
    let first = sim.get(1, "a").unwrap();
    sim.connected();
    sim.written(99);
    sim.cancel(first);
    sim.at(500);
    assert_eq!((sim.done(), sim.closes), (vec![], 1));
    assert_eq!(sim.log(), ["no answer within 500 ms"]);
}

/// Each of these would take hours if one of its steps walked over the queue.
#[test]
fn hundreds_of_thousands_of_requests_cost_no_walks() {
    const COUNT: u32 = 300_000;
    let limits = Limits {
        requests: COUNT as usize,
        data_bytes: 0,
    };
    let begun = Instant::now();
    for order in 0..3 {
        let mut sim = Sim::with_limits(limits);
        // Some are sent already and stand before the others.
        sim.works();
        let ids: Vec<_> = (0..COUNT)
            .map(|token| sim.get(token, "a").unwrap())
            .collect();
        let written = sim.written(usize::MAX);
        let sent = written.split(|&byte| byte == b'\n').count() - 1;
        match order {
            0 => ids.iter().for_each(|&id| assert!(sim.cancel(id).is_some())),
            1 => ids
                .iter()
                .rev()
                .for_each(|&id| assert!(sim.cancel(id).is_some())),
            _ => sim.data(&b"END\r\n".repeat(sent)),
        }
        sim.at(500);
    }
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
}

/// As above, for those that time out one by one in the middle of the queue.
#[test]
fn hundreds_of_thousands_of_requests_time_out_in_one_walk() {
    const COUNT: u32 = 300_000;
    let limits = Limits {
        requests: COUNT as usize,
        data_bytes: 0,
    };
    let begun = Instant::now();
    let mut sim = Sim::with_limits(limits);
    sim.works();
    for token in 0..COUNT {
        let hurry = u64::from(token % 2) * 100;
        sim.timeout = Duration::from_millis(100 + hurry);
        sim.get(token, "a").unwrap();
    }
    sim.at(150);
    assert_eq!(sim.done().len(), COUNT as usize / 2);
    assert_eq!(sim.server.load(Lane::Lookup).0, COUNT as usize / 2);
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
}

//! How connections come and go.

use memcached_core::protocol::{Delete, Key, Lane, Touch};
use memcached_core::server::Failure;
use memcached_core::testing::server::{Sim, outcomes};

#[test]
fn requests_wait_for_the_connection_and_are_pipelined() {
    let mut sim = Sim::new();
    sim.get(1, "a").unwrap();
    sim.get(2, "b").unwrap();
    assert_eq!((sim.connects, sim.written(99)), (1, vec![]));
    sim.connected();
    assert_eq!(sim.written(99), b"get a\r\nget b\r\n");
    sim.data(b"VALUE a 0 2\r\nAA\r\nEND\r\nEND\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "AA"), (2, "miss")]));
}

#[test]
fn requests_do_not_wait_for_answers() {
    let mut sim = Sim::new();
    sim.works();
    for (token, key) in [(1, "a"), (2, "b"), (3, "c")] {
        sim.get(token, key).unwrap();
        assert_eq!(sim.written(99), format!("get {key}\r\n").into_bytes());
    }
    sim.data(b"VALUE a 0 2\r\nAA\r\nEND\r\nEND\r\nVALUE c 0 1\r\nC\r\nEND\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "AA"), (2, "miss"), (3, "C")]));
}

#[test]
fn nothing_late_reaches_another_request() {
    let mut sim = Sim::new();
    sim.get(1, "a").unwrap();
    sim.connected();
    sim.written(99);
    sim.at(500);
    assert_eq!(sim.done(), outcomes(&[(1, "timed out")]));
    assert_eq!(sim.closes, 1);
    // The old socket is closed; even if its bytes were still handed in:
    sim.data(b"VALUE a 0 2\r\nAA\r\nEND\r\n");
    sim.get(2, "b").unwrap_err();
    sim.at(1000);
    sim.get(3, "b").unwrap();
    sim.connected();
    sim.written(99);
    sim.data(b"VALUE a 0 2\r\nAA\r\nEND\r\n");
    assert_eq!(sim.done(), outcomes(&[(3, "protocol error")]));
}

#[test]
fn a_request_on_a_stale_connection_is_sent_once_more_and_not_twice() {
    let mut sim = Sim::new();
    sim.works();
    sim.get(2, "b").unwrap();
    sim.written(99);
    sim.eof();
    assert_eq!((sim.connects, sim.done()), (1, vec![]));
    sim.connected();
    assert_eq!(sim.written(99), b"get b\r\n");
    sim.eof();
    assert_eq!(sim.done(), outcomes(&[(2, "connection lost")]));
}

#[test]
fn what_was_not_sent_at_all_may_still_be_sent_twice() {
    let mut sim = Sim::new();
    sim.lane = Lane::Store;
    sim.works();
    let first = b"set a 0 30 1\r\n1\r\n";
    sim.set(1, "a", b"1").unwrap();
    sim.set(2, "b", b"2").unwrap();
    // All of the first and nothing of the second.
    assert_eq!(sim.written(first.len()), first);
    sim.eof();
    sim.connected();
    sim.written(usize::MAX);
    sim.data(b"STORED\r\n");
    sim.eof();
    sim.connected();
    assert_eq!(sim.written(usize::MAX), b"set b 0 30 1\r\n2\r\n");
    sim.data(b"STORED\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "Stored"), (2, "Stored")]));
}

#[test]
fn nothing_is_sent_again_after_a_torn_reply() {
    let mut sim = Sim::new();
    sim.works();
    sim.get(1, "a").unwrap();
    sim.written(99);
    sim.get(2, "b").unwrap();
    sim.written(99);
    sim.data(b"VALUE a 0 2\r\nA");
    sim.eof();
    assert_eq!(sim.done(), outcomes(&[(1, "connection lost")]));
    sim.connected();
    assert_eq!(sim.written(99), b"get b\r\n");
}

#[test]
fn an_idle_connection_that_ends_is_no_failure_and_made_again_on_demand() {
    let mut sim = Sim::new();
    sim.works();
    sim.eof();
    assert_eq!((sim.connects, sim.closes, sim.log()), (0, 1, vec![]));
    sim.get(1, "a").unwrap();
    assert_eq!(sim.connects, 1);
    // It worked before, so it was made at once; the next has to wait.
    sim.error();
    assert_eq!(sim.get(2, "a").unwrap_err(), Failure::BackingOff);
    sim.at(1000);
    sim.get(3, "a").unwrap();
}

#[test]
fn down_after_three_failures_then_one_probe_per_interval() {
    let mut sim = Sim::new();
    for attempt in 0..3 {
        sim.now_ms = attempt * 1000;
        sim.get(0, "a").unwrap();
        sim.error();
    }
    assert_eq!(sim.log(), ["refused", "refused", "refused, down"]);
    assert!(sim.server.is_down());
    sim.now_ms = 2999;
    assert_eq!(sim.get(1, "a"), Err(Failure::Down));
    sim.now_ms = 3000;
    sim.get(2, "a").unwrap();
    assert_eq!(sim.get(3, "a"), Err(Failure::Down));
    sim.connected();
    sim.written(99);
    sim.data(b"END\r\n");
    assert!(!sim.server.is_down());
    assert_eq!(sim.log(), ["well after 3000 ms"]);
    sim.get(4, "a").unwrap();
}

#[test]
fn a_short_write_goes_on_where_it_stopped() {
    let mut sim = Sim::new();
    sim.get(1, "abc").unwrap();
    sim.connected();
    let mut sent = Vec::new();
    while sim.server.wants_write(Lane::Lookup) {
        sent.extend(sim.written(1));
    }
    assert_eq!(sent, b"get abc\r\n");
}

#[test]
fn nothing_is_taken_after_the_shutdown() {
    let mut sim = Sim::new();
    sim.works();
    sim.get(1, "a").unwrap();
    let now = sim.now();
    sim.server.shutdown(now);
    assert_eq!(sim.get(2, "a"), Err(Failure::Shutdown));
    assert_eq!(sim.done(), outcomes(&[(1, "shutting down")]));
    assert_eq!((sim.connects, sim.closes), (0, 1));
    assert_eq!(sim.server.poll_timeout(), None);
}

/// On another connection it could be carried out before the store.
#[test]
fn a_change_does_not_overtake_a_store_of_its_key() {
    let mut sim = Sim::new();
    sim.lane = Lane::Store;
    let key = || Key::new(b"a").unwrap();
    sim.set(1, "a", b"1").unwrap();
    sim.submit(
        2,
        Delete {
            key: key(),
            may_repeat: false,
        },
    )
    .unwrap();
    let exptime = 60;
    let touch = Touch {
        key: key(),
        exptime,
    };
    sim.submit(3, touch).unwrap();
    assert_eq!(sim.connects, 1);
    sim.connected();
    assert_eq!(
        sim.written(usize::MAX),
        b"set a 0 30 1\r\n1\r\ndelete a\r\ntouch a 60\r\n"
    );
}

//! Replies that are slow to come hold up as little as possible.

use std::time::Duration;

use memcached_core::server::{Action, ConnectionId};
use memcached_core::testing::server::load::{Load, Served};
use memcached_core::testing::server::{Sim, TIMEOUT, outcomes};

const CALM: Load = Load {
    clients: 50,
    slow_keys: 1,
    slow_rate: 0,
    slow_for: Duration::ZERO,
    slow_timeout: TIMEOUT,
    command: Duration::from_micros(20),
    lasts: Duration::from_secs(4),
};

/// The rate of the others, in percent of what it is without slow keys.
fn percent(load: Load) -> (u32, Served) {
    let calm = Load {
        slow_rate: 0,
        ..load
    };
    let (calm, slow) = (calm.run(), load.run());
    assert_eq!(calm.failed, 0);
    (slow.answered * 100 / calm.answered, slow)
}

#[test]
fn one_slow_item_leaves_the_others_their_rate() {
    for (slow_ms, slow_rate) in [(5000, 5), (100, 5), (5000, 50)] {
        let (percent, slow) = percent(Load {
            slow_rate,
            slow_for: Duration::from_millis(slow_ms),
            ..CALM
        });
        println!("{slow_ms} ms, {slow_rate} a second: {percent} %, {slow:?}");
        assert!(percent >= 95, "{percent} %");
        assert_eq!(slow.failed, 0);
        assert!(slow.longest < Duration::from_millis(100), "{slow:?}");
    }
}

#[test]
fn several_slow_items_do_too() {
    for slow_keys in [2, 5] {
        let (percent, slow) = percent(Load {
            slow_keys,
            slow_rate: 5,
            slow_for: Duration::from_secs(5),
            ..CALM
        });
        println!("{slow_keys} keys: {percent} %, {slow:?}");
        assert!(percent >= 80, "{percent} %");
    }
}

/// A server that is slower than some wait, each of whom asks once more: what they
/// left behind does not pile up before those who have patience.
#[test]
fn those_who_do_not_wait_leave_no_queue_to_the_others() {
    for slow_rate in [11, 33] {
        let served = Load {
            clients: 1,
            slow_keys: 1000,
            slow_rate,
            slow_timeout: Duration::from_millis(30),
            command: Duration::from_millis(100),
            lasts: Duration::from_secs(20),
            ..CALM
        }
        .run();
        println!("{slow_rate} a second: {served:?}");
        assert_eq!(served.failed, 0, "{slow_rate}");
        assert!(served.answered >= 30, "{served:?}");
    }
}

/// Connections of the lookups, by their index.
fn lookup(index: usize) -> ConnectionId {
    ConnectionId::ALL[index]
}

/// A connection that works, on which these keys are asked for as one command and
/// `d` and `e` after it; the reply is late.
fn late(keys: &[&str]) -> Sim {
    let mut sim = Sim::new();
    sim.works_well();
    for (token, key) in (1..).zip(keys) {
        sim.get(token, key).unwrap();
    }
    sim.written(usize::MAX);
    sim.get(11, "d").unwrap();
    sim.written(usize::MAX);
    sim.get(12, "e").unwrap();
    sim.at(19);
    assert_eq!(sim.actions.len(), 1);
    sim.at(20);
    assert_eq!(sim.actions[1..], [(lookup(1), Action::Connect)]);
    sim.other = Some(lookup(1));
    sim.connected();
    assert_eq!(sim.written(usize::MAX), b"version\r\n");
    sim
}

/// Bytes arrive on the first connection, whichever the simulator is about.
fn data_on_first(sim: &mut Sim, bytes: &[u8]) {
    let other = sim.other.take();
    sim.data(bytes);
    sim.other = other;
}

#[test]
fn what_waits_behind_a_late_reply_is_asked_for_elsewhere() {
    let mut sim = late(&["slow"]);
    sim.data(b"VERSION 1\r\n");
    // The first wave was sent before; the one who asks late is not forgotten.
    assert_eq!(sim.written(usize::MAX), b"get d\r\nget e\r\n");
    // Whichever reply comes first is not the point: this one is.
    data_on_first(&mut sim, b"VALUE slow 0 1\r\nS\r\nEND\r\nEND\r\n");
    sim.data(b"VALUE d 0 1\r\nD\r\nEND\r\nEND\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "S"), (11, "D"), (12, "miss")]));
    // The slow key has a connection of its own now, and the others the new one.
    sim.get(2, "slow").unwrap();
    assert_eq!(sim.actions[2..], [(lookup(3), Action::Connect)]);
    sim.get(3, "a").unwrap();
    assert_eq!(sim.written(usize::MAX), b"get a\r\n");
    sim.other = Some(lookup(3));
    sim.connected();
    assert_eq!(sim.written(usize::MAX), b"get slow\r\n");
    sim.data(b"END\r\n");
    assert_eq!(sim.done(), outcomes(&[(2, "miss")]));
    // Its reply came in time: it is like any other again.
    sim.get(4, "slow").unwrap();
    sim.other = Some(lookup(1));
    assert_eq!(sim.written(usize::MAX), b"get slow\r\n");
}

#[test]
fn of_a_late_batch_the_keys_are_asked_for_one_by_one() {
    let mut sim = late(&["a", "b", "c"]);
    data_on_first(&mut sim, b"VALUE b 0 1\r\nB\r\n");
    sim.data(b"VERSION 1\r\n");
    assert_eq!(sim.done(), outcomes(&[(2, "B")]));
    let singles = b"get a\r\nget c\r\nget d\r\nget e\r\n";
    assert_eq!(sim.written(usize::MAX), singles);
    sim.data(&b"END\r\n".repeat(4));
    let expected = [(1, "miss"), (3, "miss"), (11, "miss"), (12, "miss")];
    assert_eq!(sim.done(), outcomes(&expected));
    // Nobody waits for the first connection any more.
    assert_eq!((sim.at(499), sim.log()), ((), vec![]));
}

#[test]
fn a_reply_that_comes_after_all_keeps_the_connection() {
    let mut sim = late(&["a"]);
    data_on_first(&mut sim, b"END\r\n");
    sim.data(b"VERSION 1\r\n");
    assert_eq!(sim.written(usize::MAX), b"");
    sim.other = None;
    sim.data(b"END\r\n");
    assert_eq!(sim.written(usize::MAX), b"get e\r\n");
    sim.data(b"END\r\n");
    assert_eq!(sim.done().len(), 3);
    // The other one is closed when it was not needed for a while.
    sim.at(5019);
    assert_eq!(sim.actions.len(), 2);
    sim.at(5020);
    assert_eq!(sim.actions[2..], [(lookup(1), Action::Close)]);
    sim.at(60_000);
    assert_eq!((sim.actions.len(), sim.log()), (3, vec![]));
}

/// A server that hangs is one failure, however many connections it holds.
#[test]
fn a_server_that_hangs_is_found_out_by_one_silence() {
    for connected in [true, false] {
        let mut sim = Sim::new();
        sim.works_well();
        sim.get(1, "a").unwrap();
        sim.written(usize::MAX);
        sim.get(2, "b").unwrap();
        sim.at(20);
        assert_eq!(sim.actions[1..], [(lookup(1), Action::Connect)]);
        if connected {
            sim.other = Some(lookup(1));
            sim.connected();
            sim.written(usize::MAX);
        }
        sim.other = None;
        sim.at(500);
        assert_eq!(sim.log(), ["no answer within 500 ms"]);
        let timed_out = [(1, "timed out"), (2, "timed out")];
        assert_eq!(sim.done(), outcomes(&timed_out));
        let closed: Vec<_> = sim
            .actions
            .iter()
            .filter(|(_, a)| *a == Action::Close)
            .collect();
        assert_eq!(closed.len(), sim.actions.len() / 2);
    }
}

/// Another connection waits as long as the most patient would, though those who
/// are moved there, or ask for a slow key, are in a hurry.
#[test]
fn all_connections_are_as_patient() {
    let mut sim = Sim::new();
    sim.timeout = Duration::from_secs(2);
    sim.works();
    sim.timeout = Duration::from_millis(100);
    sim.get(1, "slow").unwrap();
    sim.written(usize::MAX);
    sim.get(2, "b").unwrap();
    sim.written(usize::MAX);
    sim.at(20);
    sim.other = Some(lookup(1));
    sim.connected();
    sim.written(usize::MAX);
    sim.data(b"VERSION 1\r\n");
    assert_eq!(sim.written(usize::MAX), b"get b\r\n");
    sim.get(3, "slow").unwrap();
    sim.other = Some(lookup(3));
    sim.connected();
    assert_eq!(sim.written(usize::MAX), b"get slow\r\n");
    sim.at(1999);
    assert_eq!((sim.done().len(), sim.log()), (3, vec![]));
    // It was asked at 20 ms.
    sim.at(2020);
    assert_eq!(sim.actions.last(), Some(&(lookup(3), Action::Close)));
    let log = sim.log();
    assert!(
        log.iter().all(|line| line == "no answer within 2000 ms"),
        "{log:?}"
    );
}

/// Requests that were moved can still be cancelled, and their time goes on.
#[test]
fn what_was_moved_is_as_before() {
    let mut sim = Sim::new();
    sim.works_well();
    sim.get(1, "slow").unwrap();
    sim.written(usize::MAX);
    let gone = sim.get(2, "b").unwrap();
    sim.get(3, "c").unwrap();
    sim.written(usize::MAX);
    sim.at(20);
    sim.other = Some(lookup(1));
    sim.connected();
    sim.written(usize::MAX);
    sim.data(b"VERSION 1\r\n");
    assert_eq!(sim.cancel(gone), Some(2));
    assert_eq!(sim.cancel(gone), None);
    assert_eq!(sim.written(usize::MAX), b"get c\r\n");
    sim.at(499);
    assert_eq!(sim.done(), []);
    sim.at(500);
    let mut done = sim.done();
    done.sort();
    assert_eq!(done, outcomes(&[(1, "timed out"), (3, "timed out")]));
    // The first connection was silent for as long as anybody would wait.
    assert_eq!(sim.log(), ["no answer within 500 ms"]);
}

//! Rights to make an item: where their versions count, and who gets them back.

use memcached_core::protocol::{
    Found, Key, Lane, MetaDelete, MetaNoop, MetaStore, Pin, Reply, Retrieve,
};
use memcached_core::server::{ConnectionId, Event, Failure, Outcome, Unclaimed};
use memcached_core::testing::server::{Sim, TIMEOUT, outcomes};

fn key() -> Key {
    Key::new(b"a").unwrap()
}

fn lookup() -> Retrieve {
    Retrieve::one(key()).with_lock(10)
}

fn store(version: u64) -> MetaStore<Vec<u8>> {
    MetaStore {
        key: key(),
        flags: 7,
        exptime: 60,
        version,
        with_version: false,
        data: b"page".to_vec(),
    }
}

/// A connection on which a lookup has won version 5, and its name.
fn won() -> (Sim, Pin) {
    let mut sim = Sim::new();
    sim.works();
    let now = sim.now();
    sim.server.submit(now, lookup().into(), TIMEOUT, 1).unwrap();
    assert_eq!(sim.written(999), b"mg a k f c t v N10 q\r\nmn\r\n");
    let input = b"VA 0 ka f0 c5 t-1 W\r\n\r\nMN\r\n".as_slice();
    sim.server
        .handle_data(ConnectionId::first_of(Lane::Lookup), now, &input);
    let Some(Event::Done { outcome, .. }) = sim.server.poll_event() else {
        panic!("no outcome");
    };
    let Outcome::Reply(Reply::Values(values)) = outcome else {
        panic!("no values");
    };
    let Found::Value(value) = &values[0].1 else {
        panic!("no value");
    };
    let marks = value.marks.as_deref().unwrap();
    assert!(marks.won && marks.version == 5);
    (sim, marks.pin)
}

#[test]
fn what_depends_on_a_version_goes_out_where_it_was_read() {
    let (mut sim, pin) = won();
    let now = sim.now();
    let command = store(5).into();
    sim.server
        .submit_pinned(pin, now, command, TIMEOUT, 2)
        .unwrap();
    assert_eq!(sim.written(999), b"ms a 4 T60 F7 C5\r\npage\r\n");
    sim.data(b"HD\r\n");
    assert_eq!(sim.done(), outcomes(&[(2, "Stored")]));
}

#[test]
fn it_goes_out_nowhere_else() {
    for is_sent in [true, false] {
        let (mut sim, pin) = won();
        let now = sim.now();
        let command = store(5).into();
        sim.server
            .submit_pinned(pin, now, command, TIMEOUT, 2)
            .unwrap();
        sim.get(3, "b").unwrap();
        if is_sent {
            sim.written(999);
        }
        sim.eof();
        assert_eq!(sim.done(), outcomes(&[(2, "connection lost")]));
        sim.connected();
        assert_eq!(sim.written(999), b"get b\r\n");
        // The new connection is another one.
        let command = store(5).into();
        let refused = sim.server.submit_pinned(pin, now, command, TIMEOUT, 4);
        assert_eq!(refused.unwrap_err().failure, Failure::Unpinned);
    }
}

#[test]
fn what_nobody_waits_for_any_more_is_given_back() {
    for (reply, is_empty, line) in [
        ("VA 0 ka f0 c5 t-1 W\r\n\r\nMN\r\n", true, "md a C5\r\n"),
        ("VA 2 ka f7 c5 t9 W\r\nab\r\nMN\r\n", false, "md a I C5\r\n"),
        (
            "VA 2 ka f7 c5 t9 X W\r\nab\r\nMN\r\n",
            false,
            "md a I C5\r\n",
        ),
    ] {
        let mut sim = Sim::new();
        sim.works();
        let now = sim.now();
        let id = sim.server.submit(now, lookup().into(), TIMEOUT, 1).unwrap();
        sim.written(999);
        assert_eq!(sim.server.cancel(id), Some(1));
        let input = reply.as_bytes();
        sim.server
            .handle_data(ConnectionId::first_of(Lane::Lookup), now, &input);
        let Some(Event::Unclaimed(unclaimed)) = sim.server.poll_event() else {
            panic!("{reply}");
        };
        let Unclaimed { marks, .. } = unclaimed;
        assert_eq!((marks.version, unclaimed.is_empty), (5, is_empty));
        let release: MetaDelete = unclaimed.release();
        sim.server
            .submit_pinned(marks.pin, now, release.into(), TIMEOUT, 2)
            .unwrap();
        assert_eq!(sim.written(999), line.as_bytes());
    }
    // Who lost, and who found, has nothing to give back.
    for reply in [
        "VA 0 ka f0 c5 t9 Z\r\n\r\nMN\r\n",
        "VA 1 ka f7 c5 t9\r\na\r\nMN\r\n",
        "MN\r\n",
    ] {
        let mut sim = Sim::new();
        sim.works();
        let now = sim.now();
        let id = sim.server.submit(now, lookup().into(), TIMEOUT, 1).unwrap();
        sim.written(999);
        sim.server.cancel(id);
        sim.data(reply.as_bytes());
        assert_eq!(sim.log(), [""; 0]);
    }
}

#[test]
fn a_server_without_meta_commands_is_as_good_as_any() {
    for (reply, expected) in [
        ("MN\r\n", "MetaNoop"),
        ("ERROR\r\n", "ServerError(\"ERROR\")"),
        (
            "CLIENT_ERROR unauthenticated\r\n",
            "ServerError(\"unauthenticated\")",
        ),
    ] {
        let mut sim = detecting();
        sim.data(reply.as_bytes());
        assert_eq!(sim.done(), outcomes(&[(1, expected)]));
        assert_eq!(sim.log(), [""; 0]);
    }
    let mut sim = detecting();
    sim.eof();
    assert_eq!(sim.done(), outcomes(&[(1, "connection lost")]));
    assert_eq!((sim.log(), sim.server.is_down()), (vec![], false));
    // Nothing else is known of one that cannot be reached.
    let mut sim = Sim::new();
    sim.lane = Lane::Detect;
    sim.submit(1, MetaNoop).unwrap();
    sim.error();
    assert_eq!(sim.done(), outcomes(&[(1, "cannot connect")]));
    assert_eq!(sim.log().len(), 1);
}

fn detecting() -> Sim {
    let mut sim = Sim::new();
    sim.lane = Lane::Detect;
    sim.submit(1, MetaNoop).unwrap();
    sim.connected();
    assert_eq!(sim.written(999), b"mn\r\n");
    sim
}

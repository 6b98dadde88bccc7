//! Rights to make an item: where their versions count, and who gets them back.

use memcached_core::protocol::{
    Found, Key, Lane, MetaDelete, MetaNoop, MetaStore, Pin, Reply, Retrieve,
};
use memcached_core::server::{ConnectionId, Event, Failure, Outcome, RequestId, Unclaimed};
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
        assert_eq!(sim.ended, []);
        sim.eof();
        assert_eq!(sim.done(), outcomes(&[(2, "connection lost")]));
        assert_eq!(sim.ended, [pin]);
        sim.connected();
        assert_eq!(sim.written(999), b"get b\r\n");
        // The new connection is another one.
        let command = store(5).into();
        let refused = sim.server.submit_pinned(pin, now, command, TIMEOUT, 4);
        assert_eq!(refused.unwrap_err().failure, Failure::Unpinned);
    }
}

/// It may go out while its connection is asked whether the server answers at all, because
/// the main one is late. If the server is given up then, it fails as others do, and nothing of
/// it is waited for on the next connection.
#[test]
fn it_fails_with_a_server_that_is_given_up() {
    let (mut sim, pin) = won();
    // The main connection is another one from now on.
    sim.get(3, "late").unwrap();
    sim.written(999);
    sim.get(4, "b").unwrap();
    sim.at(100);
    let (first, second) = (ConnectionId::ALL[0], ConnectionId::ALL[1]);
    sim.other = Some(second);
    sim.connected();
    sim.written(999);
    sim.data(b"VERSION 1\r\n");
    sim.written(999);
    sim.data(b"END\r\n");
    sim.other = Some(first);
    sim.data(b"END\r\n");
    assert_eq!(sim.done(), outcomes(&[(4, "miss"), (3, "miss")]));
    // It hangs, and the first one is asked whether it is the server.
    sim.get(5, "c").unwrap();
    sim.other = Some(second);
    sim.written(999);
    sim.at(200);
    sim.other = Some(first);
    assert_eq!(sim.written(999), b"version\r\n");
    sim.now_ms = 300;
    let command = store(5).into();
    let now = sim.now();
    sim.server
        .submit_pinned(pin, now, command, TIMEOUT, 6)
        .unwrap();
    sim.written(999);
    sim.at(600);
    assert_eq!(
        sim.done(),
        outcomes(&[(5, "timed out"), (6, "connection lost")])
    );
    assert_eq!(sim.server.stats().waiting(), 0);
    assert_eq!(sim.server.load(Lane::Lookup), (0, 0));
}

/// Lookups that wait for a late reply go elsewhere; what depends on a version does
/// not.
#[test]
fn it_waits_where_others_do_not() {
    let (mut sim, pin) = won();
    sim.get(3, "late").unwrap();
    sim.written(999);
    sim.get(4, "b").unwrap();
    let now = sim.now();
    let command = store(5).into();
    sim.server
        .submit_pinned(pin, now, command, TIMEOUT, 2)
        .unwrap();
    sim.at(100);
    sim.other = Some(ConnectionId::ALL[1]);
    sim.connected();
    assert_eq!(sim.written(999), b"version\r\n");
    sim.data(b"VERSION 1\r\n");
    assert_eq!(sim.written(999), b"get b\r\n");
    sim.other = None;
    assert_eq!(sim.written(999), b"ms a 4 T60 F7 C5\r\npage\r\n");
}

/// A connection that others do not need any more stays for what was won on it.
#[test]
fn it_stays_open_for_as_long_as_a_right_may_last() {
    let (mut sim, pin) = won();
    sim.get(3, "late").unwrap();
    sim.written(999);
    sim.at(100);
    sim.other = Some(ConnectionId::ALL[1]);
    sim.connected();
    sim.written(999);
    sim.data(b"VERSION 1\r\n");
    sim.other = None;
    sim.data(b"END\r\n");
    sim.at(3_000_000);
    assert!(is_usable(&mut sim, pin));
    sim.written(999);
    sim.data(b"HD\r\n");
    assert_eq!(sim.closes, 0);
    sim.at(3_700_000);
    assert_eq!(sim.closes, 1);
}

/// However a connection ends, it is told.
#[test]
fn versions_end_with_their_connection() {
    for end in [
        Sim::eof,
        Sim::error,
        |sim: &mut Sim| sim.data(b"what nobody asked for\r\n"),
        |sim: &mut Sim| {
            let now = sim.now();
            sim.server.shutdown(now);
            sim.at(0);
            // Which takes what has happened.
            sim.error();
        },
    ] {
        let (mut sim, pin) = won();
        end(&mut sim);
        assert_eq!(sim.ended, [pin]);
        sim.error();
        assert_eq!(sim.ended, [pin], "told once");
    }
    // An attempt that fails has no versions.
    let mut sim = Sim::new();
    sim.get(1, "a").unwrap();
    sim.error();
    assert_eq!(sim.ended, []);
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

/// Lookups of these keys as one command, of values up to 4 bytes.
fn batch(sim: &mut Sim, keys: [&str; 3]) -> [RequestId; 3] {
    sim.works_well();
    let now = sim.now();
    let mut token = 0;
    let ids = keys.map(|key| {
        token += 1;
        let lookup = Retrieve::one(Key::new(key.as_bytes()).unwrap());
        let lookup = lookup.with_lock(10).up_to(4).into();
        sim.server.submit(now, lookup, TIMEOUT, token).unwrap()
    });
    assert!(sim.written(999).ends_with(b" q\r\nmn\r\n"));
    ids
}

type Done = (u32, Outcome<Vec<u8>>);

/// What comes of bytes on the first connection: outcomes and what is given back.
fn events(sim: &mut Sim, wire: &str) -> (Vec<Done>, Vec<Unclaimed>) {
    let (mut done, mut given_back) = (Vec::new(), Vec::new());
    let id = ConnectionId::first_of(Lane::Lookup);
    sim.server.handle_data(id, sim.now(), &wire.as_bytes());
    while let Some(event) = sim.server.poll_event() {
        match event {
            Event::Done { token, outcome } => done.push((token, outcome)),
            Event::Unclaimed(unclaimed) => given_back.push(unclaimed),
            other => panic!("{other:?}"),
        }
    }
    (done, given_back)
}

/// Whether the right can be used where it was won.
fn is_usable(sim: &mut Sim, pin: Pin) -> bool {
    let command = store(5).into();
    let now = sim.now();
    let submitted = sim.server.submit_pinned(pin, now, command, TIMEOUT, 9);
    submitted.is_ok()
}

#[test]
fn what_is_won_with_a_value_that_is_too_long_is_given_back() {
    let mut sim = Sim::new();
    batch(&mut sim, ["a", "b", "c"]);
    let wire = "VA 5 kb f7 c5 t9 X W\r\nlarge\r\nMN\r\n";
    let (done, given_back) = events(&mut sim, wire);
    assert_eq!(done.len(), 3);
    let [unclaimed] = &given_back[..] else {
        panic!("{given_back:?}");
    };
    assert_eq!((unclaimed.key.as_str(), unclaimed.is_empty), ("b", false));
    assert!(is_usable(&mut sim, unclaimed.marks.pin));
}

/// Who asked for the others does not wait until a long value has passed.
#[test]
fn what_is_won_before_the_end_of_the_reply_counts() {
    let mut sim = Sim::new();
    let [_, b, _] = batch(&mut sim, ["a", "b", "c"]);
    sim.cancel(b);
    let wire = "VA 0 ka f0 c5 t-1 W\r\n\r\nVA 0 kb f0 c6 t-1 W\r\n\r\n\
                VA 5 kc f7 c7 t9 W\r\nla";
    let (done, given_back) = events(&mut sim, wire);
    let tokens: Vec<u32> = done.iter().map(|(token, _)| *token).collect();
    assert_eq!(tokens, [1, 3]);
    let Outcome::Reply(Reply::Values(values)) = &done[0].1 else {
        panic!("{done:?}");
    };
    let marks = *values[0].1.marks().unwrap();
    assert!(marks.won && is_usable(&mut sim, marks.pin));
    let keys: Vec<&str> = given_back.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(keys, ["b", "c"]);
    for unclaimed in &given_back {
        assert_eq!(unclaimed.marks.pin, marks.pin);
    }
    let (done, given_back) = events(&mut sim, "rge\r\nMN\r\n");
    assert!(done.is_empty() && given_back.is_empty(), "once is enough");
}

/// The server answers each lookup of a batch, so that one which it refuses costs
/// neither the others nor the connection, on which versions count.
#[test]
fn one_refused_lookup_of_a_batch_is_refused_alone() {
    let mut sim = Sim::new();
    batch(&mut sim, ["a", "b", "c"]);
    let wire = "VA 0 kc f0 c5 t-1 W\r\n\r\nSERVER_ERROR out of memory\r\n\
                VA 1 ka f7 c6 t9\r\nx\r\nMN\r\n";
    let (done, given_back) = events(&mut sim, wire);
    assert!(given_back.is_empty());
    let [(1, a), (2, b), (3, c)] = &done[..] else {
        panic!("{done:?}");
    };
    let found = |outcome: &Outcome<Vec<u8>>| match outcome {
        Outcome::Reply(Reply::Values(values)) => values.first().map(|(_, found)| found.len()),
        _ => None,
    };
    assert_eq!((found(a), found(c)), (Some(1), Some(0)));
    let refused = format!("{b:?}");
    assert_eq!(refused, r#"Reply(ServerError("out of memory"))"#);
    sim.get(4, "d").unwrap();
    assert_eq!(sim.written(999), b"get d\r\n");
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
    // That is an answer, so it can be asked once more without a pause.
    sim.submit(2, MetaNoop).unwrap();
    sim.connected();
    assert_eq!(sim.written(999), b"mn\r\n");
    sim.eof();
    assert_eq!(sim.done(), outcomes(&[(2, "connection lost")]));
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

/// Silence is no answer: it says as much of the server as silence elsewhere.
#[test]
fn a_server_that_does_not_answer_whether_it_knows_meta_commands() {
    let mut sim = detecting();
    sim.at(500);
    assert_eq!(sim.done(), outcomes(&[(1, "timed out")]));
    assert_eq!(sim.log(), ["no answer within 500 ms"]);
}

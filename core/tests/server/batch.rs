//! Lookups that wait at the same time are sent as one command.

use std::time::Duration;

use memcached_core::protocol::Lane;
use memcached_core::testing::server::{Sim, outcomes};

/// A connection that works, on which these keys were asked for by one command.
fn asked(keys: &[&str]) -> Sim {
    let mut sim = Sim::new();
    sim.works_well();
    for (token, key) in (1..).zip(keys) {
        sim.get(token, key).unwrap();
    }
    let line = format!("get {}\r\n", keys.join(" "));
    assert_eq!(sim.written(usize::MAX), line.into_bytes());
    sim
}

#[test]
fn everybody_gets_the_value_of_its_key_in_whatever_order_they_come() {
    for reply in [
        "VALUE a 0 1\r\nA\r\nVALUE c 0 0\r\n\r\nVALUE d 0 2\r\nDD\r\nEND\r\n",
        "VALUE d 0 2\r\nDD\r\nVALUE a 0 1\r\nA\r\nVALUE c 0 0\r\n\r\nEND\r\n",
    ] {
        // However the reply is split.
        for at in 0..reply.len() {
            let mut sim = asked(&["a", "b", "c", "d"]);
            sim.data(&reply.as_bytes()[..at]);
            assert_eq!(sim.done(), []);
            sim.data(&reply.as_bytes()[at..]);
            let expected = [(1, "A"), (2, "miss"), (3, ""), (4, "DD")];
            assert_eq!(sim.done(), outcomes(&expected));
            assert_eq!(sim.server.load(Lane::Lookup), (0, 0));
        }
    }
}

#[test]
fn a_key_that_is_asked_for_twice_has_a_value_twice() {
    let mut sim = asked(&["a", "a", "b"]);
    sim.data(b"VALUE a 0 1\r\nA\r\nVALUE a 0 1\r\nA\r\nEND\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "A"), (2, "A"), (3, "miss")]));
}

/// Nothing of such a reply is given out; who asked asks once more, alone.
#[test]
fn what_does_not_fit_the_keys_is_for_nobody() {
    for (reply, reason) in [
        (
            "VALUE a 0 1\r\nA\r\nVALUE c 0 1\r\nC\r\nEND\r\n",
            "value of another key than asked: \"c\"",
        ),
        (
            "VALUE a 0 1\r\nA\r\nVALUE a 0 1\r\nA\r\nEND\r\n",
            "value of another key than asked: \"a\"",
        ),
        (
            "VALUE a 0 1\r\nA\r\nSTORED\r\n",
            "unexpected reply \"STORED\"",
        ),
        (
            "VALUE a 0 1 9\r\nA\r\nEND\r\n",
            "cannot read value line \"VALUE a 0 1 9\"",
        ),
    ] {
        let mut sim = asked(&["a", "b"]);
        sim.data(reply.as_bytes());
        assert_eq!(sim.done(), [], "{reply}");
        assert_eq!(sim.log(), [format!("protocol error: {reason}")]);
        assert_eq!((sim.closes, sim.connects), (1, 1));
        sim.connected();
        assert_eq!(sim.written(99), b"get a\r\n");
        sim.data(b"END\r\n");
        assert_eq!(sim.written(99), b"get b\r\n");
        sim.data(b"VALUE b 0 1\r\nB\r\nEND\r\n");
        assert_eq!(sim.done(), outcomes(&[(1, "miss"), (2, "B")]), "{reply}");
    }
}

/// Some servers end the reply with it, some go on to `END`.
#[test]
fn after_server_error_in_a_batch_each_key_is_asked_for_alone() {
    for (reply, given) in [
        ("SERVER_ERROR x\r\n", &[][..]),
        ("SERVER_ERROR x\r\nEND\r\n", &[]),
        ("SERVER_ERROR x\r\nVALUE b 0 1\r\nB\r\nEND\r\n", &[]),
        ("VALUE b 0 1\r\nB\r\nSERVER_ERROR x\r\n", &[(2, "B")]),
        ("VALUE b 0 1\r\nB\r\nSERVER_ERROR x\r\nEND\r\n", &[(2, "B")]),
    ] {
        let mut sim = asked(&["a", "b", "c"]);
        sim.get(4, "d").unwrap();
        sim.written(99);
        sim.data(reply.as_bytes());
        assert_eq!(sim.done(), outcomes(given), "{reply}");
        assert_eq!((sim.closes, sim.connects), (1, 1));
        sim.connected();
        let mut left = vec![(1, "a"), (2, "b"), (3, "c"), (4, "d")];
        left.retain(|(token, _)| given.iter().all(|(given, _)| given != token));
        let lines: Vec<_> = left
            .iter()
            .map(|(_, key)| format!("get {key}\r\n"))
            .collect();
        assert_eq!(sim.written(99), lines.concat().into_bytes());
        // What comes to one key is for that one, and the connection stays.
        sim.data(b"SERVER_ERROR y\r\n");
        sim.data(&b"END\r\n".repeat(left.len() - 1));
        let error = |&(token, _): &(u32, _)| {
            (
                token,
                if token == 1 {
                    "ServerError(\"y\")"
                } else {
                    "miss"
                },
            )
        };
        let expected: Vec<_> = left.iter().map(error).collect();
        assert_eq!(sim.done(), outcomes(&expected), "{reply}");
        assert_eq!((sim.closes, sim.log()), (1, vec![]), "{reply}");
    }
}

/// Each batch with a dead key would cost a connection.
#[test]
fn batches_grow_again_long_after_the_last_server_error() {
    let mut sim = asked(&["a", "b"]);
    sim.data(b"SERVER_ERROR x\r\n");
    sim.connected();
    sim.written(99);
    sim.data(b"END\r\nEND\r\n");
    assert_eq!(together_now(&mut sim), 1);
    for _ in 0..10 {
        together_now(&mut sim);
    }
    assert_eq!(together_now(&mut sim), 16);
}

/// Their time is not prolonged.
#[test]
fn keys_that_are_asked_for_again_have_the_rest_of_their_time() {
    let mut sim = asked(&["a", "b"]);
    sim.at(400);
    sim.data(b"SERVER_ERROR x\r\n");
    sim.connected();
    sim.written(99);
    sim.at(499);
    assert_eq!(sim.done(), []);
    sim.at(500);
    assert_eq!(sim.done(), outcomes(&[(1, "timed out"), (2, "timed out")]));
    // The new connection has as long as any.
    assert_eq!((sim.closes, sim.log()), (1, vec![]));
}

#[test]
fn values_that_came_whole_are_given_out_whatever_follows() {
    let two = b"VALUE a 0 1\r\nA\r\nVALUE b 0 2\r\nB";
    for ending in ["eof", "reset", "silence"] {
        let mut sim = asked(&["a", "b", "c"]);
        sim.get(4, "d").unwrap();
        sim.written(99);
        sim.data(two);
        assert_eq!(sim.done(), []);
        match ending {
            "eof" => sim.eof(),
            "reset" => sim.error(),
            _ => sim.at(500),
        }
        if ending == "silence" {
            let rest = [(2, "timed out"), (3, "timed out"), (4, "timed out")];
            let expected = [&[(1, "A")][..], &rest].concat();
            assert_eq!(sim.done(), outcomes(&expected));
            continue;
        }
        // Of `b` a part has come; the others are asked for again.
        assert_eq!(sim.done(), outcomes(&[(1, "A"), (2, "connection lost")]));
        sim.connected();
        assert_eq!(sim.written(99), b"get c\r\n");
        sim.data(b"END\r\n");
        assert_eq!(sim.written(99), b"get d\r\n", "{ending}");
    }
}

#[test]
fn all_of_a_stale_connection_are_sent_once_more() {
    let mut sim = asked(&["a", "b"]);
    sim.get(3, "c").unwrap();
    sim.get(4, "d").unwrap();
    sim.written(99);
    sim.eof();
    sim.get(5, "e").unwrap();
    sim.connected();
    // Those that may be why the connection ended one by one.
    assert_eq!(sim.written(99), b"get a\r\n");
    sim.data(b"END\r\n");
    assert_eq!(sim.written(99), b"get b\r\n");
    sim.data(b"VALUE b 0 1\r\nB\r\nEND\r\n");
    assert_eq!(sim.written(99), b"get c d e\r\n");
    sim.data(b"VALUE d 0 1\r\nD\r\nEND\r\n");
    let expected = [(1, "miss"), (2, "B"), (3, "miss"), (4, "D"), (5, "miss")];
    assert_eq!(sim.done(), outcomes(&expected));
}

#[test]
fn who_has_gone_is_not_answered_and_the_others_are() {
    let mut sim = Sim::new();
    sim.works_well();
    let first = sim.get(1, "a").unwrap();
    let second = sim.get(2, "b").unwrap();
    sim.get(3, "c").unwrap();
    assert_eq!(sim.cancel(second), Some(2));
    assert_eq!(sim.written(99), b"get a c\r\n");
    assert_eq!(sim.cancel(first), Some(1));
    sim.data(b"VALUE a 0 1\r\nA\r\nVALUE c 0 1\r\nC\r\nEND\r\n");
    assert_eq!(sim.done(), outcomes(&[(3, "C")]));
}

#[test]
fn a_command_has_bounds() {
    let mut sim = Sim::new();
    sim.works_well();
    for token in 0..20 {
        sim.get(token, "k").unwrap();
    }
    let many = "get".to_owned() + &" k".repeat(16) + "\r\nget k k k k\r\n";
    assert_eq!(sim.written(usize::MAX), many.into_bytes());
    sim.data(b"END\r\nEND\r\n");
    let long = "x".repeat(250);
    for token in 0..4 {
        sim.get(token, &long).unwrap();
    }
    let lines = format!("get {long} {long} {long}\r\nget {long}\r\n");
    assert_eq!(sim.written(usize::MAX), lines.into_bytes());
}

#[test]
fn a_reply_before_the_whole_command_is_sent_ends_the_connection() {
    let mut sim = Sim::new();
    sim.works_well();
    sim.get(1, "a").unwrap();
    sim.get(2, "b").unwrap();
    // The first key is out, its request is not.
    sim.written(5);
    sim.data(b"VALUE a 0 1\r\nA\r\nEND\r\n");
    assert_eq!((sim.done(), sim.closes), (vec![], 1));
    let log = ["protocol error: reply to a request that is still being sent"];
    assert_eq!(sim.log(), log);
    sim.connected();
    assert_eq!(sim.written(99), b"get a\r\n");
}

/// Each has its own time, and the connection that of the most patient.
#[test]
fn each_of_a_batch_waits_as_long_as_it_wants() {
    let mut sim = Sim::new();
    sim.works_well();
    sim.get(1, "a").unwrap();
    sim.timeout = Duration::from_millis(100);
    sim.get(2, "b").unwrap();
    sim.get(3, "c").unwrap();
    sim.written(99);
    sim.data(b"VALUE c 0 1\r\nC\r\n");
    sim.at(100);
    assert_eq!(sim.done(), outcomes(&[(3, "C"), (2, "timed out")]));
    sim.at(499);
    sim.data(b"VALUE a 0 1\r\nA\r\nVALUE b 0 1\r\nB\r\nEND\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "A")]));
    assert_eq!((sim.closes, sim.log()), (0, vec![]));
}

/// A script's calls are carried out in their order.
#[test]
fn other_commands_stay_where_they_stand() {
    let mut sim = Sim::new();
    sim.lane = Lane::Script;
    sim.works_well();
    sim.get(1, "a").unwrap();
    sim.get(2, "b").unwrap();
    sim.set(3, "a", b"1").unwrap();
    sim.get(4, "a").unwrap();
    assert_eq!(
        sim.written(usize::MAX),
        b"get a b\r\nset a 0 30 1\r\n1\r\nget a\r\n"
    );
    sim.data(b"END\r\nSTORED\r\nVALUE a 0 1\r\n1\r\nEND\r\n");
    let expected = [(1, "miss"), (2, "miss"), (3, "Stored"), (4, "1")];
    assert_eq!(sim.done(), outcomes(&expected));
}

/// The value is there, but nobody knows where the next reply begins.
#[test]
fn server_error_after_the_only_value_gives_it_out_and_ends_the_connection() {
    let mut sim = asked(&["a"]);
    sim.get(2, "b").unwrap();
    sim.written(99);
    sim.data(b"VALUE a 0 1\r\nA\r\nSERVER_ERROR x\r\nEND\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "A")]));
    assert_eq!((sim.closes, sim.connects), (1, 1));
    sim.connected();
    assert_eq!(sim.written(99), b"get b\r\n");
}

#[test]
fn bytes_that_come_before_any_was_sent_end_the_connection() {
    for keys in [&["a"][..], &["a", "b"]] {
        let mut sim = Sim::new();
        sim.works_well();
        for (token, key) in (1..).zip(keys) {
            sim.get(token, key).unwrap();
        }
        sim.written(0);
        sim.data(b"VALUE a 0 1\r\nX\r\n");
        assert_eq!((sim.closes, sim.done()), (1, vec![]), "{keys:?}");
        sim.connected();
        // They ended nothing: nothing of them was sent.
        assert_eq!(sim.written(99).len(), 7 * keys.len());
    }
}

/// How many of 40 lookups go out as one command.
fn together_now(sim: &mut Sim) -> usize {
    for token in 0..40 {
        sim.get(token, "k").unwrap();
    }
    let written = sim.written(usize::MAX);
    let lines: Vec<_> = written.split(|&byte| byte == b'\n').collect();
    sim.data(&b"END\r\n".repeat(lines.len() - 1));
    sim.done.clear();
    lines[0].split(|&byte| byte == b' ').count() - 1
}

/// One slow value would hold all that are asked for with it.
#[test]
fn large_values_and_new_connections_are_asked_for_apart() {
    let mut sim = Sim::new();
    sim.works();
    assert_eq!(together_now(&mut sim), 2);
    assert_eq!(together_now(&mut sim), 16);
    let large = vec![b'x'; 100_000];
    for _ in 0..2 {
        sim.get(1, "large").unwrap();
        sim.written(usize::MAX);
        sim.data(b"VALUE large 0 100000\r\n");
        sim.data(&large);
        sim.data(b"\r\nEND\r\n");
    }
    sim.done.clear();
    assert_eq!(together_now(&mut sim), 1);
    assert_eq!(together_now(&mut sim), 16);
    sim.eof();
    sim.get(1, "k").unwrap();
    sim.get(2, "k").unwrap();
    sim.connected();
    assert_eq!(sim.written(usize::MAX), b"get k\r\nget k\r\n");
}

#[test]
fn keys_are_counted_and_so_are_the_commands_that_asked_for_them() {
    let mut sim = Sim::new();
    sim.works_well();
    let before = *sim.server.stats();
    for (token, key) in [(1, "a"), (2, "b"), (3, "c")] {
        sim.get(token, key).unwrap();
    }
    sim.written(usize::MAX);
    sim.data(b"VALUE b 0 1\r\nB\r\nEND\r\n");
    let stats = sim.server.stats();
    assert_eq!(stats.requests - before.requests, 3);
    assert_eq!(stats.replies - before.replies, 3);
    assert_eq!(stats.commands - before.commands, 1);
    assert_eq!(stats.hits - before.hits, 1);
    assert_eq!(stats.misses - before.misses, 2);
}

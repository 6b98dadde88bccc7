//! Servers that want to be told who asks.

use std::sync::Arc;

use memcached_core::protocol::{Lane, Token};
use memcached_core::server::{Limits, Spec};
use memcached_core::testing::server::{SPEC, Sim, outcomes};

const TOKEN: &[u8] = b"set token 0 0 11\r\nuser secret\r\n";

fn sim() -> Sim {
    let token = Token::new(b"user", b"secret").unwrap();
    let spec = Spec {
        token: Some(Arc::new(token)),
        ..SPEC
    };
    Sim::with(&spec, Limits::default())
}

#[test]
fn the_token_goes_first_and_once() {
    for lane in [Lane::Lookup, Lane::Script] {
        let mut sim = sim();
        sim.lane = lane;
        sim.get(1, "a").unwrap();
        sim.connected();
        assert_eq!(sim.written(99), [TOKEN, b"get a\r\n"].concat());
        sim.data(b"STORED\r\nEND\r\n");
        assert_eq!(sim.done(), outcomes(&[(1, "miss")]));
        sim.get(2, "b").unwrap();
        assert_eq!(sim.written(99), b"get b\r\n");
        // On the next connection again. What may have ended this one goes alone.
        sim.eof();
        sim.connected();
        assert_eq!(sim.written(99), TOKEN);
        sim.data(b"STORED\r\n");
        assert_eq!(sim.written(99), b"get b\r\n");
        sim.data(b"END\r\n");
        assert_eq!(sim.done(), outcomes(&[(2, "miss")]));
    }
}

/// It comes in any pieces, and goes out in any.
#[test]
fn in_pieces() {
    let mut sim = sim();
    sim.get(1, "a").unwrap();
    sim.connected();
    let mut sent = Vec::new();
    while sent.len() < TOKEN.len() + 7 {
        sent.extend(sim.written(1));
    }
    assert_eq!(sent, [TOKEN, b"get a\r\n"].concat());
    for byte in b"STORED\r\nVALUE a 0 1\r\nA\r\nEND\r\n" {
        sim.data(&[*byte]);
    }
    assert_eq!(sim.done(), outcomes(&[(1, "A")]));
}

/// Whatever else the server says to it ends the connection, and nothing of that is told.
#[test]
fn what_is_no_answer_to_a_token() {
    for answer in [
        "CLIENT_ERROR authentication failure secret\r\n",
        "CLIENT_ERROR bad authentication token format\r\n",
        "SERVER_ERROR secret\r\n",
        "ERROR\r\n",
        "NOT_STORED\r\n",
        "VALUE a 0 1\r\nA\r\nEND\r\n",
        "END\r\n",
        "user secret\r\n",
        "STORED secret\r\n",
        "STORED\n",
        "MN\r\n",
    ] {
        let mut sim = sim();
        sim.get(1, "a").unwrap();
        sim.connected();
        sim.written(99);
        sim.data(answer.as_bytes());
        assert_eq!(sim.closes, 1, "{answer}");
        assert!(
            sim.log
                .iter()
                .any(|line| line.contains("does not take \"user\" and password")),
            "{:?}",
            sim.log
        );
        assert!(
            !sim.log.iter().any(|line| line.contains("secret")),
            "{:?}",
            sim.log
        );
        // Soon after that there is another attempt, and if it ends like this one it is over.
        sim.at(10);
        sim.connected();
        sim.written(99);
        sim.data(answer.as_bytes());
        let done = sim.done();
        assert_eq!(done.len(), 1, "{answer}: {done:?}");
        assert!(done.iter().all(|(_, outcome)| outcome != "A"), "{done:?}");
    }
}

/// A server that takes anything may still be silent: then the request fails in its time.
#[test]
fn silence() {
    let mut sim = sim();
    sim.get(1, "a").unwrap();
    sim.connected();
    sim.written(99);
    sim.at(500);
    assert_eq!(sim.done(), outcomes(&[(1, "timed out")]));
    assert_eq!(sim.closes, 1);
}

/// A store in the time before the token's answer is no answer to the store.
#[test]
fn replies_are_told_apart() {
    let mut sim = sim();
    sim.lane = Lane::Store;
    sim.set(1, "a", b"1").unwrap();
    sim.connected();
    sim.written(99);
    sim.data(b"STORED\r\n");
    assert_eq!(sim.done(), []);
    sim.data(b"STORED\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "Stored")]));
}

//! Requests that end every connection they are sent on.

use memcached_core::protocol::Lane;
use memcached_core::testing::server::{Sim, outcomes};

/// What the server has read and not answered; it resets the connection when it
/// reads this key, and whatever it has answered and not delivered is lost.
const POISON: &str = "poison";

/// Lets the server read and answer until nothing more comes.
fn serve(sim: &mut Sim) {
    for _ in 0..100 {
        sim.connected();
        let written = String::from_utf8(sim.written(usize::MAX)).unwrap();
        if written.contains(POISON) {
            sim.error();
            continue;
        }
        if written.is_empty() {
            return;
        }
        for line in written.lines() {
            match line.split(' ').next().unwrap() {
                "get" => sim.data(b"END\r\n"),
                "version" => sim.data(b"VERSION 1\r\n"),
                "set" => sim.data(b"STORED\r\n"),
                _ => {}
            }
        }
    }
    panic!("it never ends");
}

#[test]
fn a_poisonous_request_fails_alone_wherever_it_stands() {
    for batches in [false, true] {
        for at in 0..20 {
            let mut sim = Sim::new();
            if batches {
                sim.works_well();
            } else {
                sim.works();
            }
            for token in 0..20 {
                let key = if token == at { POISON } else { "k" };
                sim.get(token, key).unwrap();
            }
            serve(&mut sim);
            let mut done = sim.done();
            done.sort();
            for (token, (of, text)) in (0..).zip(&done) {
                let expected = if token == at {
                    "connection lost"
                } else {
                    "miss"
                };
                assert_eq!((token, &text[..]), (*of, expected), "{at}");
            }
            assert_eq!(done.len(), 20);
            assert!(sim.connects <= 4, "{at}: {}", sim.connects);
            assert_eq!(sim.log(), ["refused"]);
            assert!(!sim.server.is_down());
        }
    }
}

#[test]
fn so_does_a_poisonous_store_and_the_order_stays() {
    let mut sim = Sim::new();
    sim.lane = Lane::Store;
    sim.works();
    sim.set(1, "a", b"1").unwrap();
    sim.set(2, POISON, b"1").unwrap();
    sim.set(3, "a", b"2").unwrap();
    serve(&mut sim);
    let expected = [(1, "Stored"), (2, "connection lost"), (3, "Stored")];
    assert_eq!(sim.done(), outcomes(&expected));
}

/// Asked for again and again, it makes nobody else wait for a pause.
#[test]
fn others_are_served_while_it_is_asked_for() {
    let mut sim = Sim::new();
    sim.works_well();
    let mut served = 0;
    for step in 0..1000 {
        sim.at(step * 10);
        if step % 20 == 0 {
            sim.get(0, POISON).unwrap();
        }
        for token in 1..4 {
            sim.get(token, "k").unwrap();
        }
        serve(&mut sim);
        served += sim.done().iter().filter(|(_, text)| text == "miss").count();
    }
    assert_eq!(served, 3000);
}

/// That it is the request cannot be known then.
#[test]
fn a_server_that_ends_every_connection_is_left_alone() {
    let mut sim = Sim::new();
    sim.works();
    for token in 0..50 {
        sim.get(token, "k").unwrap();
    }
    sim.written(usize::MAX);
    sim.eof();
    while sim.server.load(Lane::Lookup).0 > 0 {
        sim.connected();
        sim.written(usize::MAX);
        sim.eof();
    }
    // The second ended with the first request alone, the third with a question.
    assert_eq!(sim.connects, 2);
    assert_eq!(sim.done().len(), 50);
    assert!(sim.get(1, "k").is_err());
    sim.at(10);
    sim.get(1, "k").unwrap();
}

/// Some proxies end a connection when they read a command that they don't know.
#[test]
fn without_version_a_stale_connection_costs_nothing_either() {
    let mut sim = Sim::new();
    sim.works();
    sim.get(1, "a").unwrap();
    sim.get(2, "b").unwrap();
    sim.written(99);
    sim.eof();
    sim.connected();
    assert_eq!(sim.written(99), b"get a\r\n");
    sim.data(b"END\r\n");
    assert_eq!(sim.written(99), b"get b\r\n");
    sim.data(b"END\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "miss"), (2, "miss")]));
}

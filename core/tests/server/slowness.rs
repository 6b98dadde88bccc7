//! Servers whose answers come in time, but late.

use std::time::Duration;

use memcached_core::protocol::Lane;
use memcached_core::testing::server::Sim;

/// `count` lookups one after the other, each answered after so many milliseconds.
fn answers(sim: &mut Sim, count: u32, after_ms: u64) {
    for token in 1..=count {
        sim.get(token, "k").unwrap();
        sim.written(usize::MAX);
        sim.at(sim.now_ms + after_ms);
        sim.data(b"END\r\n");
    }
    let done = sim.done();
    assert_eq!(done.len(), count as usize);
    assert!(done.iter().all(|(_, outcome)| outcome == "miss"));
}

fn told(slow: u32, answers: u32, limit_ms: u64) -> String {
    let limit = Duration::from_millis(limit_ms);
    format!("Slow {{ slow: {slow}, answers: {answers}, limit: {limit:?} }}")
}

#[test]
fn most_answers_after_more_than_half_the_limit_are_told_once_a_minute() {
    let mut sim = Sim::new();
    sim.works();
    answers(&mut sim, 12, 400);
    assert!(sim.log().is_empty(), "not for 5 s yet");
    answers(&mut sim, 1, 400);
    // The first answer, which came when the connection was made, is one of them.
    assert_eq!(sim.log(), [told(13, 14, 500)]);
    let began = sim.now_ms;
    while sim.now_ms < began + 59_000 {
        answers(&mut sim, 1, 400);
    }
    assert!(sim.log().is_empty());
    answers(&mut sim, 20, 400);
    assert_eq!(sim.log().len(), 1);
}

#[test]
fn fewer_than_half_or_faster_ones_are_not() {
    let mut sim = Sim::new();
    sim.works();
    for _ in 0..100 {
        answers(&mut sim, 1, 300);
        answers(&mut sim, 1, 10);
    }
    answers(&mut sim, 100, 250);
    assert!(sim.log().is_empty(), "{:?}", sim.log);
}

#[test]
fn each_answer_is_measured_by_its_own_limit() {
    let mut sim = Sim::new();
    sim.works();
    answers(&mut sim, 100, 60);
    assert!(sim.log().is_empty());
    sim.timeout = Duration::from_millis(100);
    answers(&mut sim, 200, 60);
    let log = sim.log();
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].ends_with("limit: 100ms }"), "{log:?}");
}

#[test]
fn few_answers_say_nothing_and_nobody_waits_for_stores() {
    let mut sim = Sim::new();
    sim.works();
    for _ in 0..8 {
        answers(&mut sim, 1, 400);
        sim.at(sim.now_ms + 60_000);
    }
    assert!(sim.log().is_empty());
    let mut sim = Sim::new();
    sim.lane = Lane::Store;
    sim.works();
    for token in 1..100 {
        sim.set(token, "k", b"value").unwrap();
        sim.written(usize::MAX);
        sim.at(sim.now_ms + 400);
        sim.data(b"STORED\r\n");
    }
    assert!(sim.log().is_empty());
}

//! Histories of small fleets: those of kept seeds, those of a fixed list, and new ones.

use core::ops::Range;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use memcached_core::testing::fleet::{Operation, Plan, run, shrink};

/// Histories that are tried to make one shorter.
const TRIES: u32 = 500;

/// The seeds that are always the same, and for how long they are tried at most.
const SEEDS: Range<u64> = 2_000_000..2_000_500;
const SECONDS: u64 = 20;

/// Lets the history of a seed happen; if something does not hold, the shortest one is shown.
fn check(seed: u64) -> u64 {
    let plan = Plan::random(seed);
    let report = run(&plan, false);
    if let Some(broken) = report.broken {
        let plan = shrink(&plan, TRIES);
        let trace = run(&plan, true).trace;
        let last = trace.len().saturating_sub(200);
        panic!(
            "seed {seed}: {broken}\n{plan}\n{}",
            trace[last..].join("\n")
        );
    }
    report.requests
}

#[test]
fn seeds_that_were_kept() {
    let lines = include_str!("seeds.txt").lines();
    let seeds = lines.filter(|line| !line.starts_with('#'));
    let seeds = seeds.filter_map(|line| line.split(' ').next()?.parse().ok());
    let count = seeds
        .inspect(|seed| println!("seed {seed}"))
        .map(check)
        .count();
    assert!(count > 0);
}

/// Those of the list, so that no change is held up by chance; or new ones for as many seconds as
/// `FLEET_SECONDS` says.
#[test]
fn more_seeds() {
    let secs = std::env::var("FLEET_SECONDS").ok();
    let seeds = if secs.is_some() {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let since = since.expect("a clock");
        since.as_secs() << 20 | u64::from(since.subsec_micros())..u64::MAX
    } else {
        SEEDS
    };
    let secs = secs.map_or(SECONDS, |secs| secs.parse().expect("a number of seconds"));
    let first = seeds.start;
    println!("seeds from {first} on");
    let end = Instant::now() + Duration::from_secs(secs);
    let (mut count, mut requests) = (0, 0);
    for seed in seeds.take_while(|_| Instant::now() < end) {
        requests += check(seed);
        count += 1;
    }
    println!("{count} seeds from {first} on, {requests} requests");
    assert!(requests > 0);
}

/// One seed decides everything.
#[test]
fn a_history_goes_the_same_way_again() {
    for seed in 0..8 {
        let plan = Plan::random(seed);
        let [one, other] = [run(&plan, false), run(&plan, false)];
        assert_eq!(one.events, other.events, "seed {seed}");
        assert_eq!(one.requests, other.requests);
        assert_eq!(one.backend, other.backend);
    }
}

/// A plan whose visitors are named is the same plan.
#[test]
fn visitors_can_be_named() {
    let plan = Plan::random(3);
    let named = plan.clone().with_visitors();
    assert_eq!(run(&plan, false).events, run(&named, false).events);
}

/// What one server is out of reach for costs its own keys alone.
#[test]
fn a_dead_server_costs_its_keys() {
    let mut plan = Plan::large(1, 0.02, 10, 5, 2000, 500.0);
    plan.operations.retain(|(_, it)| *it == Operation::Warm);
    let calm = run(&plan, false);
    let kill = Operation::Kill {
        server: 2,
        ms: 40_000,
    };
    plan.operations.push((20_000_000, kill));
    let report = run(&plan, false);
    assert_eq!((&calm.broken, &report.broken), (&None, &None));
    let down = report.figures.of(22..58);
    let ratio = down.hit_ratio().unwrap();
    assert!((0.6..0.95).contains(&ratio), "{ratio}");
    assert!(calm.figures.of(22..58).hit_ratio().unwrap() > 0.99);
}

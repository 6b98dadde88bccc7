//! Runs fleets in virtual time:
//!
//! ```text
//! simulate --seed 7 --hours 1 --workers 1000 --servers 100 --keys 1000000 --rate 50000
//! simulate --seeds 1000 --first 0 [--trace] [--shrink]
//! simulate --seconds 60 --first 0
//! ```
//!
//! The first form watches one fleet to which something happens every few minutes, the
//! others small fleets that have a bad day each, of so many seeds or for so many seconds.

#![expect(clippy::cast_precision_loss, reason = "all of its numbers are small")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use memcached_core::testing::fleet::{Plan, Report, run, shrink};

/// Histories that are tried to make one shorter.
const TRIES: u32 = 2000;

struct Args(BTreeMap<String, String>);

impl Args {
    fn read() -> Self {
        let mut args = BTreeMap::new();
        let mut words = std::env::args().skip(1).peekable();
        while let Some(word) = words.next() {
            let name = word.trim_start_matches("--").to_owned();
            let value = words.next_if(|next| !next.starts_with("--"));
            args.insert(name, value.unwrap_or_default());
        }
        Self(args)
    }

    fn number<N: std::str::FromStr>(&self, name: &str, otherwise: N) -> N {
        let value = self.0.get(name).filter(|value| !value.is_empty());
        value.map_or(otherwise, |value| {
            value
                .parse()
                .unwrap_or_else(|_| panic!("--{name} {value}: a number was expected"))
        })
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

fn main() -> ExitCode {
    let args = Args::read();
    let is_fine = if args.has("seeds") || args.has("seconds") {
        many(&args)
    } else {
        one(&args)
    };
    if is_fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// One large fleet.
fn one(args: &Args) -> bool {
    let seed = args.number("seed", 0);
    let hours = args.number("hours", 0.1);
    let plan = Plan::large(
        seed,
        hours,
        args.number("workers", 100),
        args.number("servers", 10),
        args.number("keys", 100_000),
        args.number("rate", 5000.0),
    );
    let start = Instant::now();
    let report = run(&plan, args.has("trace"));
    for line in &report.trace {
        println!("{line}");
    }
    let spans = report.figures.spans.len();
    let part = (spans / 20).max(1);
    println!("seconds      requests  hits %  backend/s  waited at most, 99 % (ms)");
    for from in (0..spans).step_by(part) {
        let span = report.figures.of(from..from + part);
        println!(
            "{from:>7} {:>13} {:>7.2} {:>10} {:>10.1}",
            span.requests,
            span.hit_ratio().unwrap_or_default() * 100.0,
            span.backend / part as u64,
            span.waited_at_most(990).unwrap_or_default(),
        );
    }
    tell(seed, &report, start.elapsed());
    report.broken.is_none()
}

fn tell(seed: u64, report: &Report, took: Duration) {
    let each = report.requests as f64 / took.as_secs_f64();
    println!(
        "seed {seed}: {} requests, {} of the backend, {} events in {:.1} s: {each:.0} requests a second",
        report.requests,
        report.backend,
        report.events,
        took.as_secs_f64()
    );
    if let Some(broken) = &report.broken {
        println!("seed {seed}: BROKEN: {broken}");
    }
}

/// Many small ones.
fn many(args: &Args) -> bool {
    let first: u64 = args.number("first", 0);
    let count = args.number("seeds", u64::MAX - first);
    let limit = Duration::from_secs(args.number("seconds", u64::MAX));
    let start = Instant::now();
    let (mut requests, mut seeds) = (0, 0);
    let mut broken = BTreeMap::<String, (u64, u64)>::new();
    let mut told = start;
    for seed in first..first.saturating_add(count) {
        if start.elapsed() >= limit {
            break;
        }
        let plan = Plan::random(seed);
        let report = run(&plan, args.has("trace"));
        seeds += 1;
        requests += report.requests;
        for line in &report.trace {
            println!("{line}");
        }
        if let Some(text) = &report.broken {
            println!("seed {seed}: BROKEN: {text}");
            broken.entry(text.clone()).or_insert((0, seed)).0 += 1;
            if args.has("shrink") {
                let plan = shrink(&plan, TRIES);
                println!("{plan}\n{}", run(&plan, true).trace.join("\n"));
            }
        }
        if told.elapsed() > Duration::from_secs(60) {
            told = Instant::now();
            println!(
                "{seeds} seeds, {requests} requests, {} broken",
                broken.len()
            );
        }
    }
    println!(
        "{seeds} seeds from {first} on, {requests} requests in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    for (text, (times, seed)) in &broken {
        println!("{times} times, first with seed {seed}: {text}");
    }
    broken.is_empty()
}

//! Random histories of several workers and one memcached.

use memcached_core::testing::lease::{Scenario, run};

/// Runs histories, and says how one that is broken can be seen again.
fn histories(scenario: Scenario, count: u64) {
    let first = seed("LEASE_SEED").unwrap_or(0);
    let count = seed("LEASE_HISTORIES").unwrap_or(count);
    let trace = seed("LEASE_TRACE").is_some();
    let (mut events, mut made) = (0, 0);
    let mut broken = std::collections::BTreeMap::<String, (u64, u64)>::new();
    for seed in first..first + count {
        let report = run(seed, scenario, trace);
        events += report.events;
        made += report.made;
        if trace {
            println!("{}", report.trace.join("\n"));
        }
        for text in report.broken {
            broken.entry(text).or_insert((0, seed)).0 += 1;
        }
    }
    println!("{scenario:?}: {count} histories, {events} events, {made} backend runs");
    assert!(
        broken.is_empty(),
        "{broken:#?}: how often, and the first seed; LEASE_SEED, LEASE_HISTORIES=1 and LEASE_TRACE=1 show it"
    );
}

fn seed(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn whatever_happens() {
    histories(Scenario::Any, 60_000);
}

#[test]
fn a_page_is_cached_again() {
    histories(Scenario::Recovery, 5_000);
}

#[test]
fn nobody_keeps_a_page_from_being_cached() {
    histories(Scenario::Attack, 500);
}

#[test]
fn nobody_waits_longer_than_needed() {
    histories(Scenario::Calm, 20_000);
}

#[test]
fn one_makes_anew_what_was_purged_softly() {
    histories(Scenario::SoftPurge, 1_000);
}

#[test]
fn a_failing_backend_is_asked_seldom() {
    histories(Scenario::Failing, 200);
}

#[test]
fn servers_without_meta_commands() {
    histories(Scenario::Classic, 15_000);
}

#[test]
fn without_locks() {
    histories(Scenario::Unlocked, 5_000);
}

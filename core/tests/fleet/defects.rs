//! Defects that are made on purpose are found: the check can fail.

use memcached_core::testing::fleet::{Defect, Plan, run, shrink};
use memcached_core::testing::memcached;

/// Seeds of which one has to find a defect.
const SEEDS: u64 = 400;

const DEFECTS: [Defect; 20] = [
    Defect::Server(memcached::Defect::DeletesNothing),
    Defect::Server(memcached::Defect::IgnoresVersions),
    Defect::Server(memcached::Defect::GivesAllTheRight),
    Defect::WakeDropped,
    Defect::TimerLost,
    Defect::ChangeUntold,
    Defect::ReplyLost,
    Defect::ReplyTwice,
    Defect::ValuesMixed,
    Defect::ValueTorn,
    Defect::LeavesUntold,
    Defect::OutcomeLost,
    Defect::PageTooOld,
    Defect::WrongServer,
    Defect::OutcomeLate,
    Defect::BumpUnsent,
    Defect::RenewalUnsent,
    Defect::WaitUntimed,
    Defect::WindowTooLong,
    Defect::PurgeHalf,
];

fn find(defect: Defect) -> Option<(Plan, String)> {
    (0..SEEDS).find_map(|seed| {
        let mut plan = Plan::random(seed);
        plan.settings.around.defect = Some(defect);
        plan.settings.secs = plan.settings.secs.min(10);
        plan.settings.rate = plan.settings.rate.min(200.0);
        let broken = run(&plan, false).broken?;
        println!("{defect:?}: found with seed {seed}: {broken}");
        Some((plan, broken))
    })
}

#[test]
fn each_is_found() {
    let missed: Vec<_> = DEFECTS
        .into_iter()
        .filter(|it| find(*it).is_none())
        .collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
}

/// What is shown of one is short.
#[test]
fn histories_are_made_shorter() {
    let (plan, broken) = find(Defect::ValuesMixed).expect("a history");
    let plan = plan.with_visitors();
    let short = shrink(&plan, 300);
    assert_eq!(run(&short, false).broken, Some(broken));
    let [before, after] = [&plan, &short].map(|plan| plan.arrivals.as_ref().map_or(0, Vec::len));
    assert!(after * 4 < before, "{before} visitors, {after} left");
    assert!(short.to_string().contains("seed"));
}

//! What is shown in the end, and what fails.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::LONGEST;
use super::figures::Figures;
use super::killer::Killer;
use super::origin::Origin;
use super::purger::Purged;

pub(crate) fn show(all: &Figures, purged: &Purged, origin: &Origin, killer: &Killer) {
    println!(
        "requests               {} ({} wrong)",
        all.requests, all.wrong
    );
    println!(
        "  fresh, stale, others {}, {}, {}",
        all.hits, all.stale, all.others
    );
    println!(
        "  206, 304, HEAD       {}, {}, {}",
        all.parts, all.unchanged, all.heads
    );
    println!("  for one visitor      {}", all.private);
    println!(
        "  failures             {}, {} in a body",
        all.failures, all.torn
    );
    println!("  left, read slowly    {}, {}", all.left, all.slow);
    println!("  POST that purged     {}", all.invalidated);
    println!(
        "longest request        {:?} (limit {:?})",
        all.longest,
        limit()
    );
    println!(
        "purges                 {} done, {} of nothing, {} could not be, {} namespaces; longest {:?} ({})",
        purged.done,
        purged.missing,
        purged.failed,
        purged.bumps,
        purged.longest,
        purged.longest_one
    );
    let done = &origin.done;
    let [requests, failures, private, slow, unchanged] = [
        &done.requests,
        &done.failures,
        &done.private,
        &done.slow,
        &done.unchanged,
    ]
    .map(|it| it.load(Ordering::Relaxed));
    println!(
        "the backend            {requests} requests: {failures} failures, {private} for one \
         visitor, {slow} slow, {unchanged} unchanged"
    );
    let [deaths, stops, clearings, cuts] = killer.kinds;
    println!(
        "memcached              {deaths} times killed, {stops} stopped, {clearings} cleared, {cuts} cut off"
    );
}

fn limit() -> Duration {
    LONGEST + crate::slack()
}

pub(crate) fn judge(
    figures: &Figures,
    purged: &Purged,
    origin: &Origin,
    complaints: &mut Vec<String>,
) {
    if figures.wrong > 0 {
        complaints.push(format!("{} wrong answers", figures.wrong));
    }
    if let Some(wrong) = &purged.wrong {
        complaints.push(wrong.clone());
    }
    if figures.longest.max(purged.longest) > limit() {
        complaints.push(format!(
            "a request took too long: {}; {}",
            figures.longest_one, purged.longest_one
        ));
    }
    let failures = origin.done.failures.load(Ordering::Relaxed);
    let torn = origin.done.torn.load(Ordering::Relaxed);
    if figures.failures > failures || figures.torn > torn {
        complaints.push("visitors saw failures that the backend did not have".into());
    }
    let seen = [
        figures.hits,
        figures.stale,
        figures.parts,
        figures.unchanged,
        figures.left,
    ];
    let done = [
        figures.invalidated,
        purged.done,
        purged.bumps,
        figures.slow,
        figures.heads,
    ];
    if figures.hits < figures.requests / 10 || seen.iter().chain(&done).any(|count| *count == 0) {
        complaints.push("not all of it happened".into());
    }
}

//! The shortest history in which something does not hold.

use super::plan::Plan;
use super::world::run;

/// Makes the plan of a history that is broken shorter, as long as it is broken in the same way:
/// without some of what happens, some visitors, workers and servers. At most so many
/// histories are tried.
#[must_use]
pub fn shrink(plan: &Plan, mut tries: u32) -> Plan {
    let Some(broken) = run(plan, false).broken else {
        return plan.clone();
    };
    let mut still = |plan: &Plan| {
        tries = tries.saturating_sub(1);
        tries > 0 && run(plan, false).broken.as_ref() == Some(&broken)
    };
    let mut best = plan.clone().with_visitors();
    loop {
        let before = size(&best);
        best = fewer(
            best,
            &mut still,
            |plan| plan.operations.len(),
            |plan, range| {
                plan.operations.drain(range);
            },
        );
        best = fewer(
            best,
            &mut still,
            |plan| plan.arrivals.as_ref().map_or(0, Vec::len),
            |plan, range| {
                if let Some(arrivals) = &mut plan.arrivals {
                    arrivals.drain(range);
                }
            },
        );
        best = simpler(best, &mut still);
        if size(&best) == before {
            return best;
        }
    }
}

fn size(plan: &Plan) -> (usize, usize, String) {
    let arrivals = plan.arrivals.as_ref().map_or(0, Vec::len);
    let settings = format!("{:?}", plan.settings);
    (plan.operations.len(), arrivals, settings)
}

/// Leaves out what is not needed, in parts that become smaller.
fn fewer(
    mut best: Plan,
    still: &mut impl FnMut(&Plan) -> bool,
    len: impl Fn(&Plan) -> usize,
    leave_out: impl Fn(&mut Plan, core::ops::Range<usize>),
) -> Plan {
    let mut part = len(&best).div_ceil(2);
    while part > 0 && len(&best) > 0 {
        let mut start = 0;
        while start < len(&best) {
            let mut shorter = best.clone();
            leave_out(&mut shorter, start..(start + part).min(len(&best)));
            if still(&shorter) {
                best = shorter;
            } else {
                start += part;
            }
        }
        part = if part == 1 { 0 } else { part / 2 };
    }
    best
}

/// Turns options off that are not needed, one after the other.
fn simpler(mut best: Plan, still: &mut impl FnMut(&Plan) -> bool) -> Plan {
    let simplify: [fn(&mut Plan); 16] = [
        |plan| plan.settings.around.is_rough = false,
        |plan| plan.settings.options.near_ms = 0,
        |plan| plan.settings.options.failover = false,
        |plan| plan.settings.options.namespace = false,
        |plan| plan.settings.options.early = 0,
        |plan| plan.settings.options.ttl_jitter = 0,
        |plan| plan.settings.options.stale_while_revalidate = 0,
        |plan| plan.settings.options.stale_if_error = 0,
        |plan| plan.settings.around.fails = 0,
        |plan| plan.settings.around.unstorable = 0,
        |plan| plan.settings.around.private = 0,
        |plan| plan.settings.around.leaving = 0,
        |plan| plan.settings.around.page_max = 0,
        |plan| plan.settings.around.room = u32::MAX,
        |plan| plan.settings.around.jitter_us = 0,
        |plan| plan.settings.around.backend_slots = u32::MAX,
    ];
    for change in simplify {
        let mut simple = best.clone();
        change(&mut simple);
        if simple != best && still(&simple) {
            best = simple;
        }
    }
    best
}

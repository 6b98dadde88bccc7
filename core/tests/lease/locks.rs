//! Who makes what is missing.

use memcached_core::lookup::lease::{Awaited, End};
use memcached_core::protocol::{Reply, Status};
use memcached_core::server::{Failure, Outcome};

use crate::desk::{Desk, Item, MARKER, RENEWED, TAKEN, WON, lost, status, stored};

#[test]
fn one_makes_the_page_and_the_others_of_its_worker_are_woken() {
    let mut desk = Desk::new();
    let first = desk.ask();
    let second = desk.ask();
    assert_eq!(desk.looks(), 1, "shared");
    desk.find(WON);
    assert_eq!(desk.woken(), [first, second]);
    assert_eq!(desk.poll(first), "make with a run");
    assert_eq!(desk.poll(second), "");
    assert_eq!(desk.asks(TAKEN), "");
    desk.pass(100);
    assert_eq!((desk.looks(), desk.woken()), (0, vec![]), "nobody looks");
    desk.store();
    assert_eq!(desk.sent(), ["ms k 4 T90 F9 C7 pinned"]);
    desk.op_ends(&stored());
    assert_eq!(desk.woken(), [1, 2]);
    assert_eq!((desk.poll(1), desk.poll(2)), (String::new(), String::new()));
    assert_eq!(desk.looks(), 1, "together");
    desk.find(Item::Page(8, 60, ""));
    assert_eq!(desk.woken(), [1, 2]);
    assert_eq!(
        (desk.poll(1), desk.poll(2)),
        ("fresh".into(), "fresh".into())
    );
    assert_eq!(desk.awaited, Some(Awaited::Missing));
    assert_eq!(desk.asks(Item::Page(8, 60, "")), "fresh");
    assert_eq!(desk.awaited, None);
    assert!(desk.leases.is_idle() && desk.lookups.is_idle());
    let stats = desk.stats();
    assert_eq!((stats.won, stats.waited, stats.waited_in_vain), (1, 2, 0));
}

/// The answers to both come together, and that of the lookup is read last.
#[test]
fn a_lookup_from_before_the_store_that_is_read_after_it_looks_again_at_once() {
    let mut desk = Desk::new();
    desk.asks(WON);
    let second = desk.ask();
    assert_eq!(desk.looks(), 1);
    desk.store();
    assert_eq!(desk.sent(), ["ms k 4 T90 F9 C7 pinned"]);
    desk.find(TAKEN);
    desk.op_ends(&stored());
    assert_eq!(
        (desk.woken(), desk.poll(second)),
        (vec![second], String::new())
    );
    assert_eq!(desk.looks(), 1, "at once");
    // The page was purged meanwhile, and the version is another one's now, which is odd:
    // it waits like everybody.
    desk.find(TAKEN);
    assert_eq!(
        (desk.woken(), desk.poll(second)),
        (vec![second], String::new())
    );
    assert_eq!(desk.looks(), 0, "it waits");
    desk.pass(10);
    assert_eq!(desk.woken(), [second]);
    desk.poll(second);
    desk.find(Item::Page(8, 60, ""));
    assert_eq!(
        (desk.woken(), desk.poll(second)),
        (vec![second], "fresh".into())
    );
    assert!(desk.leases.is_idle() && desk.lookups.is_idle());
}

#[test]
fn who_is_answered_after_a_wait_knows_for_what() {
    let mut desk = Desk::new();
    desk.asks(Item::Page(7, 20, "W"));
    assert_eq!(desk.asks(Item::Page(7, 20, "Z")), "");
    assert_eq!(desk.asks(Item::Page(8, 60, "")), "fresh");
    assert_eq!(desk.awaited, None);
    assert_eq!(desk.waits(1, Item::Page(8, 60, "")), "fresh");
    assert_eq!(desk.awaited, Some(Awaited::Stale));
}

#[test]
fn those_who_are_woken_join_no_lookup_from_before_the_store() {
    let mut desk = Desk::new();
    desk.asks(WON);
    desk.asks(TAKEN);
    desk.ask();
    assert_eq!(desk.looks(), 1);
    desk.store();
    desk.sent();
    desk.ask();
    assert_eq!(desk.looks(), 2, "the page is on its way");
    desk.op_ends(&stored());
    assert_eq!((desk.woken(), desk.poll(1)), (vec![1], String::new()));
    assert_eq!(desk.looks(), 3, "the page is there");
}

#[test]
fn a_lock_is_renewed_three_times_in_its_life() {
    let mut desk = Desk::new();
    assert_eq!(desk.asks(WON), "make with a run");
    for version in 7..10 {
        assert_eq!(desk.due(), Some(3333));
        desk.pass(3334);
        let renewal = format!("ms k 0 T10 F65538 C{version} c pinned");
        assert_eq!(desk.sent(), [renewal]);
        desk.op_ends(&Outcome::Reply(Reply::StoredAs(version + 1)));
    }
    desk.store();
    assert_eq!(desk.sent(), ["ms k 4 T90 F9 C10 pinned"]);
    desk.op_ends(&stored());
    assert_eq!((desk.due(), desk.leases.is_idle()), (None, true));
}

#[test]
fn a_store_waits_for_the_renewal_under_way() {
    let mut desk = Desk::new();
    desk.asks(WON);
    desk.pass(3334);
    assert_eq!(desk.sent().len(), 1);
    desk.store();
    assert_eq!(desk.sent(), [""; 0]);
    desk.op_ends(&Outcome::Reply(Reply::StoredAs(8)));
    assert_eq!(desk.sent(), ["ms k 4 T90 F9 C8 pinned"]);
    desk.op_ends(&stored());
    assert!(desk.leases.is_idle());
}

#[test]
fn how_a_run_ends_that_began_with_nothing() {
    for (end, line) in [
        (End::NotStorable, "ms k 0 T120 F65537 C7 pinned"),
        (End::Forbidden, "ms k 0 T120 F65537 C7 pinned"),
        (End::RequestOnly, "ms k 0 T10 F65537 C7 pinned"),
        (End::Error, "ms k 0 T10 F65537 C7 pinned"),
        (End::Abandoned, "md k C7 pinned"),
    ] {
        let mut desk = Desk::new();
        desk.asks(WON);
        desk.end(end);
        assert_eq!(desk.sent(), [line], "{end:?}");
        desk.asks(TAKEN);
        desk.op_ends(&stored());
        assert_eq!(desk.woken(), [1], "{end:?}");
    }
}

#[test]
fn a_marker_is_replaced_but_never_made_again() {
    for end in [
        End::NotStorable,
        End::Forbidden,
        End::RequestOnly,
        End::Error,
        End::Abandoned,
    ] {
        let mut desk = Desk::new();
        assert_eq!(desk.asks(MARKER), "uncacheable with a run");
        assert_eq!(desk.asks(MARKER), "uncacheable with a run", "nobody waits");
        desk.store();
        assert_eq!(desk.sent(), ["ms k 4 T90 F9 C7 pinned"]);
        desk.op_ends(&status(Status::Exists));
        desk.end(end);
        assert_eq!((desk.sent(), desk.leases.is_idle()), (vec![], true));
        assert_eq!(desk.due(), None);
    }
}

/// memcached has deleted it, and puts it back for as long as it was to be there.
#[test]
fn a_marker_that_went_with_what_memcached_does_not_take() {
    for (pause, line) in [
        (0, Some("add k 65537 10 0")),
        (9000, Some("add k 65537 1 0")),
        (9001, None),
    ] {
        let mut desk = Desk::new();
        desk.asks(MARKER);
        desk.pass(pause);
        desk.store();
        desk.sent();
        desk.op_ends(&Outcome::Reply(Reply::ServerError("too large".into())));
        assert_eq!(desk.sent(), Vec::from_iter(line), "{pause}");
    }
}

#[test]
fn the_oldest_who_waits_goes_on_with_what_was_abandoned() {
    let mut desk = Desk::new();
    desk.asks(WON);
    let waiting = [desk.ask(), desk.ask(), desk.ask()];
    desk.find(TAKEN);
    assert_eq!(desk.woken(), waiting);
    for number in waiting {
        assert_eq!(desk.poll(number), "");
    }
    desk.leave(1);
    desk.end(End::Abandoned);
    assert_eq!((desk.woken(), desk.sent()), (vec![2], vec![]));
    // It leaves as well.
    desk.leave(2);
    assert_eq!((desk.woken(), desk.sent()), (vec![3], vec![]));
    assert_eq!(desk.poll(3), "make with a run");
    desk.store();
    assert_eq!(desk.sent(), ["ms k 4 T90 F9 C7 pinned"]);
    desk.op_ends(&stored());
    assert!(desk.leases.is_idle());
}

#[test]
fn a_run_that_another_has_followed_is_not_handed_on() {
    let mut desk = Desk::new();
    desk.asks(WON);
    // It was purged, and won again.
    desk.asks(Item::Empty(0, 9, "W"));
    desk.asks(Item::Empty(0, 9, "Z"));
    desk.runs.swap(0, 1);
    desk.end(End::Abandoned);
    assert_eq!(
        (desk.woken(), desk.sent()),
        (vec![], vec!["md k C7 pinned".into()])
    );
    desk.op_ends(&status(Status::Exists));
    assert_eq!(desk.woken(), [0; 0]);
    desk.store();
    assert_eq!(desk.sent(), ["ms k 4 T90 F9 C9 pinned"]);
    desk.op_ends(&stored());
    assert_eq!(desk.woken(), [2]);
}

#[test]
fn a_run_that_is_lost_is_not_handed_on() {
    let mut desk = Desk::new();
    desk.asks(WON);
    desk.asks(TAKEN);
    desk.end(End::Abandoned);
    assert_eq!(desk.woken(), [1]);
    desk.connection_lost();
    assert_eq!((desk.poll(1), desk.looks()), (String::new(), 1), "it looks");
    desk.find(Item::Empty(0, 8, "Z"));
    assert_eq!(desk.woken(), [1]);
    assert_eq!(desk.poll(1), "");
    desk.leave(1);
    assert!(desk.leases.is_idle());
}

#[test]
fn what_ends_with_its_connection() {
    let mut desk = Desk::new();
    desk.asks(WON);
    desk.asks(TAKEN);
    desk.connection_lost();
    assert_eq!(desk.woken(), [1]);
    assert!(desk.leases.is_lost(&desk.runs[0]));
    desk.store();
    assert_eq!((desk.sent(), desk.due().is_some()), (vec![], false));
    assert_eq!(desk.fates(), [0, 0, 0, 1]);
}

#[test]
fn those_who_wait_for_others_look_again_and_again() {
    let mut desk = Desk::new();
    let (first, second) = (desk.ask(), desk.ask());
    desk.find(TAKEN);
    assert_eq!(desk.woken(), [first, second]);
    assert_eq!((desk.poll(0), desk.poll(1)), (String::new(), String::new()));
    for pause in [10, 20, 40, 80, 100, 100, 100] {
        assert_eq!(desk.due(), Some(pause));
        desk.pass(u64::try_from(pause).unwrap());
        // One of them looks for all.
        assert_eq!(desk.woken(), [0]);
        assert_eq!((desk.poll(0), desk.looks()), (String::new(), 1));
        desk.find(RENEWED);
        assert_eq!(desk.woken(), [0]);
        assert_eq!(desk.poll(0), "");
    }
    desk.pass(50);
    assert_eq!(desk.woken(), [1, 0]);
    assert_eq!(desk.poll(0), "alone: Waited");
    assert_eq!(desk.poll(1), "alone: Waited");
    assert_eq!(desk.stats().waited_in_vain, 2);
    assert!(desk.leases.is_idle() && desk.due().is_none());
}

#[test]
fn the_run_of_the_worker_may_have_no_right_any_more() {
    let mut desk = Desk::new();
    desk.asks(WON);
    desk.asks(TAKEN);
    assert_eq!(desk.due(), Some(500), "until the run ends");
    // It was purged, and another worker has won.
    desk.asks(Item::Empty(0, 9, "Z"));
    assert_eq!(desk.due(), Some(10));
    desk.pass(10);
    assert_eq!((desk.woken(), desk.poll(1)), (vec![1], String::new()));
    desk.find(Item::Page(10, 60, ""));
    assert_eq!((desk.woken(), desk.poll(1)), (vec![1], "fresh".into()));
    assert_eq!(desk.woken(), [2]);
    // The worker has purged it itself.
    let mut desk = Desk::new();
    desk.asks(WON);
    desk.asks(TAKEN);
    desk.changed();
    assert_eq!(desk.due(), Some(10));
}

#[test]
fn what_one_finds_the_others_are_told() {
    let mut desk = Desk::new();
    desk.asks(TAKEN);
    desk.asks(TAKEN);
    desk.pass(10);
    assert_eq!(desk.woken(), [0]);
    desk.poll(0);
    assert_eq!(desk.looks(), 1);
    // It leaves while it looks, so another one does.
    desk.leave(0);
    assert_eq!(desk.due(), Some(0));
    desk.pass(0);
    assert_eq!(desk.woken(), [1]);
    desk.poll(1);
    assert_eq!(desk.looks(), 2);
    // One who comes later finds the page first.
    desk.look_ends(lost());
    desk.look_ends(Outcome::Reply(Reply::ServerError("out of memory".into())));
    assert_eq!(desk.woken(), [1]);
    assert_eq!(desk.poll(1), "alone: Refused");
    desk.asks(TAKEN);
    assert_eq!(desk.asks(Item::Page(8, 60, "")), "fresh");
    assert_eq!(desk.woken(), [2]);
    assert_eq!((desk.poll(2), desk.looks()), (String::new(), 1));
}

#[test]
fn who_cannot_ask_makes_the_answer_and_does_not_store_it() {
    let mut desk = Desk::new();
    let number = desk.ask();
    desk.look_ends(Outcome::Failed(Failure::TimedOut));
    desk.woken();
    assert_eq!(desk.poll(number), "alone: Failed(TimedOut)");
    assert_eq!(desk.poll(number), "gone");
}

#[test]
fn a_win_that_nobody_fetches_is_given_back() {
    let mut desk = Desk::new();
    let (first, second) = (desk.ask(), desk.ask());
    desk.find(WON);
    assert!(!desk.leave(first), "the other one has it");
    assert!(desk.lookups.poll_unclaimed().is_none());
    assert!(!desk.leave(second), "it is answered");
    let (_, unclaimed) = desk.lookups.poll_unclaimed().unwrap();
    assert!(unclaimed.is_empty && unclaimed.marks.version == 7);
    assert!(desk.lookups.poll_unclaimed().is_none());
}

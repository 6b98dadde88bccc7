//! Pages that are out of date, or soon will be.

use memcached_core::lookup::lease::{End, Page};
use memcached_core::protocol::{Reply, Status};
use memcached_core::server::{Failure, Outcome};

use crate::desk::{Desk, Item, state, status, stored};

/// Within the time in which it may be served while it is made anew.
const STALE: Item = Item::Page(7, 30, "");

#[test]
fn who_is_told_to_makes_the_page_anew_in_the_background() {
    for (item, in_background, answer) in [
        (Item::Page(7, 36, ""), true, "fresh"),
        (Item::Page(7, 36, "X W"), true, "stale with a run"),
        (Item::Page(7, 36, "Z X"), true, "stale"),
        (Item::Page(7, 35, "Z"), true, "fresh"),
        (Item::Page(7, 35, "W"), true, "stale with a run"),
        (Item::Page(7, 30, "W"), true, "stale with a run"),
        (Item::Page(7, 30, "Z"), true, "stale"),
        (Item::Page(7, 21, "Z"), true, "stale"),
        (
            Item::Page(7, 20, "W"),
            true,
            "revalidate Some(20) with a run",
        ),
        (
            Item::Page(7, 30, "W"),
            false,
            "revalidate Some(30) with a run",
        ),
        (
            Item::Page(7, 35, "W"),
            false,
            "revalidate Some(35) with a run",
        ),
        (Item::Page(7, 20, "Z"), true, ""),
    ] {
        let mut desk = Desk::new();
        desk.rules.in_background = in_background;
        assert_eq!(desk.asks(item), answer);
        assert_eq!(desk.sent(), [""; 0]);
    }
}

#[test]
fn one_whose_answer_may_be_its_own_leaves_a_page_that_may_be_served_to_others() {
    for (item, answer, sent) in [
        (Item::Page(7, 30, ""), "stale", vec![]),
        (Item::Page(7, 30, "Z"), "stale", vec![]),
        (Item::Page(7, 30, "W"), "stale", vec!["md k I C7 pinned"]),
        (Item::Page(7, 20, ""), "", vec!["mg k k s c t R21 pinned"]),
        (
            Item::Page(7, 20, "W"),
            "revalidate Some(20) with a run",
            vec![],
        ),
    ] {
        let mut desk = Desk::new();
        desk.rules.in_background = false;
        desk.rules.is_personal = true;
        assert_eq!(
            (desk.asks(item).as_str(), desk.sent()),
            (answer, sent.iter().map(ToString::to_string).collect()),
            "{answer}"
        );
    }
}

#[test]
fn an_answer_that_is_for_one_alone_is_no_failure() {
    let mut desk = Desk::new();
    assert_eq!(
        desk.asks(Item::Page(7, 20, "W")),
        "revalidate Some(20) with a run"
    );
    desk.end(End::RequestOnly);
    assert_eq!(desk.sent(), ["md k I C7 pinned"]);
    // There is no pause.
    desk.op_ends(&status(Status::Deleted));
    assert_eq!(desk.asks(Item::Page(8, 20, "W X")), "stale with a run");
}

#[test]
fn a_page_that_may_not_be_served_is_waited_for() {
    let mut desk = Desk::new();
    desk.page = Page::default();
    assert_eq!(
        desk.asks(Item::Page(7, 9, "X W")),
        "revalidate None with a run"
    );
    let taken = Item::Page(7, 9, "Z X");
    assert_eq!(desk.asks(taken), "");
    assert_eq!(desk.waits(1, taken), "alone: Waited");
}

#[test]
fn nobody_is_told_so_one_asks() {
    let mut desk = Desk::new();
    assert_eq!(desk.asks(STALE), "");
    assert_eq!(desk.sent(), ["mg k k s c t R31 pinned"]);
    // Meanwhile the others are served.
    assert_eq!(desk.asks(STALE), "stale");
    assert_eq!(desk.asks(Item::Page(7, 35, "")), "fresh");
    assert_eq!(desk.sent(), [""; 0]);
    desk.op_ends(&state(7, 30, "W"));
    assert_eq!(desk.woken(), [0]);
    assert_eq!(desk.poll(0), "stale with a run");
    assert_eq!(desk.asks(Item::Page(7, 30, "Z")), "stale");
    desk.store();
    assert_eq!(desk.sent(), ["ms k 4 T90 F9 C7 pinned"]);
    desk.op_ends(&stored());
    assert!(desk.leases.is_idle());
    assert_eq!(desk.stats().stale, 3);
}

#[test]
fn what_one_who_asked_is_told() {
    for (told, answer, looks, line) in [
        (state(7, 30, "Z"), "stale", 0, None),
        (state(9, 60, ""), "", 1, None),
        (state(9, 30, "W"), "", 1, Some("md k I C9 pinned")),
        (state(9, 30, "X W"), "", 1, Some("md k I C9 pinned")),
        (Outcome::Reply(Reply::State(None)), "", 1, None),
        (Outcome::Failed(Failure::TimedOut), "stale", 0, None),
        (Outcome::Failed(Failure::Unpinned), "stale", 0, None),
        (
            Outcome::Reply(Reply::ServerError("no".into())),
            "stale",
            0,
            None,
        ),
    ] {
        let mut desk = Desk::new();
        desk.asks(STALE);
        desk.sent();
        desk.op_ends(&told);
        assert_eq!(desk.woken(), [0]);
        assert_eq!(
            (desk.poll(0).as_str(), desk.looks()),
            (answer, looks),
            "{told:?}"
        );
        assert_eq!(desk.sent(), Vec::from_iter(line), "{told:?}");
    }
}

#[test]
fn what_may_not_be_served_is_looked_at_again_if_the_question_is_lost() {
    for failure in [Failure::Lost, Failure::Unpinned] {
        let mut desk = Desk::new();
        desk.page.while_revalidate = 0;
        desk.page.if_error = 0;
        desk.asks(STALE);
        desk.sent();
        desk.op_ends(&Outcome::Failed(failure));
        assert_eq!((desk.poll(0), desk.looks()), (String::new(), 1));
    }
}

#[test]
fn a_lock_that_is_found_in_place_of_the_page_stays() {
    for (letters, line) in [("W", None), ("X W", Some("md k C9 pinned"))] {
        let mut desk = Desk::new();
        desk.asks(STALE);
        desk.sent();
        let Outcome::Reply(Reply::State(Some(mut told))) = state(9, 10, letters) else {
            panic!();
        };
        told.len = 0;
        desk.op_ends(&Outcome::Reply(Reply::State(Some(told))));
        assert_eq!((desk.poll(0), desk.looks()), (String::new(), 1));
        assert_eq!(desk.sent(), Vec::from_iter(line));
    }
}

#[test]
fn one_who_asked_and_left_gives_back_what_it_won() {
    let mut desk = Desk::new();
    desk.asks(STALE);
    desk.sent();
    assert!(!desk.leave(0));
    desk.op_ends(&state(7, 30, "W"));
    assert_eq!(desk.sent(), ["md k I C7 pinned"]);
    desk.op_ends(&status(Status::Deleted));
    assert!(desk.leases.is_idle());
}

#[test]
fn an_item_that_changes_all_the_time_is_not_looked_at_for_ever() {
    let mut desk = Desk::new();
    assert_eq!(desk.asks(STALE), "");
    for _ in 0..3 {
        desk.sent();
        desk.op_ends(&Outcome::Reply(Reply::State(None)));
        assert_eq!(desk.poll(0), "");
        desk.find(STALE);
        assert_eq!(desk.poll(0), "");
    }
    desk.sent();
    desk.op_ends(&Outcome::Reply(Reply::State(None)));
    assert_eq!(desk.poll(0), "alone: Waited");
}

#[test]
fn the_time_for_the_question_ends_with_the_patience() {
    let mut desk = Desk::new();
    desk.rules.lock_wait = core::time::Duration::ZERO;
    desk.ask();
    desk.pass(400);
    desk.find(STALE);
    desk.poll(0);
    let op = desk.leases.poll_op(&mut desk.lookups).unwrap();
    assert_eq!(op.timeout.as_millis(), 100);
}

#[test]
fn how_a_run_ends_that_began_with_a_page() {
    const OLD: Item = Item::Page(7, 20, "W");
    const SERVED: Item = Item::Page(7, 25, "W");
    const EARLY: Item = Item::Page(7, 35, "W");
    for (item, end, line) in [
        // It is there for failures alone.
        (OLD, End::NotStorable, Some("ms k 0 T120 F65537 C7 pinned")),
        (SERVED, End::NotStorable, None),
        (SERVED, End::Error, None),
        (OLD, End::Forbidden, Some("md k C7 pinned")),
        (OLD, End::RequestOnly, Some("md k I C7 pinned")),
        (OLD, End::Error, None),
        (OLD, End::Abandoned, Some("md k I C7 pinned")),
        (EARLY, End::NotStorable, None),
        (EARLY, End::Forbidden, Some("md k C7 pinned")),
        (EARLY, End::RequestOnly, None),
        (EARLY, End::Error, None),
        // The mark would put it out of date.
        (EARLY, End::Abandoned, None),
    ] {
        let mut desk = Desk::new();
        desk.asks(item);
        desk.end(end);
        assert_eq!(desk.sent(), Vec::from_iter(line), "{end:?}");
        if line.is_some() {
            desk.op_ends(&status(Status::Deleted));
        }
        assert!(desk.leases.is_idle());
    }
}

#[test]
fn a_page_that_may_not_be_served_any_more_gives_way_to_a_marker() {
    for (end, line) in [
        (End::NotStorable, "ms k 0 T120 F65537 C7 pinned"),
        (End::Forbidden, "ms k 0 T120 F65537 C7 pinned"),
        (End::RequestOnly, "ms k 0 T10 F65537 C7 pinned"),
        (End::Error, "ms k 0 T10 F65537 C7 pinned"),
        (End::Abandoned, "md k I C7 pinned"),
    ] {
        let mut desk = Desk::new();
        desk.asks(Item::Page(7, 5, "W"));
        desk.pass(5000);
        desk.end(end);
        assert_eq!(desk.sent(), [line], "{end:?}");
        let mut desk = Desk::new();
        desk.page = Page::default();
        desk.asks(Item::Page(7, 5, "X W"));
        desk.end(end);
        assert_eq!(desk.sent(), [line], "{end:?}");
    }
}

#[test]
fn a_failing_backend_is_asked_after_longer_and_longer_pauses() {
    const TAKEN: Item = Item::Page(7, 10_000, "X Z");
    let mut desk = Desk::new();
    assert_eq!(desk.asks(Item::Page(7, 10_000, "X W")), "stale with a run");
    for pause in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        desk.end(End::Error);
        assert_eq!(desk.asks(TAKEN), "stale");
        desk.pass(pause * 1000 - 1);
        assert_eq!(desk.asks(TAKEN), "stale", "{pause}");
        desk.pass(1);
        assert_eq!(desk.asks(TAKEN), "stale with a run", "{pause}");
        assert_eq!(desk.asks(TAKEN), "stale", "one is enough");
    }
    assert_eq!(desk.sent(), [""; 0], "the right is kept");
    desk.store();
    assert_eq!(desk.sent(), ["ms k 4 T90 F9 C7 pinned"]);
    desk.op_ends(&stored());
    assert!(desk.leases.is_idle() && desk.due().is_none());
}

//! Rights that are kept, and pages that others are late with.

use memcached_core::lookup::lease::{Awaited, End};
use memcached_core::protocol::Status;

use crate::desk::{Desk, Item, PAGE, WON, lost, status, stored};

#[test]
fn what_ends_the_keeping_of_a_right() {
    const TAKEN: Item = Item::Page(7, 100, "X Z");
    let held = || {
        let mut desk = Desk::new();
        desk.asks(Item::Page(7, 100, "X W"));
        desk.end(End::Error);
        desk
    };
    let mut desk = held();
    desk.pass(1000);
    assert_eq!(desk.asks(TAKEN), "stale with a run");
    for change in [Desk::changed, Desk::changed_by_neighbour] {
        let mut desk = held();
        change(&mut desk);
        desk.pass(1000);
        assert_eq!(desk.asks(TAKEN), "stale");
    }
    let mut desk = held();
    desk.connection_lost();
    desk.pass(1000);
    assert_eq!(desk.asks(TAKEN), "stale");
    // Another one has taken it over.
    let mut desk = held();
    assert_eq!(desk.asks(Item::Page(8, 100, "X Z")), "stale");
    desk.pass(1000);
    assert_eq!(desk.asks(TAKEN), "stale");
    // The item has come to its end.
    let mut desk = held();
    desk.pass(100_000);
    assert_eq!((desk.due(), desk.asks(TAKEN).as_str()), (None, "stale"));
    // Those who wait are served once the try has failed.
    let mut desk = Desk::new();
    desk.asks(Item::Page(7, 10, "W"));
    desk.asks(Item::Page(7, 10, "Z"));
    desk.end(End::Error);
    assert_eq!(desk.woken(), [1]);
    desk.poll(1);
    desk.find(Item::Page(7, 10, "Z"));
    assert_eq!(desk.poll(1), "stale");
}

#[test]
fn a_page_that_another_makes_anew_may_be_late() {
    const TAKEN: Item = Item::Page(7, 20, "Z");
    let mut desk = Desk::new();
    // The first one waits, for there may be a better page at once.
    assert_eq!(desk.asks(TAKEN), "");
    assert_eq!(desk.waits(0, TAKEN), "stale");
    // Those who come later know that there is none.
    assert_eq!(desk.asks(TAKEN), "stale");
    // The same where this worker makes it.
    let mut desk = Desk::new();
    desk.asks(Item::Page(7, 20, "W"));
    assert_eq!(desk.asks(TAKEN), "");
    // Which it does in time for this one.
    assert_eq!(desk.asks(TAKEN), "");
    assert_eq!(desk.asks(Item::Page(8, 60, "")), "fresh");
    assert_eq!(desk.awaited, None);
    assert_eq!(desk.waits(2, Item::Page(8, 60, "")), "fresh");
    assert_eq!(desk.awaited, Some(Awaited::Stale));
    // And once more.
    let mut desk = Desk::new();
    desk.asks(Item::Page(7, 20, "W"));
    assert_eq!(desk.asks(TAKEN), "");
    desk.pass(500);
    assert_eq!((desk.woken(), desk.poll(1).as_str()), (vec![1], "stale"));
    assert_eq!(desk.asks(TAKEN), "stale");
    // The item cannot be looked at any more.
    let mut desk = Desk::new();
    desk.asks(TAKEN);
    desk.pass(10);
    desk.poll(0);
    desk.look_ends(lost());
    assert_eq!(desk.poll(0), "stale");
}

#[test]
fn a_right_that_is_kept_too_long_is_taken_over() {
    let taken = |left| Item::Page(7, left, "X Z");
    let limit = 30_000 + 2 * 500 + 1000;
    let mut desk = Desk::new();
    assert_eq!(desk.asks(taken(100)), "stale");
    desk.pass(limit - 1);
    assert_eq!(desk.asks(taken(69)), "stale");
    assert_eq!(desk.sent(), [""; 0]);
    desk.pass(1);
    assert_eq!(desk.asks(taken(68)), "stale");
    assert_eq!(desk.sent(), ["md k I C7 pinned"]);
    assert_eq!(desk.asks(taken(68)), "stale");
    assert_eq!(desk.sent(), [""; 0], "once");
    desk.op_ends(&status(Status::Deleted));
    assert_eq!(desk.stats().taken_over, 1);
    assert_eq!(desk.asks(Item::Page(8, 68, "X W")), "stale with a run");
    // Another version is another right.
    let mut desk = Desk::new();
    desk.asks(taken(100));
    desk.pass(limit - 1);
    desk.asks(Item::Page(8, 69, "X Z"));
    desk.pass(1);
    desk.asks(Item::Page(8, 68, "X Z"));
    assert_eq!(desk.sent(), [""; 0]);
    // On another connection nothing is known.
    desk.connection_lost();
    desk.pass(limit - 2);
    desk.asks(Item::Page(8, 37, "X Z"));
    assert_eq!(desk.sent(), [""; 0]);
}

#[test]
fn what_is_remembered_ends_with_the_item() {
    let mut desk = Desk::new();
    desk.page = PAGE;
    desk.asks(Item::Page(7, 25, "Z"));
    assert_eq!(desk.due(), Some(25_000));
    desk.pass(25_000);
    assert_eq!(desk.due(), None);
    assert_eq!(desk.asks(WON), "make with a run");
}

/// Past its window a page is served for failures of the backend alone. Whatever else a
/// backend answers says nothing of that: the next one asks.
#[test]
fn what_was_no_failure_serves_no_page() {
    let old = |left, letters| Item::Page(7, left, letters);
    let mut desk = Desk::new();
    assert_eq!(desk.asks(old(21, "W")), "stale with a run");
    desk.end(End::NotStorable);
    assert_eq!(desk.asks(old(21, "Z")), "stale");
    assert_eq!(desk.asks(old(20, "Z")), "revalidate Some(20) with a run");
    desk.end(End::NotStorable);
    assert_eq!(desk.sent(), ["ms k 0 T120 F65537 C7 pinned"]);
    desk.op_ends(&stored());
    assert!(desk.leases.is_idle());
    // After a failure the pause counts.
    let mut desk = Desk::new();
    assert_eq!(desk.asks(old(21, "W")), "stale with a run");
    desk.end(End::Error);
    assert_eq!(desk.asks(old(20, "Z")), "stale");
    desk.pass(1000);
    assert_eq!(desk.asks(old(19, "Z")), "revalidate Some(19) with a run");
    desk.end(End::Error);
    assert_eq!(desk.asks(old(19, "Z")), "stale");
    assert_eq!(desk.sent(), [""; 0]);
}

/// Nor does somebody who leaves, or whose answer is for himself alone.
#[test]
fn a_page_that_is_released_has_its_windows() {
    for end in [End::RequestOnly, End::Abandoned] {
        let mut desk = Desk::new();
        desk.page.left = Some(20);
        desk.asks(Item::Page(7, 20, "W"));
        desk.end(end);
        assert_eq!(desk.sent(), ["md k I C7 pinned"]);
        desk.op_ends(&status(Status::Deleted));
        let next = desk.asks(Item::Page(8, 20, "X W"));
        assert_eq!(next, "revalidate Some(20) with a run", "{end:?}");
    }
}

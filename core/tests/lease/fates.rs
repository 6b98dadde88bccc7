//! What becomes of pages that are to be stored.

use memcached_core::protocol::{Reply, Status};
use memcached_core::server::Outcome;

use crate::desk::{Desk, Item, TAKEN, WON, lost, status, stored};

/// Answers to a renewal or a store, and what becomes of the page.
fn losses() -> [(Outcome<u32>, [u64; 4]); 4] {
    [
        (status(Status::Exists), [0, 1, 0, 0]),
        (status(Status::NotFound), [0, 1, 0, 0]),
        (status(Status::NotStored), [0, 0, 1, 0]),
        (lost(), [0, 0, 0, 1]),
    ]
}

/// Whoever sends them can tell which ones a log is to know of.
#[test]
fn stores_are_marked() {
    let mut desk = Desk::new();
    desk.asks(WON);
    desk.pass(3334);
    assert_eq!((desk.sent().len(), desk.stores), (1, 0), "a renewal");
    desk.op_ends(&Outcome::Reply(Reply::StoredAs(8)));
    desk.store();
    assert_eq!((desk.sent().len(), desk.stores), (1, 1));
    desk.op_ends(&Outcome::Reply(Reply::ServerError("too large".into())));
    assert_eq!((desk.sent().len(), desk.stores), (1, 1), "a marker");
    desk.op_ends(&stored());
    assert_eq!(desk.fates(), [0, 0, 1, 0]);
    desk.asks(WON);
    desk.store();
    assert_eq!((desk.sent().len(), desk.stores), (1, 2));
    desk.op_ends(&stored());
    assert_eq!(desk.fates(), [1, 0, 1, 0]);
}

#[test]
fn a_renewal_that_fails_loses_the_run() {
    for (outcome, fates) in losses() {
        let mut desk = Desk::new();
        desk.asks(WON);
        desk.asks(TAKEN);
        desk.pass(400);
        desk.pass(3000);
        assert_eq!(desk.sent().len(), 1);
        assert_eq!(desk.woken(), [1]);
        assert_eq!(desk.poll(1), "alone: Waited");
        desk.asks(TAKEN);
        assert!(!desk.leases.is_lost(&desk.runs[0]));
        desk.op_ends(&outcome);
        assert!(desk.leases.is_lost(&desk.runs[0]));
        assert_eq!(desk.woken(), [2], "looks for itself");
        assert_eq!((desk.poll(2), desk.looks()), (String::new(), 1));
        desk.connection_lost();
        desk.store();
        assert_eq!((desk.sent(), desk.fates()), (vec![], fates));
        assert!(desk.leave(2) || desk.leases.is_idle());
    }
}

#[test]
fn a_renewal_that_fails_while_a_store_waits_for_it() {
    for (outcome, fates) in losses() {
        let mut desk = Desk::new();
        desk.asks(WON);
        desk.pass(3334);
        desk.sent();
        desk.asks(TAKEN);
        desk.store();
        desk.op_ends(&outcome);
        assert_eq!((desk.sent(), desk.woken()), (vec![], vec![1]));
        assert_eq!(desk.fates(), fates);
    }
}

#[test]
fn a_store_that_is_refused_lets_the_others_look() {
    for (outcome, fates) in losses() {
        let mut desk = Desk::new();
        desk.asks(WON);
        desk.asks(TAKEN);
        desk.store();
        desk.sent();
        desk.op_ends(&outcome);
        assert_eq!((desk.woken(), desk.fates()), (vec![1], fates));
        assert_eq!((desk.poll(1), desk.sent()), (String::new(), vec![]));
        desk.find(Item::Empty(0, 8, "W"));
        assert_eq!(desk.woken(), [1]);
        assert_eq!(desk.poll(1), "make with a run");
    }
}

#[test]
fn what_memcached_does_not_take_leaves_a_marker() {
    let mut desk = Desk::new();
    desk.asks(WON);
    desk.asks(TAKEN);
    desk.store();
    desk.sent();
    desk.op_ends(&Outcome::Reply(Reply::ServerError("too large".into())));
    assert_eq!(desk.sent(), ["add k 65537 120 0"]);
    assert_eq!(desk.woken(), [0; 0]);
    desk.op_ends(&stored());
    assert_eq!((desk.woken(), desk.fates()), (vec![1], [0, 0, 1, 0]));
}

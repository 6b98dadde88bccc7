//! Which lookups share a request, and what results they get.

use core::task::Poll;
use std::rc::Rc;

use memcached_core::lookup::{
    Begin, Cancel, DriverId, Flight, LookupResult, Refusal, ServerId, Stats, Target, Waiter,
};
use memcached_core::protocol::{FoundValues, Key, Reply};
use memcached_core::server::{Failure, Outcome};

use memcached_core::testing::lookup::{self as testing, Numbered, hit, request_ids, target};
use memcached_core::time::Time;

fn usual() -> Target {
    target(0, 0, 500)
}

fn key(name: &str) -> Key {
    Key::new(name.as_bytes()).unwrap()
}

fn reply(number: u32) -> Outcome<u32> {
    Outcome::Reply(testing::reply(number))
}

fn begin(lookups: &mut Numbered, target: Target, name: &str, waker: u32) -> Waiter<u32, u32> {
    match lookups.begin(Time::default(), target, &key(name), waker) {
        Begin::Pending(waiter) => waiter,
        Begin::Ready(result) => panic!("{result:?}"),
    }
}

/// The only flight that is to be submitted.
fn submit(lookups: &mut Numbered) -> Rc<Flight<u32, u32>> {
    let flight = lookups.poll_submit().expect("a flight to submit");
    assert!(lookups.poll_submit().is_none(), "and no other");
    flight
}

/// Everybody who is woken now.
fn woken(lookups: &mut Numbered) -> Vec<u32> {
    std::iter::from_fn(|| lookups.poll_wake()).collect()
}

#[test]
fn one_answer_for_all_who_asked_meanwhile() {
    let mut lookups = Numbered::default();
    let a = begin(&mut lookups, usual(), "k", 1);
    let flight = submit(&mut lookups);
    assert_eq!((flight.key(), flight.target()), (&key("k"), usual()));
    let b = begin(&mut lookups, usual(), "k", 2);
    assert!(lookups.poll_submit().is_none(), "joined");
    let c = begin(&mut lookups, usual(), "l", 3);
    let other = submit(&mut lookups);
    assert_eq!(lookups.poll(&a), Poll::Pending);
    flight.handle_outcome(reply(77));
    assert_eq!(woken(&mut lookups), [1, 2]);
    // What is answered is not for those who ask later.
    let d = begin(&mut lookups, usual(), "k", 4);
    let later = submit(&mut lookups);
    assert_eq!(lookups.poll(&b), Poll::Ready(hit(77)));
    assert_eq!(lookups.poll(&a), Poll::Ready(hit(77)));
    later.handle_outcome(reply(78));
    assert_eq!(woken(&mut lookups), [4]);
    assert_eq!(lookups.poll(&d), Poll::Ready(hit(78)));
    other.handle_outcome(reply(79));
    assert_eq!(woken(&mut lookups), [3]);
    assert_eq!(lookups.poll(&c), Poll::Ready(hit(79)));
    let expected = Stats {
        begun: 4,
        joined: 1,
        hits: 4,
        ..Stats::default()
    };
    assert_eq!(*lookups.stats(), expected);
}

#[test]
fn a_result_is_given_once() {
    let mut lookups = Numbered::default();
    let a = begin(&mut lookups, usual(), "k", 1);
    let b = begin(&mut lookups, usual(), "k", 2);
    submit(&mut lookups).handle_outcome(reply(7));
    let spent = Poll::Ready(LookupResult::Failed(Failure::Lost));
    for waiter in [a, b] {
        assert_eq!(lookups.poll(&waiter), Poll::Ready(hit(7)));
        assert_eq!(lookups.poll(&waiter), spent);
        assert_eq!(lookups.leave(waiter), None);
    }
    // Who has its result need not be woken.
    assert_eq!(woken(&mut lookups), [0; 0]);
}

#[test]
fn an_answer_that_is_not_given_out_yet_is_not_joined() {
    let mut lookups = Numbered::default();
    let a = begin(&mut lookups, usual(), "k", 1);
    submit(&mut lookups).handle_outcome(reply(7));
    let b = begin(&mut lookups, usual(), "k", 2);
    let newer = submit(&mut lookups);
    assert_eq!(lookups.poll(&a), Poll::Ready(hit(7)));
    let c = begin(&mut lookups, usual(), "k", 3);
    assert!(lookups.poll_submit().is_none(), "joined");
    assert_eq!(woken(&mut lookups), [0; 0], "the older is taken out");
    newer.handle_outcome(reply(8));
    assert_eq!(woken(&mut lookups), [2, 3]);
    for waiter in [b, c] {
        assert_eq!(lookups.poll(&waiter), Poll::Ready(hit(8)));
    }
}

#[test]
fn nobody_joins_what_was_asked_before_a_change() {
    let mut lookups = Numbered::default();
    let a = begin(&mut lookups, usual(), "k", 1);
    let before = submit(&mut lookups);
    lookups.changed(ServerId(0), &key("l"));
    lookups.changed(ServerId(1), &key("k"));
    let b = begin(&mut lookups, usual(), "k", 2);
    assert!(lookups.poll_submit().is_none(), "other keys and servers");
    lookups.changed(ServerId(0), &key("k"));
    let c = begin(&mut lookups, usual(), "k", 3);
    let after = submit(&mut lookups);
    let d = begin(&mut lookups, usual(), "k", 4);
    // The older answer, though later, leaves the newer flight to be joined.
    before.handle_outcome(reply(10));
    assert_eq!(woken(&mut lookups), [1, 2]);
    let last = begin(&mut lookups, usual(), "k", 5);
    after.handle_outcome(reply(11));
    assert_eq!(woken(&mut lookups), [3, 4, 5]);
    for (waiter, expected) in [(a, 10), (b, 10), (c, 11), (d, 11), (last, 11)] {
        assert_eq!(lookups.poll(&waiter), Poll::Ready(hit(expected)));
    }
}

#[test]
fn a_change_concerns_every_driver_of_the_address() {
    let mut lookups = Numbered::default();
    for driver in [0, 1] {
        let asked = target(0, driver, 500);
        begin(&mut lookups, asked, "k", 1);
        let before = submit(&mut lookups);
        lookups.changed(ServerId(0), &key("k"));
        begin(&mut lookups, asked, "k", 2);
        let after = submit(&mut lookups);
        assert!(!Rc::ptr_eq(&before, &after));
    }
}

#[test]
fn other_targets_are_other_requests() {
    let mut lookups = Numbered::default();
    let targets = [
        target(0, 0, 5000),
        target(0, 0, 100),
        target(0, 1, 100),
        target(1, 2, 100),
    ];
    let mut flights = Vec::new();
    for (waker, target) in (1..).zip(targets) {
        begin(&mut lookups, target, "k", waker);
        flights.push(submit(&mut lookups));
    }
    // The newest of one server can be joined.
    begin(&mut lookups, target(0, 1, 100), "k", 5);
    begin(&mut lookups, target(1, 2, 100), "k", 6);
    assert!(lookups.poll_submit().is_none(), "joined");
    for (flight, expected) in flights.into_iter().zip([&[1][..], &[2], &[3, 5], &[4, 6]]) {
        flight.handle_outcome(reply(10));
        assert_eq!(woken(&mut lookups), expected);
    }
}

#[test]
fn only_the_last_who_leaves_cancels() {
    let id = request_ids(1)[0];
    let mut lookups = Numbered::default();
    let a = begin(&mut lookups, target(3, 4, 500), "k", 1);
    let flight = submit(&mut lookups);
    flight.submitted(id);
    let b = begin(&mut lookups, target(3, 4, 500), "k", 2);
    assert_eq!(lookups.leave(a), None);
    let c = begin(&mut lookups, target(3, 4, 500), "k", 3);
    assert_eq!(lookups.leave(c), None);
    let cancel = Cancel {
        driver: DriverId(4),
        request: id,
    };
    assert_eq!(lookups.leave(b), Some(cancel));
    // Nobody joins what is cancelled, and its outcome wakes nobody.
    begin(&mut lookups, target(3, 4, 500), "k", 4);
    let next = submit(&mut lookups);
    assert!(!Rc::ptr_eq(&flight, &next));
    flight.handle_outcome(Outcome::Failed(Failure::Lost));
    assert_eq!(woken(&mut lookups), [0; 0]);
}

#[test]
fn who_leaves_with_the_answer_there_cancels_nothing() {
    let id = request_ids(1)[0];
    let mut lookups = Numbered::default();
    let a = begin(&mut lookups, usual(), "k", 1);
    let flight = submit(&mut lookups);
    flight.submitted(id);
    let b = begin(&mut lookups, usual(), "k", 2);
    flight.handle_outcome(reply(10));
    assert_eq!(lookups.leave(a), None);
    assert_eq!(woken(&mut lookups), [2]);
    assert_eq!(lookups.poll(&b), Poll::Ready(hit(10)));
    assert_eq!(lookups.leave(b), None);
}

#[test]
fn who_leaves_before_the_request_is_submitted_saves_it() {
    let mut lookups = Numbered::default();
    let waiter = begin(&mut lookups, usual(), "k", 1);
    assert_eq!(lookups.leave(waiter), None, "there is nothing to cancel");
    assert!(lookups.poll_submit().is_none());
}

#[test]
fn a_refused_request_is_a_failure_at_once() {
    let mut lookups = Numbered::default();
    let waiter = begin(&mut lookups, usual(), "k", 1);
    let flight = submit(&mut lookups);
    flight.handle_outcome(Outcome::Failed(Failure::Down));
    let expected = Poll::Ready(LookupResult::Failed(Failure::Down));
    assert_eq!(lookups.poll(&waiter), expected);
    assert_eq!(woken(&mut lookups), [0; 0]);
}

#[test]
fn only_the_first_outcome_counts() {
    let mut lookups = Numbered::default();
    let waiter = begin(&mut lookups, usual(), "k", 1);
    let flight = submit(&mut lookups);
    Rc::clone(&flight).handle_outcome(reply(1));
    flight.handle_outcome(reply(2));
    assert_eq!(woken(&mut lookups), [1]);
    assert_eq!(lookups.poll(&waiter), Poll::Ready(hit(1)));
}

#[test]
fn what_replies_mean() {
    let mut lookups = Numbered::default();
    let refused = Reply::ServerError("busy".into());
    let cases = [
        (reply(1), hit(1)),
        (
            Outcome::Reply(Reply::Values(FoundValues::new())),
            LookupResult::Miss,
        ),
        (Outcome::Reply(refused), LookupResult::Miss),
        (
            Outcome::Failed(Failure::TimedOut),
            LookupResult::Failed(Failure::TimedOut),
        ),
    ];
    for (outcome, expected) in cases {
        let waiter = begin(&mut lookups, usual(), "k", 1);
        submit(&mut lookups).handle_outcome(outcome);
        assert_eq!(lookups.poll(&waiter), Poll::Ready(expected));
    }
    let refusal = Refusal {
        driver: DriverId(0),
        text: "busy".into(),
    };
    assert_eq!(lookups.poll_refusal(), Some(refusal));
    assert_eq!(lookups.poll_refusal(), None);
    let expected = Stats {
        begun: 4,
        joined: 0,
        hits: 1,
        misses: 2,
        failures: 1,
    };
    assert_eq!(*lookups.stats(), expected);
}

/// A flight that is over is used for another, and nothing of it is left.
#[test]
fn flights_are_used_again() {
    let id = request_ids(1)[0];
    let mut lookups = Numbered::default();
    let mut places = Vec::new();
    for round in 0..3 {
        let name = format!("k{round}");
        let target = target(round, round, 500);
        let waiters = [0, 1, 2].map(|waker| begin(&mut lookups, target, &name, waker));
        let flight = submit(&mut lookups);
        assert_eq!((flight.key(), flight.target()), (&key(&name), target));
        flight.submitted(id);
        places.push(Rc::as_ptr(&flight));
        flight.handle_outcome(reply(round));
        assert_eq!(woken(&mut lookups), [0, 1, 2]);
        for waiter in waiters {
            assert_eq!(lookups.poll(&waiter), Poll::Ready(hit(round)));
            assert_eq!(lookups.leave(waiter), None);
        }
        assert!(lookups.is_idle());
    }
    assert_eq!(places[1..], [places[0]; 2]);
    // It had the name of a request; now it has none.
    let waiter = begin(&mut lookups, usual(), "k", 1);
    assert_eq!(lookups.leave(waiter), None);
}

#[test]
fn nothing_is_begun_after_the_end() {
    let mut lookups = Numbered::default();
    let waiter = begin(&mut lookups, usual(), "k", 1);
    let flight = submit(&mut lookups);
    lookups.close();
    match lookups.begin(Time::default(), usual(), &key("k"), 2) {
        Begin::Ready(result) => assert_eq!(result, LookupResult::Failed(Failure::Shutdown)),
        Begin::Pending(waiter) => panic!("{waiter:?}"),
    }
    flight.handle_outcome(reply(1));
    assert_eq!(woken(&mut lookups), [1]);
    assert_eq!(lookups.poll(&waiter), Poll::Ready(hit(1)));
}

#[test]
fn outcomes_may_come_when_the_lookups_are_gone() {
    let mut lookups = Numbered::default();
    let waiter = begin(&mut lookups, usual(), "k", 1);
    let flight = submit(&mut lookups);
    let weak = Rc::downgrade(&flight);
    drop(lookups);
    flight.handle_outcome(reply(1));
    drop(waiter);
    assert!(weak.upgrade().is_none());
}

//! The right to make an item, which one of those who ask for it together gets.

use core::task::Poll;

use memcached_core::lookup::{Asks, Begin, DriverId, LookupResult, Target, Waiter};
use memcached_core::protocol::{Found, Key, Marks, Pieces, Reply, Value};
use memcached_core::server::{Outcome, Unclaimed};
use memcached_core::testing::lookup::{Numbered, target};
use memcached_core::time::Time;

fn key() -> Key {
    Key::new(b"k").unwrap()
}

fn begin(lookups: &mut Numbered, waker: u32) -> Waiter<u32, u32> {
    begin_asking(lookups, waker, Asks::Lock(10))
}

fn begin_asking(lookups: &mut Numbered, waker: u32, asks: Asks) -> Waiter<u32, u32> {
    let target = Target {
        asks,
        ..target(0, 3, 500)
    };
    match lookups.begin(Time::default(), target, &key(), waker) {
        Begin::Pending(waiter) => waiter,
        Begin::Ready(result) => panic!("{result:?}"),
    }
}

fn marks(won: bool) -> Marks {
    Marks {
        version: 5,
        won,
        taken: !won,
        ..Marks::default()
    }
}

/// The reply of a server that has made an empty item, or has one.
fn reply(won: bool) -> Outcome<u32> {
    let value = Value {
        flags: 0,
        marks: Some(Box::new(marks(won))),
        len: 0,
        pieces: Pieces::default(),
    };
    Outcome::Reply(Reply::Values(
        [(0, Found::Value(value))].into_iter().collect(),
    ))
}

/// Whether the result says that who asked has won.
fn has_won(lookups: &mut Numbered, waiter: &Waiter<u32, u32>) -> bool {
    let Poll::Ready(LookupResult::Hit(value)) = lookups.poll(waiter) else {
        panic!("no value");
    };
    let found = *value.marks.unwrap();
    assert_eq!(found, marks(found.won));
    found.won
}

#[test]
fn one_of_those_who_wait_gets_it() {
    let mut lookups = Numbered::default();
    let [a, b, c] = [1, 2, 3].map(|waker| begin(&mut lookups, waker));
    let flight = lookups.poll_submit().unwrap();
    flight.handle_outcome(reply(true));
    // Who leaves has not had it.
    assert_eq!(lookups.leave(a), None);
    assert!(has_won(&mut lookups, &c));
    assert!(!has_won(&mut lookups, &b));
    assert_eq!([b, c].map(|waiter| lookups.leave(waiter)), [None, None]);
    assert_eq!(lookups.poll_unclaimed(), None);
}

#[test]
fn what_nobody_gets_is_given_back() {
    let given_back = Unclaimed {
        key: key(),
        marks: marks(true),
        is_empty: true,
    };
    for (won, leaves_before) in [(true, false), (true, true), (false, false), (false, true)] {
        let mut lookups = Numbered::default();
        let [a, b] = [1, 2].map(|waker| begin(&mut lookups, waker));
        let flight = lookups.poll_submit().unwrap();
        if leaves_before {
            // The reply has come already, and so is not kept from coming here.
            assert_eq!([a, b].map(|waiter| lookups.leave(waiter)), [None, None]);
            flight.handle_outcome(reply(won));
        } else {
            flight.handle_outcome(reply(won));
            assert_eq!([a, b].map(|waiter| lookups.leave(waiter)), [None, None]);
        }
        let expected = won.then(|| (DriverId(3), given_back.clone()));
        assert_eq!(lookups.poll_unclaimed(), expected);
        assert_eq!(lookups.poll_unclaimed(), None);
    }
}

/// Who asks how long an item lives does not make it.
#[test]
fn who_wants_no_right_gives_it_back_at_once() {
    for won in [true, false] {
        let mut lookups = Numbered::default();
        let [a, b] = [1, 2].map(|waker| begin_asking(&mut lookups, waker, Asks::Life));
        let flight = lookups.poll_submit().unwrap();
        flight.handle_outcome(reply(won));
        let unclaimed = Unclaimed {
            key: key(),
            marks: marks(true),
            is_empty: true,
        };
        let expected = won.then_some((DriverId(3), unclaimed));
        assert_eq!(lookups.poll_unclaimed(), expected);
        for waiter in [a, b] {
            let Poll::Ready(LookupResult::Hit(value)) = lookups.poll(&waiter) else {
                panic!("no value");
            };
            assert_eq!(*value.marks.unwrap(), marks(false));
            assert_eq!(lookups.leave(waiter), None);
        }
        assert_eq!(lookups.poll_unclaimed(), None);
    }
}

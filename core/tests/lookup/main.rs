//! Lookups that share requests: tables, and a naive twin that random steps are
//! checked against.

mod flights;
mod twin;

use core::time::Duration;
use std::rc::Rc;

use memcached_core::lookup::{
    Begin, DriverId, Flight, LookupResult, Lookups, ServerId, Target, Waiter,
};
use memcached_core::pool::{DEFAULT_SPEC, DEFAULT_TIMEOUT};
use memcached_core::protocol::{Key, Pieces, Reply, Retrieve, Value};
use memcached_core::server::{Limits, Outcome, RequestId, Server, Types};
use memcached_core::time::Time;

/// A waker is a number, and so is what a value says.
type Numbered = Lookups<u32, u32>;

fn key(name: &str) -> Key {
    Key::new(name.as_bytes()).unwrap()
}

/// A target that differs from others in its address alone, its driver or its
/// time-out.
fn target(server: u32, driver: u32, timeout_ms: u64) -> Target {
    Target {
        server: ServerId(server),
        driver: DriverId(driver),
        timeout: Duration::from_millis(timeout_ms),
    }
}

fn usual() -> Target {
    target(0, 0, 500)
}

/// A reply whose value is a number.
fn value(number: u32) -> Value<u32> {
    let mut pieces = Pieces::default();
    pieces.push(number);
    Value {
        flags: 0,
        cas: None,
        len: 1,
        pieces,
    }
}

fn reply(number: u32) -> Outcome<u32> {
    Outcome::Reply(Reply::Values([(0, value(number))].into_iter().collect()))
}

fn hit(number: u32) -> LookupResult<u32> {
    LookupResult::Hit(value(number))
}

fn begin(lookups: &mut Numbered, target: Target, name: &str, waker: u32) -> Waiter<u32, u32> {
    match lookups.begin(target, &key(name), waker) {
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

#[derive(Debug)]
enum Unit {}

impl Types for Unit {
    type Token = ();
    type Piece = Vec<u8>;
    type Data = Vec<u8>;
}

/// Names of requests, as a server gives them.
fn request_ids(count: usize) -> Vec<RequestId> {
    let mut server = Server::<Unit>::new(DEFAULT_SPEC, Limits::default());
    let submit = |_| {
        let command = Retrieve::one(key("k")).into();
        server.submit(Time::default(), command, DEFAULT_TIMEOUT, ())
    };
    (0..count).map(submit).collect::<Result<_, _>>().unwrap()
}

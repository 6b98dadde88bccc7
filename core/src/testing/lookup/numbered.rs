//! Lookups with numbers for all that their user brings along.

use core::time::Duration;

use crate::lookup::{Asks, DriverId, LookupResult, Lookups, ServerId, Target};
use crate::pool::{DEFAULT_SPEC, DEFAULT_TIMEOUT};
use crate::protocol::limits::VALUE_MAX;
use crate::protocol::{Found, Key, Pieces, Reply, Retrieve, Value};
use crate::server::{Limits, RequestId, Server, Types};
use crate::time::Time;

/// A waker is a number, and so is what a value says.
pub type Numbered = Lookups<u32, u32>;

/// A target; the time-out is in milliseconds.
#[must_use]
pub const fn target(server: u32, driver: u32, timeout: u64) -> Target {
    Target {
        server: ServerId(server),
        driver: DriverId(driver),
        timeout: Duration::from_millis(timeout),
        max_value: VALUE_MAX,
        asks: Asks::Value,
    }
}

/// A value that says a number.
#[must_use]
fn value(number: u32) -> Value<u32> {
    let mut pieces = Pieces::default();
    pieces.push(number);
    Value {
        flags: 0,
        marks: None,
        len: 1,
        pieces,
    }
}

/// The reply that has such a value.
#[must_use]
pub fn reply(number: u32) -> Reply<u32> {
    let found = Found::Value(value(number));
    Reply::Values([(0, found)].into_iter().collect())
}

/// The result that is such a value.
#[must_use]
pub fn hit(number: u32) -> LookupResult<u32> {
    LookupResult::Hit(value(number))
}

#[derive(Debug)]
enum Unit {}

impl Types for Unit {
    type Token = ();
    type Piece = ();
    type Data = Vec<u8>;
}

/// Names of requests, as a server gives them.
///
/// # Panics
/// There are more than a server accepts at one time.
#[must_use]
pub fn request_ids(count: usize) -> Vec<RequestId> {
    let mut server = Server::<Unit>::new(&DEFAULT_SPEC, Limits::default());
    let submit = |_| {
        let command = Retrieve::one(Key::hashing(b"k")).into();
        let submitted = server.submit(Time::default(), command, DEFAULT_TIMEOUT, ());
        submitted.expect("not too many")
    };
    (0..count).map(submit).collect()
}

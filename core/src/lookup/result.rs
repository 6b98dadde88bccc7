//! What a lookup came to.

use crate::protocol::{Found, Reply, Value};
use crate::server::{Failure, Outcome};

/// What a lookup came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupResult<P> {
    /// The item's value.
    Hit(Value<P>),
    /// There is no such item, or memcached refused with words of its own.
    Miss,
    /// There is an item, but its value is longer than was asked for; its length
    /// in bytes.
    TooLarge(u64),
    /// memcached could not be asked.
    Failed(Failure),
}

impl<P> LookupResult<P> {
    /// What the outcome of the request for one key means, and the words with
    /// which the server refused, if it did.
    pub(super) fn classify(outcome: Outcome<P>) -> (Self, Option<Box<str>>) {
        match outcome {
            Outcome::Reply(Reply::Values(mut values)) => match values.pop() {
                Some((_, Found::Value(value))) => (Self::Hit(value), None),
                Some((_, Found::TooLarge { len, .. })) => (Self::TooLarge(len), None),
                None => (Self::Miss, None),
            },
            Outcome::Reply(Reply::ServerError(text)) => (Self::Miss, Some(text)),
            // No reply to a `get`, and so never read as one.
            Outcome::Reply(
                Reply::Status(_)
                | Reply::Number(_)
                | Reply::NotCountable(_)
                | Reply::Version(_)
                | Reply::StoredAs(_)
                | Reply::State(_)
                | Reply::MetaNoop,
            ) => (Self::Miss, None),
            Outcome::Failed(failure) => (Self::Failed(failure), None),
        }
    }
}

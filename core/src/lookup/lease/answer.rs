//! What a request is to do.

use super::run::Run;
use crate::protocol::Value;
use crate::server::Failure;
use crate::time::Time;

/// What a request is to do.
#[derive(Debug)]
pub enum Answer<P> {
    /// Serve the page.
    Fresh(Value<P>),
    /// Serve the page, which is out of date, or soon will be.
    Stale {
        /// The page.
        page: Value<P>,
        /// It is not out of date yet.
        is_fresh: bool,
        /// If there is one: make the page anew in the background.
        refresh: Option<Run>,
    },
    /// Make the page anew while the client waits.
    Revalidate {
        /// The page that there is, for its validators.
        page: Value<P>,
        /// Until when it may be served if it cannot be made anew.
        or_serve: Option<Time>,
        /// The right to do so.
        run: Run,
    },
    /// Make the page, and store it.
    Make(Run),
    /// Make the answer. Others do so too, for it could not be stored when it was
    /// made last. If it can be stored now, the run stores it.
    Uncacheable(Run),
    /// Make the answer, and do not store it.
    Alone(Why),
}

/// Why an answer is made that is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Another one makes the page, and has not done so within
    /// [`lock_wait`](super::Rules::lock_wait).
    Waited,
    /// The value is longer than was asked for; its length in bytes.
    TooLarge(u64),
    /// memcached refused with words of its own.
    Refused,
    /// memcached could not be asked.
    Failed(Failure),
}

//! What became of responses that were to be stored.

use std::cell::Cell;
use std::rc::Rc;

use memcached_core::protocol::{Reply, Status};
use memcached_core::server::Outcome;

use super::completion::Complete;
use super::driver::ServerLog;
use crate::host::BufferSlice;

/// How many responses came to which end, on one worker.
#[derive(Debug, Default)]
pub(crate) struct StoreCounts {
    /// Handed over to be stored.
    pub(super) queued: Cell<u64>,
    /// Stored, said memcached.
    pub(super) stored: Cell<u64>,
    /// Not stored, said memcached.
    pub(super) refused: Cell<u64>,
    /// Without an answer.
    pub(super) failed: Cell<u64>,
    /// Not handed over.
    pub(super) not_stored: Cell<u64>,
}

impl StoreCounts {
    /// A response was not handed over.
    pub(crate) fn not_stored(&self) {
        increment(&self.not_stored);
    }

    pub(super) fn queued(&self) {
        increment(&self.queued);
    }
}

fn increment(count: &Cell<u64>) {
    count.set(count.get() + 1);
}

/// Completes the request that stores a response, for which nobody waits.
pub(super) struct Storing {
    pub(super) log: Rc<ServerLog>,
    pub(super) counts: Rc<StoreCounts>,
}

impl Complete for Storing {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        let refused = |why: &str| {
            increment(&self.counts.refused);
            self.log.trouble(|| format!("not stored: {why}"));
        };
        match outcome {
            Outcome::Reply(Reply::Status(Status::Stored)) => increment(&self.counts.stored),
            Outcome::Reply(Reply::ServerError(text)) => refused(&text),
            Outcome::Reply(_) => refused("NOT_STORED"),
            Outcome::Failed(_) => increment(&self.counts.failed),
        }
    }
}

//! What became of responses that were to be stored.

use std::rc::Rc;

use memcached_core::protocol::{Reply, Status};
use memcached_core::server::Outcome;

use super::completion::Complete;
use super::counters::{StoreCounts, increment};
use super::driver::ServerLog;
use crate::host::BufferSlice;

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

//! What became of responses that were to be stored, with a run or without.

use std::rc::Rc;

use memcached_core::protocol::{Reply, Status};
use memcached_core::server::{Failure, Outcome};

use super::completion::Complete;
use super::counters::{StoreCounts, increment};
use super::driver::ServerLog;
use super::near::Change;
use crate::host::BufferSlice;

/// Completes the request that stores a response, for which nobody waits.
pub(super) struct Storing {
    pub(super) log: Rc<ServerLog>,
    pub(super) counts: Rc<StoreCounts>,
    pub(super) change: Change,
}

impl Complete for Storing {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        self.change.answered();
        match &outcome {
            Outcome::Reply(Reply::Status(Status::Stored)) => increment(&self.counts.stored),
            Outcome::Reply(_) => increment(&self.counts.refused),
            Outcome::Failed(_) => increment(&self.counts.failed),
        }
        log_refusal(&self.log, &outcome);
    }
}

/// Logs with which words a server refused to store something, if it did. That an item
/// was purged or is made by another one is none.
pub(super) fn log_refusal(log: &ServerLog, outcome: &Outcome<BufferSlice>) {
    let why = match outcome {
        Outcome::Reply(Reply::Status(Status::Stored | Status::Exists | Status::NotFound))
        | Outcome::Failed(_) => return,
        Outcome::Reply(Reply::ServerError(text)) => text,
        Outcome::Reply(_) => "NOT_STORED",
    };
    log.trouble(|| format!("not stored: {why}"));
}

/// Logs why something could not be handed over to be stored, if nothing else does.
pub(super) fn log_dropped(log: &ServerLog, failure: Failure) {
    if failure == Failure::QueueFull {
        log.trouble(|| "too much to store is waiting, stores are dropped".into());
    }
}

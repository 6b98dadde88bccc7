//! What was counted.

use crate::protocol::{Reply, Status};
use crate::server::Outcome;

/// Sums since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Runs that were given out to make a page which nobody else makes meanwhile.
    pub won: u64,
    /// Requests that waited for another one.
    pub waited: u64,
    /// Those among them that waited in vain.
    pub waited_in_vain: u64,
    /// Pages that were served although they were out of date.
    pub stale: u64,
    /// Pages that runs gave back to be stored. Each is one of the next four, once the
    /// server has answered.
    pub stores: u64,
    /// Those that the server has stored.
    pub stored: u64,
    /// Those that came too late: the item was purged, or another one makes it.
    pub overtaken: u64,
    /// Those that the server refused for reasons of its own.
    pub refused: u64,
    /// Those that the server could not be given, or of which it said nothing.
    pub failed: u64,
    /// Runs of others that were ended because they took too long.
    pub taken_over: u64,
}

/// What becomes of a page that is to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stored,
    Overtaken,
    Refused,
    Failed,
}

impl Fate {
    /// What an answer to its store means for it.
    pub(super) fn of<P>(outcome: &Outcome<P>) -> Self {
        match outcome {
            Outcome::Reply(Reply::Status(Status::Stored) | Reply::StoredAs(_)) => Self::Stored,
            Outcome::Reply(Reply::Status(Status::Exists | Status::NotFound)) => Self::Overtaken,
            Outcome::Reply(_) => Self::Refused,
            Outcome::Failed(_) => Self::Failed,
        }
    }

    /// What an answer to a renewal means for it that gave no new right.
    pub(super) fn without_right<P>(outcome: &Outcome<P>) -> Self {
        match Self::of(outcome) {
            Self::Stored => Self::Failed,
            fate => fate,
        }
    }
}

impl Stats {
    /// It is known what has become of a page that was to be stored.
    pub(super) fn count(&mut self, fate: Fate) {
        let count = match fate {
            Fate::Stored => &mut self.stored,
            Fate::Overtaken => &mut self.overtaken,
            Fate::Refused => &mut self.refused,
            Fate::Failed => &mut self.failed,
        };
        *count += 1;
    }
}

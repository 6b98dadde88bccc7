//! What was counted, for whoever publishes it.

use core::ops::{Index, IndexMut};

use super::error::Failure;
use crate::protocol::{Reply, ReplyForm};

/// Counters of one server since it was made. Plain integers: the server belongs
/// to one thread, which copies them to where others can read.
///
/// Of the requests accepted, each is a reply, a failure, cancelled, or not
/// complete yet: `requests = replies + failed + cancelled + pending`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests accepted.
    pub requests: u64,
    /// Requests refused at once, by reason.
    pub refused: FailureCounts,
    /// Accepted requests that failed, by reason.
    pub failed: FailureCounts,
    /// Accepted requests that were cancelled before they were complete.
    pub cancelled: u64,
    /// Accepted requests that got a reply.
    pub replies: u64,
    /// Keys that were asked for and had an item.
    pub hits: u64,
    /// Keys that were asked for and had none, according to the server.
    pub misses: u64,
    /// Replies of `SERVER_ERROR`, one per command.
    pub server_errors: u64,
    /// Commands sent. With requests sent together fewer than the requests, with
    /// those sent once more after a lost connection more.
    pub commands: u64,
    /// Attempts to connect.
    pub connects: u64,
    /// Connections that ended badly, or could not be made.
    pub faults: u64,
    /// Bytes received.
    pub bytes_read: u64,
    /// Bytes that the operating system took.
    pub bytes_written: u64,
}

impl Stats {
    /// A reply came, of the form that was expected.
    pub(super) fn count_reply<P>(&mut self, reply: &Reply<P>, form: ReplyForm<'_>) {
        match reply {
            Reply::Values(values) => {
                let keys = match form {
                    ReplyForm::Values { keys, .. } => keys.count(),
                    ReplyForm::Status(_) | ReplyForm::Number => 0,
                };
                self.hits += values.len() as u64;
                self.misses += keys.saturating_sub(values.len()) as u64;
            }
            Reply::ServerError(_) => self.server_errors += 1,
            Reply::Status(_) | Reply::Number(_) | Reply::NotCountable(_) => {}
        }
    }
}

/// A counter for each [`Failure`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureCounts([u64; Failure::COUNT]);

impl FailureCounts {
    /// All of them together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl Index<Failure> for FailureCounts {
    type Output = u64;

    fn index(&self, failure: Failure) -> &u64 {
        &self.0[failure as usize]
    }
}

impl IndexMut<Failure> for FailureCounts {
    fn index_mut(&mut self, failure: Failure) -> &mut u64 {
        &mut self.0[failure as usize]
    }
}

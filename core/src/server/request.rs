//! A request on its way: who waits for it, and the command that it is a part of.

use core::ops::Range;
use core::time::Duration;

use smallvec::SmallVec;

use super::event::Types;
use crate::protocol::Command;
use crate::time::Time;

/// Who waits for a reply, and until when.
#[derive(Debug)]
pub(super) struct Request<K> {
    /// Its number among all requests to the server.
    pub(super) serial: u64,
    /// Empty once the outcome is out or the request was cancelled.
    pub(super) token: Option<K>,
    /// From being queued on an open connection, or from the connection being
    /// made, to the reply.
    pub(super) timeout: Duration,
    /// `None` while it waits for its first connection.
    pub(super) deadline: Option<Time>,
    /// Was sent on a connection that died; it is not sent a third time.
    pub(super) resent: bool,
}

impl<K> Request<K> {
    /// Moves the request out and leaves one that nobody waits for.
    pub(super) const fn take(&mut self) -> Self {
        Self {
            token: self.token.take(),
            ..*self
        }
    }

    pub(super) fn is_overdue(&self, now: Time) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

/// A request that is not sent yet.
#[derive(Debug)]
pub(super) struct Queued<T: Types> {
    pub(super) command: Command<T::Data>,
    pub(super) request: Request<T::Token>,
}

/// A command that is encoded, at least, and has no whole reply.
#[derive(Debug)]
pub(super) struct Sent<T: Types> {
    pub(super) command: Command<T::Data>,
    /// Those that it answers: one, or one for each of its keys.
    pub(super) requests: SmallVec<[Request<T::Token>; 1]>,
    /// Its bytes in the connection's stream.
    pub(super) wire: Range<u64>,
    /// The server answered before it had read all of the command.
    pub(super) answered: bool,
}

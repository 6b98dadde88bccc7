//! A request on its way: who waits for it, and the command that it is a part of.

use core::ops::Range;
use core::time::Duration;

use smallvec::SmallVec;

use super::event::Types;
use crate::protocol::Command;
use crate::time::Time;

/// Connections that a request may be the end of before it is given up.
pub(super) const KILLS_MAX: u8 = 2;

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
    /// When that time began; `None` while it waits for its first connection.
    pub(super) since: Option<Time>,
    /// Connections that ended while this was the oldest request without a reply.
    /// One that did so is sent alone, to see whether it was the reason.
    pub(super) kills: u8,
    /// It is not sent together with others any more.
    pub(super) single: bool,
    /// It is not sent on another connection than the one that it was queued on.
    pub(super) pinned: bool,
}

impl<K> Request<K> {
    /// Moves the request out and leaves one that nobody waits for.
    pub(super) const fn take(&mut self) -> Self {
        Self {
            token: self.token.take(),
            ..*self
        }
    }

    /// When its time is over, if that has begun and somebody waits.
    pub(super) fn deadline(&self) -> Option<Time> {
        let since = self.since.filter(|_| self.token.is_some());
        since.map(|since| since + self.timeout)
    }

    pub(super) fn is_overdue(&self, now: Time) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= now)
    }

    /// Whether a connection ended while it was the oldest.
    pub(super) const fn is_suspect(&self) -> bool {
        self.kills > 0
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
    /// Those that it answers: one, one for each of its keys, or none if the
    /// connection itself asks.
    pub(super) requests: SmallVec<[Request<T::Token>; 1]>,
    /// The number of its first request; that of the command before it if it has
    /// none.
    pub(super) serial: u64,
    /// From when on its reply is waited for.
    pub(super) since: Time,
    /// Its bytes in the connection's stream.
    pub(super) wire: Range<u64>,
    /// The server answered before it had read all of the command.
    pub(super) answered: bool,
}

impl<T: Types> Sent<T> {
    /// Whether it has to be the only one on its way.
    pub(super) fn is_suspect(&self) -> bool {
        self.requests.iter().any(Request::is_suspect)
    }

    /// Whether it was for somebody, and nobody waits for its reply any more.
    pub(super) fn is_abandoned(&self) -> bool {
        !self.requests.is_empty() && self.requests.iter().all(|r| r.token.is_none())
    }

    /// The longest time that somebody waits for its reply.
    pub(super) fn patience(&self) -> Duration {
        let live = self.requests.iter().filter(|r| r.token.is_some());
        live.map(|r| r.timeout).max().unwrap_or_default()
    }
}

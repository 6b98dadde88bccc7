//! A request as it waits in a connection's queue, and its identity.

use core::ops::Range;
use core::time::Duration;
use std::collections::VecDeque;

use super::time::Time;
use crate::protocol::Command;

/// How long one request may take; each comes from its action's options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From being sent, or from being queued on an open connection, to the answer.
    pub timeout: Duration,
    /// How long the request waits for a connection that is being made.
    pub connect_timeout: Duration,
    /// How soon a failed server may be tried again.
    pub retry: Duration,
}

/// Names an accepted request, to cancel it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId {
    pub(super) lane: u8,
    pub(super) serial: u64,
}

/// Requests in the order of their serials.
pub(super) type Queue<T, D> = VecDeque<Entry<T, D>>;

#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, no states"
)]
/// A request in the queue. `token` is empty once the asker has its outcome or
/// has cancelled.
#[derive(Debug)]
pub(super) struct Entry<T, D> {
    pub serial: u64,
    pub command: Command<D>,
    pub token: Option<T>,
    pub timing: Timing,
    pub deadline: Time,
    /// Still under its time for connecting; the time for the answer begins
    /// when the connection stands.
    pub awaits_connection: bool,
    /// Where in the connection's stream it stands, once it is encoded.
    pub wire: Range<u64>,
    /// How many requests are sent as one command with this one, if it is the
    /// first of them.
    pub together: usize,
    /// Was on a connection that died; it is not sent a third time.
    pub resent: bool,
    /// The server answered before it had read all of the request.
    pub answered: bool,
    /// Tries a server that is down.
    pub probe: bool,
}

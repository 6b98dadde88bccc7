//! What passes between a server and its driver.

use core::time::Duration;

use super::connection_id::ConnectionId;
use super::error::{Failure, Fault};
use super::slowness::Slow;
use crate::protocol::{Command, Data, Key, Lane, Marks, MetaDelete, Pin, Reply};

/// The types that a driver brings along.
pub trait Types {
    /// Given with a request, given back with its outcome.
    type Token;
    /// A part of a value that was read.
    type Piece;
    /// A value to store.
    type Data: Data;
}

/// Names an accepted request, to cancel it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId {
    pub(super) lane: Lane,
    pub(super) serial: u64,
}

/// A request that was not accepted; all that was given with it comes back.
#[derive(Debug)]
pub struct Refused<T: Types> {
    /// What was to be sent.
    pub command: Command<T::Data>,
    /// What would have come with the outcome.
    pub token: T::Token,
    /// Why.
    pub failure: Failure,
}

/// The result of a request. Every accepted request has exactly one, unless it
/// was cancelled.
#[derive(Debug)]
pub enum Outcome<P> {
    /// The server answered; "not found" and `SERVER_ERROR` are replies too.
    Reply(Reply<P>),
    /// There is no reply and there will be none.
    Failed(Failure),
}

/// Something that the driver has to know of.
#[derive(Debug)]
pub enum Event<T: Types> {
    /// A request is complete.
    Done {
        /// What was given with it.
        token: T::Token,
        /// Its result.
        outcome: Outcome<T::Piece>,
    },
    /// A connection ended badly, or could not be made.
    Fault {
        /// Which connection.
        id: ConnectionId,
        /// What happened.
        fault: Fault,
        /// With this failure the server began to count as down.
        now_down: bool,
    },
    /// A connection is over, well or badly, and so are versions that were read there.
    Ended(Pin),
    /// A lookup that nobody waits for any more has won the right to make an item.
    /// Nobody else wins it until that is given back.
    Unclaimed(Unclaimed),
    /// The first good reply after failures.
    Recovered {
        /// Time since the first of them.
        failing_for: Duration,
    },
    /// It answers in time, but slowly; comes once a minute at most.
    Slow(Slow),
}

/// A right to make an item that was won by one who does not wait any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclaimed {
    /// The item's key.
    pub key: Key,
    /// What the server said of the item.
    pub marks: Marks,
    /// Whether the item has no bytes.
    pub is_empty: bool,
}

impl Unclaimed {
    /// Gives the right back; to be sent on the connection that the marks name. An
    /// item without bytes stands for the right alone, any other stays as it is.
    #[must_use]
    pub fn release(&self) -> MetaDelete {
        MetaDelete {
            key: self.key.clone(),
            version: Some(self.marks.version),
            invalidate: !self.is_empty,
            ttl: None,
        }
    }
}

/// What the driver has to do with the socket of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make a connection; answer with `handle_connected` or `handle_error`.
    Connect,
    /// Close the socket, if there is one. Bytes that it still delivers must not
    /// be handed in.
    Close,
}

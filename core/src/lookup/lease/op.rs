//! What is to be sent to servers.

use core::time::Duration;

use crate::lookup::coalesce::{DriverId, ServerId};
use crate::protocol::{Command, Pin};

/// Names an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(pub(super) u64);

/// A command that is to be sent. Every one has exactly one outcome, which is given
/// to [`Leases::handle_op`](super::Leases::handle_op), also if it could not be
/// submitted.
#[derive(Debug)]
pub struct Op {
    /// Given back with the outcome.
    pub id: OpId,
    /// The address.
    pub server: ServerId,
    /// What carries it.
    pub driver: DriverId,
    /// The time for the reply.
    pub timeout: Duration,
    /// The connection on which it has to go out. If that is over, the operation has
    /// failed; it is never sent on another one, and never twice.
    pub pin: Option<Pin>,
    /// It stores a page. What keeps the server from doing so is worth a line in a log,
    /// other than that the item was purged, or is made by another one.
    pub is_store: bool,
    /// What is sent.
    pub command: Command<Vec<u8>>,
}

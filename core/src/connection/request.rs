//! A request as it waits in a connection's queue, and its identity.

use core::ops::Range;
use core::time::Duration;

use super::time::Time;
use crate::protocol::{Expect, Key, encode_get, encode_set_header};

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

/// The bytes of an item that is being stored; they may lie in several parts.
pub trait Data {
    /// All bytes.
    fn len(&self) -> usize;

    /// Whether there is no byte.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes in one part from `offset` on; at least one while `offset < len()`.
    fn part(&self, offset: usize) -> &[u8];
}

impl Data for Vec<u8> {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn part(&self, offset: usize) -> &[u8] {
        &self[offset..]
    }
}

/// One memcached command.
#[derive(Clone, Debug)]
pub enum Request<D> {
    /// Ask for an item.
    Get {
        /// Its key.
        key: Key,
    },
    /// Store an item, whether there is one or not.
    Set {
        /// Its key.
        key: Key,
        /// Opaque to the server, given back with the item.
        flags: u32,
        /// As the protocol wants it: seconds from now, or a date; 0 is for ever.
        exptime: i64,
        /// The value.
        data: D,
    },
}

/// Which of a server's connections a request travels on. A store may be large;
/// on a connection of its own it cannot hold up a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// For requests that somebody waits for.
    Lookup = 0,
    /// For requests that carry a value to the server.
    Store = 1,
}

impl Lane {
    /// Both, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Lookup, Self::Store];
}

impl<D: Data> Request<D> {
    /// The connection that this request takes.
    #[must_use]
    pub const fn lane(&self) -> Lane {
        match self {
            Self::Get { .. } => Lane::Lookup,
            Self::Set { .. } => Lane::Store,
        }
    }

    /// Bytes of the value that it carries.
    #[must_use]
    pub fn data_len(&self) -> usize {
        self.data().map_or(0, Data::len)
    }

    pub(super) const fn data(&self) -> Option<&D> {
        match self {
            Self::Get { .. } => None,
            Self::Set { data, .. } => Some(data),
        }
    }

    pub(super) fn encode_head(&self, out: &mut Vec<u8>) {
        match self {
            Self::Get { key } => encode_get(out, key),
            Self::Set {
                key,
                flags,
                exptime,
                data,
            } => encode_set_header(out, key, *flags, *exptime, data.len()),
        }
    }

    /// Whether it does the same when it is done twice, so that it may be sent
    /// again when nobody knows if it was carried out.
    pub(super) const fn may_repeat(&self) -> bool {
        match self {
            Self::Get { .. } | Self::Set { .. } => true,
        }
    }

    pub(super) const fn expect(&self) -> Expect<'_> {
        match self {
            Self::Get { key } => Expect::Value { key },
            Self::Set { .. } => Expect::Stored,
        }
    }
}

/// Names an accepted request, to cancel it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId {
    pub(super) lane: u8,
    pub(super) serial: u64,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, no states"
)]
/// A request in the queue. `token` is empty once the asker has its outcome or
/// has cancelled.
#[derive(Debug)]
pub(super) struct Entry<T, D> {
    pub serial: u64,
    pub request: Request<D>,
    pub token: Option<T>,
    pub timing: Timing,
    pub deadline: Time,
    /// Still under its time for connecting; the time for the answer begins
    /// when the connection stands.
    pub awaits_connection: bool,
    /// Where in the connection's stream it stands, once it is encoded.
    pub wire: Range<u64>,
    /// Was on a connection that died; it is not sent a third time.
    pub resent: bool,
    /// The server answered before it had read all of the request.
    pub answered: bool,
    /// Tries a server that is down.
    pub probe: bool,
}

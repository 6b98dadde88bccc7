//! A request as it waits in a connection's queue, and its identity.

use core::ops::Range;
use core::time::Duration;
use std::collections::VecDeque;

use super::time::Time;
use crate::protocol::{
    Change, Count, Expect, Key, encode_change_header, encode_count, encode_delete, encode_get,
    encode_gets, encode_set_header, encode_touch,
};

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
    /// Ask for an item and its version.
    Gets {
        /// Its key.
        key: Key,
    },
    /// Ask for several items and their versions at once.
    GetsMany {
        /// Their keys, each once.
        keys: Box<[Key]>,
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
    /// Store or change an item, depending on the one that is there.
    Change {
        /// How it depends.
        change: Change,
        /// Its key.
        key: Key,
        /// As with `Set`; the server ignores it where data are only added.
        flags: u32,
        /// Likewise.
        exptime: i64,
        /// The value, or the part that is added to it.
        data: D,
    },
    /// Delete an item.
    Delete {
        /// Its key.
        key: Key,
    },
    /// Let an item live from now on as long as this says.
    Touch {
        /// Its key.
        key: Key,
        /// As with `Set`.
        exptime: i64,
    },
    /// Count the number that an item holds.
    Count {
        /// Which way.
        count: Count,
        /// Its key.
        key: Key,
        /// By how much.
        delta: u64,
    },
}

/// Which of a server's connections a request travels on. A store may be large;
/// on a connection of its own it cannot hold up a lookup. What a script asks
/// for has an order that it relies on, such as a `get` behind a `set` of the
/// same key, so all of it takes one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// For lookups that a client of ours waits for.
    Lookup = 0,
    /// For items to be stored that nobody waits for.
    Store = 1,
    /// For all requests of scripts.
    Script = 2,
}

impl Lane {
    /// How many there are.
    pub const COUNT: usize = 3;

    /// All of them, in the order of their numbers.
    pub const ALL: [Self; Self::COUNT] = [Self::Lookup, Self::Store, Self::Script];
}

impl<D: Data> Request<D> {
    /// The connection that this request takes where its place among others
    /// does not matter: one that carries a value must not hold others up.
    #[must_use]
    pub const fn lane(&self) -> Lane {
        match self {
            Self::Set { .. } | Self::Change { .. } => Lane::Store,
            _ => Lane::Lookup,
        }
    }

    /// The key whose item is another one when this is done.
    #[must_use]
    pub const fn changes(&self) -> Option<&Key> {
        match self {
            Self::Get { .. } | Self::Gets { .. } | Self::GetsMany { .. } => None,
            Self::Set { key, .. }
            | Self::Change { key, .. }
            | Self::Delete { key }
            | Self::Touch { key, .. }
            | Self::Count { key, .. } => Some(key),
        }
    }

    /// Bytes of the value that it carries.
    #[must_use]
    pub fn data_len(&self) -> usize {
        self.data().map_or(0, Data::len)
    }

    pub(super) const fn data(&self) -> Option<&D> {
        match self {
            Self::Set { data, .. } | Self::Change { data, .. } => Some(data),
            _ => None,
        }
    }

    pub(super) fn encode_head(&self, out: &mut Vec<u8>) {
        match self {
            Self::Get { key } => encode_get(out, [key]),
            Self::Gets { key } => encode_gets(out, [key]),
            Self::GetsMany { keys } => encode_gets(out, keys.iter()),
            Self::Set {
                key,
                flags,
                exptime,
                data,
            } => encode_set_header(out, key, *flags, *exptime, data.len()),
            Self::Change {
                change,
                key,
                flags,
                exptime,
                data,
            } => encode_change_header(out, *change, key, *flags, *exptime, data.len()),
            Self::Delete { key } => encode_delete(out, key),
            Self::Touch { key, exptime } => encode_touch(out, key, *exptime),
            Self::Count { count, key, delta } => encode_count(out, *count, key, *delta),
        }
    }

    /// The key, if it may be asked for together with others.
    pub(super) const fn shared_key(&self) -> Option<&Key> {
        match self {
            Self::Get { key } => Some(key),
            _ => None,
        }
    }

    /// Whether it does the same, and has the same answer, when it is done
    /// twice, so that it may be sent again when nobody knows if it was carried
    /// out.
    ///
    /// Not repeated: `incr`, `decr`, `append` and `prepend`, which would change
    /// the item twice, and `add`, `replace`, `cas` and `delete`, of which the
    /// second would find what the first has done and have the wrong answer.
    pub(super) const fn may_repeat(&self) -> bool {
        match self {
            Self::Get { .. }
            | Self::Gets { .. }
            | Self::GetsMany { .. }
            | Self::Set { .. }
            | Self::Touch { .. } => true,
            Self::Change { .. } | Self::Delete { .. } | Self::Count { .. } => false,
        }
    }

    pub(super) const fn expect(&self) -> Expect<'_> {
        match self {
            Self::Get { key } => Expect::Value { key },
            Self::Gets { key } => Expect::ValueWithCas { key },
            Self::GetsMany { keys } => Expect::Values {
                keys,
                with_cas: true,
            },
            Self::Change {
                change: Change::Cas(_),
                ..
            } => Expect::StoredIfSame,
            Self::Set { .. } | Self::Change { .. } => Expect::Stored,
            Self::Delete { .. } => Expect::Deleted,
            Self::Touch { .. } => Expect::Touched,
            Self::Count { .. } => Expect::Number,
        }
    }
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
    pub request: Request<D>,
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

//! Forms of replies, and replies.

use core::fmt;

use smallvec::SmallVec;

use crate::protocol::key::Key;
use crate::protocol::value::Value;

/// The form of the next reply, given by the oldest unanswered command.
#[derive(Clone, Copy, Debug)]
pub enum ReplyForm<'k> {
    /// A value for each key whose item is there, in any order, then `END`
    /// (protocol.txt, "Retrieval command"). A key that is named more than once
    /// may have a value for each time.
    Values {
        /// The keys that were asked for.
        keys: &'k dyn KeyList,
        /// Whether the versions of the items were asked for.
        with_cas: bool,
        /// A value of more bytes is skipped.
        max_value: u64,
    },
    /// One of these lines.
    Status(&'static [(&'static [u8], Status)]),
    /// A number, or a line that says why there is none (protocol.txt,
    /// "Increment/Decrement").
    Number,
    /// `VERSION` and a text (protocol.txt, "Various other commands").
    Version,
}

/// The keys of one command, wherever they are kept.
pub trait KeyList: fmt::Debug {
    /// How many keys there are.
    fn count(&self) -> usize;

    /// The key at a position; `None` past the last one.
    fn at(&self, position: usize) -> Option<&Key>;
}

impl<const N: usize> KeyList for [Key; N] {
    fn count(&self) -> usize {
        N
    }

    fn at(&self, position: usize) -> Option<&Key> {
        self.get(position)
    }
}

/// What a server has under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<P> {
    /// The value.
    Value(Value<P>),
    /// A value longer than was asked for; its bytes were not kept.
    TooLarge {
        /// Its length in bytes, as the server announced it.
        len: u64,
    },
}

impl<P> Found<P> {
    /// Length of the value in bytes.
    #[must_use]
    pub const fn len(&self) -> u64 {
        match self {
            Self::Value(value) => value.len,
            Self::TooLarge { len } => *len,
        }
    }

    /// Whether the value has no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The values of a reply in the order in which they came, each with the
/// position of its key among those asked for. One takes no allocation.
pub type FoundValues<P> = SmallVec<[(usize, Found<P>); 1]>;

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<P> {
    /// The items that were found; none is a miss.
    Values(FoundValues<P>),
    /// What became of a command that changes an item.
    Status(Status),
    /// What the item holds after counting.
    Number(u64),
    /// The item holds nothing that can be counted, in the server's own words
    /// (excerpt). Only a command of one line has this reply: then it is known
    /// where the next reply begins, and the connection goes on.
    NotCountable(Box<str>),
    /// The server could not do it, in its own words (excerpt); the connection
    /// goes on, unless several keys were asked for (protocol.txt, "Error
    /// strings").
    ServerError(Box<str>),
    /// The server's version, in its own words (excerpt).
    Version(Box<str>),
}

/// What became of a command that changes an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The item was stored.
    Stored,
    /// The item was not stored, because of a condition of the command.
    NotStored,
    /// The item has another version than the `cas` named.
    Exists,
    /// There is no item that could be changed, deleted or touched.
    NotFound,
    /// The item was deleted.
    Deleted,
    /// The item has its new time to live.
    Touched,
}

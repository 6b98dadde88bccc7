//! Forms of replies, and replies.

use core::fmt;

use smallvec::SmallVec;

use crate::protocol::key::Key;
use crate::protocol::value::{Marks, Value};

/// The form of the next reply, given by the oldest unanswered command.
#[derive(Clone, Copy, Debug)]
pub enum ReplyForm<'k> {
    /// A value for each key whose item is there, in any order, then a line that
    /// ends them. A key that is named more than once may have a value for each
    /// time.
    Values {
        /// The keys that were asked for.
        keys: &'k dyn KeyList,
        /// The form of the lines that begin values and end the reply.
        lines: ValueLines,
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
    /// One of these lines of a meta command; after the first of them the item's
    /// new version, if that was asked for (protocol.txt, "Meta Set").
    MetaStatus {
        /// What each line means.
        lines: &'static [(&'static [u8], Status)],
        /// Whether the first one is followed by a version.
        with_version: bool,
    },
    /// What the server knows of an item, without its value (protocol.txt, "Meta
    /// Get").
    MetaState(&'k Key),
    /// `MN`, by servers that know meta commands (protocol.txt, "Meta No-Op").
    MetaNoop,
}

/// The form of the lines around values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueLines {
    /// `VALUE` and `END` (protocol.txt, "Retrieval command").
    Plain,
    /// The same with versions.
    WithVersion,
    /// `VA` and `MN`, for meta commands that a no-op follows (protocol.txt, "Meta
    /// Get").
    Meta,
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
        /// What else was asked for.
        marks: Option<Box<Marks>>,
    },
}

impl<P> Found<P> {
    /// Length of the value in bytes.
    #[must_use]
    pub const fn len(&self) -> u64 {
        match self {
            Self::Value(value) => value.len,
            Self::TooLarge { len, .. } => *len,
        }
    }

    /// What the server says of the item beside its value.
    #[must_use]
    pub fn marks(&self) -> Option<&Marks> {
        let (Self::Value(Value { marks, .. }) | Self::TooLarge { marks, .. }) = self;
        marks.as_deref()
    }

    pub(crate) fn marks_mut(&mut self) -> Option<&mut Marks> {
        let (Self::Value(Value { marks, .. }) | Self::TooLarge { marks, .. }) = self;
        marks.as_deref_mut()
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
    /// The item was stored, and this is its version.
    StoredAs(u64),
    /// What the server knows of an item; `None` if there is none.
    State(Option<ItemState>),
    /// The server knows meta commands.
    MetaNoop,
}

impl<P> Reply<P> {
    /// What it says of items beside their values.
    pub(crate) fn marks_mut(&mut self) -> impl Iterator<Item = &mut Marks> {
        let (values, state): (&mut [_], _) = match self {
            Self::Values(values) => (values, None),
            Self::State(state) => (&mut [], state.as_mut()),
            Self::Status(_)
            | Self::Number(_)
            | Self::NotCountable(_)
            | Self::ServerError(_)
            | Self::Version(_)
            | Self::StoredAs(_)
            | Self::MetaNoop => (&mut [], None),
        };
        let of_values = values.iter_mut().filter_map(|(_, found)| found.marks_mut());
        of_values.chain(state.map(|state| &mut state.marks))
    }
}

/// What the server knows of an item, without its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemState {
    /// Length of the value in bytes.
    pub len: u64,
    /// Its version, its time to live, its token.
    pub marks: Marks,
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

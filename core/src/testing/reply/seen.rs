//! Replies as they can be compared.

use crate::protocol::{Found, Marks, Reply, Status};

/// A reply, with the pieces of every value put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The values that were found, by the position of their key.
    Values(Vec<(usize, Item)>),
    /// What became of a command that changes an item.
    Status(Status),
    /// What the item holds after counting.
    Number(u64),
    /// It holds nothing that can be counted.
    NotCountable(String),
    /// The server could not do it.
    ServerError(String),
    /// The server's version.
    Version(String),
    /// The item was stored under this version.
    StoredAs(u64),
    /// What is known of an item, if there is one: its length and the rest.
    State(Option<(u64, Marks)>),
    /// The server knows meta commands.
    MetaNoop,
}

/// A value in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The number that it was stored with.
    pub flags: u32,
    /// What else was asked for: its version, or all that is known of it.
    pub marks: Option<Marks>,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl Item {
    /// An item of which no more is told than its version.
    #[must_use]
    pub fn new(flags: u32, version: Option<u64>, data: &[u8]) -> Self {
        Self {
            flags,
            marks: version.map(|version| Marks {
                version,
                ..Marks::default()
            }),
            data: data.to_vec(),
        }
    }
}

impl Seen {
    /// No value.
    pub const MISS: Self = Self::Values(Vec::new());

    /// The value of the only key, without a version.
    #[must_use]
    pub fn value(flags: u32, data: &[u8]) -> Self {
        Self::Values(vec![(0, Item::new(flags, None, data))])
    }
}

impl From<Reply<Vec<u8>>> for Seen {
    fn from(reply: Reply<Vec<u8>>) -> Self {
        match reply {
            Reply::Values(values) => {
                let values = values.iter().map(|(at, found)| (*at, join(found)));
                Self::Values(values.collect())
            }
            Reply::Status(status) => Self::Status(status),
            Reply::Number(number) => Self::Number(number),
            Reply::NotCountable(text) => Self::NotCountable(text.into()),
            Reply::ServerError(text) => Self::ServerError(text.into()),
            Reply::Version(text) => Self::Version(text.into()),
            Reply::StoredAs(version) => Self::StoredAs(version),
            Reply::State(state) => Self::State(state.map(|state| (state.len, state.marks))),
            Reply::MetaNoop => Self::MetaNoop,
        }
    }
}

fn join(found: &Found<Vec<u8>>) -> Item {
    let Found::Value(value) = found else {
        panic!("no limit was set")
    };
    let data: Vec<u8> = value.pieces.iter().flatten().copied().collect();
    assert_eq!(data.len() as u64, value.len);
    assert!(value.pieces.iter().all(|piece| !piece.is_empty()));
    Item {
        flags: value.flags,
        marks: value.marks.as_deref().copied(),
        data,
    }
}

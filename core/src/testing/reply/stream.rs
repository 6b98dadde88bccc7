//! A stream of replies, and what the parser sees in it.

use crate::protocol::{
    Command, Count, Delete, Direction, Found, Key, ProtocolError, Reply, ReplyParser, Retrieve,
    Status, Store, StoreMode, Touch, Version,
};

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
}

/// A value in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The number that it was stored with.
    pub flags: u32,
    /// Its version, if that was asked for.
    pub cas: Option<u64>,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl Seen {
    /// No value.
    pub const MISS: Self = Self::Values(Vec::new());

    /// The value of the only key, without a version.
    #[must_use]
    pub fn value(flags: u32, data: &[u8]) -> Self {
        let item = Item {
            flags,
            cas: None,
            data: data.to_vec(),
        };
        Self::Values(vec![(0, item)])
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
            Reply::StoredAs(_) | Reply::State(_) | Reply::MetaNoop => {
                panic!("no meta command was sent")
            }
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
        cas: value.version(),
        data,
    }
}

/// How a stream of replies ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All replies have come; the number of bytes left over.
    Left(usize),
    /// The next reply has not begun.
    Between,
    /// The next reply has begun.
    Within,
    /// The server broke the protocol.
    Broken(ProtocolError),
}

/// A command whose reply is due, about one key or, where there are several,
/// about [`KEYS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// `get` of one key.
    Get,
    /// `gets` of one key.
    Gets,
    /// `gets` of several keys.
    Many,
    /// `set`.
    Set,
    /// `cas`.
    Cas,
    /// `delete`.
    Delete,
    /// `touch`.
    Touch,
    /// `incr`.
    Count,
    /// `version`.
    Version,
}

impl Asked {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Get,
        Self::Gets,
        Self::Many,
        Self::Set,
        Self::Cas,
        Self::Delete,
        Self::Touch,
        Self::Count,
        Self::Version,
    ];

    fn command(self, key: Key) -> Command<Vec<u8>> {
        let store = |mode, key| Store {
            mode,
            key,
            flags: 0,
            exptime: 0,
            data: Vec::new(),
        };
        match self {
            Self::Get => Retrieve::one(key).into(),
            Self::Gets => Retrieve::one(key).with_cas().into(),
            Self::Many => {
                let [k, l, m] = KEYS.map(|key| Key::new(key.as_bytes()).unwrap());
                Retrieve::several(k, [l, m]).with_cas().into()
            }
            Self::Set => store(StoreMode::Set, key).into(),
            Self::Cas => store(StoreMode::Cas(1), key).into(),
            Self::Delete => Delete {
                key,
                may_repeat: false,
            }
            .into(),
            Self::Touch => Touch { key, exptime: 0 }.into(),
            Self::Version => Version.into(),
            Self::Count => {
                let (direction, delta) = (Direction::Up, 1);
                Count {
                    direction,
                    key,
                    delta,
                }
                .into()
            }
        }
    }
}

/// The keys of commands about several.
pub const KEYS: [&str; 3] = ["k", "l", "m"];

/// What the parser reads in the replies to commands about `key`, if it is given
/// the stream in these parts.
///
/// # Panics
/// The parser leaves bytes of an incomplete reply unread.
pub fn parse(key: &Key, asked: &[Asked], parts: &[&[u8]]) -> (Vec<Seen>, End) {
    let mut parser = ReplyParser::new();
    let mut seen = Vec::new();
    let mut asked = asked.iter().map(|asked| asked.command(key.clone()));
    let mut next = asked.next();
    let mut left = 0;
    for part in parts {
        let mut at = 0;
        while at < part.len() {
            let Some(due) = &next else {
                left += part.len() - at;
                break;
            };
            match parser.parse(due.reply_form(), part, &mut at) {
                Ok(Some(reply)) => {
                    assert!(!parser.mid_reply());
                    seen.push(reply.into());
                    next = asked.next();
                }
                Ok(None) => {
                    assert_eq!(at, part.len(), "incomplete, yet not all was read");
                    assert!(parser.mid_reply());
                }
                Err(error) => return (seen, End::Broken(error)),
            }
        }
    }
    let end = match (next, parser.mid_reply()) {
        (None, _) => End::Left(left),
        (Some(_), false) => End::Between,
        (Some(_), true) => End::Within,
    };
    (seen, end)
}

//! A stream of replies, and what the parser sees in it.

use memcached_core::protocol::{Expect, Key, KeyList, ProtocolError, Reply, ReplyParser, Value};

/// A reply with its value in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Value {
        flags: u32,
        cas: Option<u64>,
        data: Vec<u8>,
    },
    Values(Vec<(usize, Seen)>),
    Miss,
    Stored,
    NotStored,
    Exists,
    NotFound,
    Deleted,
    Touched,
    Number(u64),
    NotCountable(String),
    ServerError(String),
}

impl From<Reply<Vec<u8>>> for Seen {
    fn from(reply: Reply<Vec<u8>>) -> Self {
        match reply {
            Reply::Value(value) => join(&value),
            Reply::Values(values) => {
                let values = values.iter().map(|(at, value)| (*at, join(value)));
                Self::Values(values.collect())
            }
            Reply::Miss => Self::Miss,
            Reply::Stored => Self::Stored,
            Reply::NotStored => Self::NotStored,
            Reply::Exists => Self::Exists,
            Reply::NotFound => Self::NotFound,
            Reply::Deleted => Self::Deleted,
            Reply::Touched => Self::Touched,
            Reply::Number(number) => Self::Number(number),
            Reply::NotCountable(text) => Self::NotCountable(text.into()),
            Reply::ServerError(text) => Self::ServerError(text.into()),
        }
    }
}

fn join(value: &Value<Vec<u8>>) -> Seen {
    let data: Vec<u8> = value.pieces.iter().flatten().copied().collect();
    assert_eq!(data.len() as u64, value.len);
    assert!(value.pieces.iter().all(|piece| !piece.is_empty()));
    Seen::Value {
        flags: value.flags,
        cas: value.cas,
        data,
    }
}

/// How a stream of replies ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All that was expected has come; so many bytes are left over.
    Left(usize),
    /// The next reply has not begun.
    Between,
    /// The next reply has begun.
    Within,
    /// The server broke the protocol.
    Broken(ProtocolError),
}

/// What is expected of the server, in order: of a key `k`, or of `k`, `l` and
/// `m` where there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Get,
    Gets,
    Many,
    Set,
    Cas,
    Delete,
    Touch,
    Count,
}

impl Asked {
    pub const ALL: [Self; 8] = [
        Self::Get,
        Self::Gets,
        Self::Many,
        Self::Set,
        Self::Cas,
        Self::Delete,
        Self::Touch,
        Self::Count,
    ];

    pub fn expect<'k>(self, key: &'k Key, keys: &'k dyn KeyList) -> Expect<'k> {
        match self {
            Self::Get => Expect::Value { key },
            Self::Gets => Expect::ValueWithCas { key },
            Self::Many => Expect::Values {
                keys,
                with_cas: true,
            },
            Self::Set => Expect::Stored,
            Self::Cas => Expect::StoredIfSame,
            Self::Delete => Expect::Deleted,
            Self::Touch => Expect::Touched,
            Self::Count => Expect::Number,
        }
    }
}

pub const KEYS: [&str; 3] = ["k", "l", "m"];

/// Gives the parser the parts of a stream one after the other.
pub fn parse(key: &Key, asked: &[Asked], parts: &[&[u8]]) -> (Vec<Seen>, End) {
    let keys = KEYS.map(|key| Key::new(key.as_bytes()).unwrap());
    let mut parser = ReplyParser::new();
    let mut seen = Vec::new();
    let mut asked = asked.iter();
    let mut next = asked.next();
    let mut left = 0;
    for part in parts {
        let mut at = 0;
        while at < part.len() {
            let Some(due) = next else {
                left += part.len() - at;
                break;
            };
            match parser.parse(due.expect(key, &keys), part, &mut at) {
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

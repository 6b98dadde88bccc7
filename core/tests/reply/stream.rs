//! A stream of replies, and what the parser sees in it.

use memcached_core::protocol::{Expect, Key, ProtocolError, Reply, ReplyParser, Value};

/// A reply with its value in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Value {
        flags: u32,
        cas: Option<u64>,
        data: Vec<u8>,
    },
    Miss,
    Stored,
    NotStored,
    ServerError(String),
}

impl From<Reply<Vec<u8>>> for Seen {
    fn from(reply: Reply<Vec<u8>>) -> Self {
        match reply {
            Reply::Value(value) => join(&value),
            Reply::Miss => Self::Miss,
            Reply::Stored => Self::Stored,
            Reply::NotStored => Self::NotStored,
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

/// What is expected of the server, in order, of a key `k` where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Get,
    Gets,
    Set,
}

impl Asked {
    pub fn expect(self, key: &Key) -> Expect<'_> {
        match self {
            Self::Get => Expect::Value { key },
            Self::Gets => Expect::ValueWithCas { key },
            Self::Set => Expect::Stored,
        }
    }
}

/// Gives the parser the parts of a stream one after the other.
pub fn parse(key: &Key, asked: &[Asked], parts: &[&[u8]]) -> (Vec<Seen>, End) {
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
            match parser.parse(due.expect(key), part, &mut at) {
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

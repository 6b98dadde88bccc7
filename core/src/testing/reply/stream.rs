//! A stream of replies, and what the parser sees in it.

pub use super::asked::{Asked, KEYS};
pub use super::seen::{Item, Seen};
use crate::protocol::{Key, ProtocolError, ReplyParser};

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

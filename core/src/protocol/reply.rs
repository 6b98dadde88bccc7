//! Replies, parsed as they come in.
//!
//! Invariants: every byte is looked at once, except those of a line that comes
//! in parts; memory grows with bytes received, never with a length announced;
//! after an error the parser must be [`reset`](ReplyParser::reset).

use core::fmt;

use memchr::memchr;

use super::error::ProtocolError;
use super::key::Key;
use super::limits::LINE_MAX;
use super::lines::{Step, complaint, first, last, next};
use super::request::CRLF;
use super::value::{Input, Value};

/// The reply that is due: the one to the oldest request that has none.
#[derive(Clone, Copy, Debug)]
pub enum Expect<'k> {
    /// To a `get`: a value of this key, or none.
    Value {
        /// The key that was asked for.
        key: &'k Key,
    },
    /// To a `gets`: likewise, with the version of the item.
    ValueWithCas {
        /// The key that was asked for.
        key: &'k Key,
    },
    /// To a `get` or `gets` of several keys: a value for any of them, once at
    /// most for each time that it was asked for.
    Values {
        /// The keys that were asked for.
        keys: &'k dyn KeyList,
        /// Whether the versions of the items were asked for.
        with_cas: bool,
    },
    /// To a storage command.
    Stored,
    /// To a `cas`.
    StoredIfSame,
    /// To a `delete`.
    Deleted,
    /// To a `touch`.
    Touched,
    /// To an `incr` or `decr`.
    Number,
}

/// The keys of one command, wherever they are kept.
pub trait KeyList: fmt::Debug {
    /// How many they are.
    fn count(&self) -> usize;

    /// The key at a position; `None` behind the last one.
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

impl KeyList for Box<[Key]> {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, position: usize) -> Option<&Key> {
        self.get(position)
    }
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<P> {
    /// The item was found.
    Value(Value<P>),
    /// Of several keys those that were found: the position of the key among
    /// those asked for, and its value, in the order in which they came.
    Values(Vec<(usize, Value<P>)>),
    /// There is no such item to be shown.
    Miss,
    /// The item was stored.
    Stored,
    /// The item was not stored, because of a condition of the command.
    NotStored,
    /// There is an item, of another version than the `cas` named.
    Exists,
    /// There is no item that could be changed, deleted or touched.
    NotFound,
    /// The item was deleted.
    Deleted,
    /// The item lives as long as it was told to.
    Touched,
    /// What the item holds after counting.
    Number(u64),
    /// The item holds nothing that can be counted, in the server's own words
    /// (excerpt). Only a command of one line has this reply: then it is known
    /// where the next reply begins, and the connection goes on.
    NotCountable(Box<str>),
    /// The server could not do it, in its own words (excerpt); the connection
    /// goes on.
    ServerError(Box<str>),
}

/// Where in a reply the next byte belongs.
#[derive(Debug)]
enum Place<P> {
    /// In the first line.
    FirstLine,
    /// In the data of a value, of which `left` bytes are missing.
    Data { value: Value<P>, left: u64 },
    /// In the line end behind the data, of which so many bytes were seen.
    DataEnd { value: Value<P>, seen: usize },
    /// In the line behind a value, which must be `END`.
    LastLine(Value<P>),
    /// In the line behind a value of one of several keys.
    NextLine,
}

/// Reads one reply after the other.
#[derive(Debug)]
pub struct ReplyParser<P> {
    place: Place<P>,
    /// Of several keys: what was found so far.
    found: Vec<(usize, Value<P>)>,
    /// Which of several keys the value belongs to that is being read.
    key_at: usize,
    /// The beginning of a line whose end has not come.
    partial: Vec<u8>,
}

impl<P> Default for ReplyParser<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P> ReplyParser<P> {
    /// A parser at the beginning of a reply.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            place: Place::FirstLine,
            found: Vec::new(),
            key_at: 0,
            partial: Vec::new(),
        }
    }

    /// Whether a part of a reply has been read.
    #[must_use]
    pub const fn mid_reply(&self) -> bool {
        !self.partial.is_empty() || !matches!(self.place, Place::FirstLine)
    }

    /// Forgets what was read; for a new connection.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// Reads `input` from `at` on, which moves to the first byte not read.
    /// `None` means that all of it was read and the reply goes on.
    ///
    /// # Errors
    /// The server broke the protocol.
    pub fn parse<I>(
        &mut self,
        expect: Expect<'_>,
        input: &I,
        at: &mut usize,
    ) -> Result<Option<Reply<P>>, ProtocolError>
    where
        I: Input<Piece = P>,
    {
        loop {
            match std::mem::replace(&mut self.place, Place::FirstLine) {
                Place::FirstLine => {
                    let Some(step) = self.line(input.bytes(), at, |line| first(expect, line))?
                    else {
                        return Ok(None);
                    };
                    match step {
                        Step::Done(reply) => return Ok(Some(reply)),
                        Step::Value(value) => {
                            let left = value.len;
                            self.place = Place::Data { value, left };
                        }
                        Step::ValueOf(key_at, value) => self.begin_value_of(key_at, value),
                    }
                }
                Place::NextLine => {
                    let Expect::Values { keys, with_cas } = expect else {
                        return Err(ProtocolError::unexpected(&input.bytes()[*at..]));
                    };
                    let found = std::mem::take(&mut self.found);
                    let read = |line: &[u8]| match complaint(line, b"SERVER_ERROR") {
                        Some(text) => Ok(Err(text)),
                        None => next(keys, with_cas, &found, line).map(Ok),
                    };
                    let step = match self.line(input.bytes(), at, read)? {
                        // Proxies end a reply so whose other part is missing.
                        Some(Err(text)) => return Ok(Some(Reply::ServerError(text))),
                        Some(Ok(step)) => Some(step),
                        None => None,
                    };
                    self.found = found;
                    match step {
                        None => {
                            self.place = Place::NextLine;
                            return Ok(None);
                        }
                        Some(None) => {
                            let found = std::mem::take(&mut self.found);
                            return Ok(Some(Reply::Values(found)));
                        }
                        Some(Some((key_at, value))) => self.begin_value_of(key_at, value),
                    }
                }
                Place::Data { mut value, left } => {
                    let have = input.bytes().len() - *at;
                    let take = usize::try_from(left).map_or(have, |left| left.min(have));
                    if take > 0 {
                        value.pieces.push(input.piece(*at..*at + take));
                        *at += take;
                    }
                    let left = left - take as u64;
                    if left > 0 {
                        self.place = Place::Data { value, left };
                        return Ok(None);
                    }
                    self.place = Place::DataEnd { value, seen: 0 };
                }
                Place::DataEnd { value, mut seen } => {
                    while seen < CRLF.len() {
                        let Some(&byte) = input.bytes().get(*at) else {
                            self.place = Place::DataEnd { value, seen };
                            return Ok(None);
                        };
                        if byte != CRLF[seen] {
                            return Err(ProtocolError::BadDataEnd);
                        }
                        seen += 1;
                        *at += 1;
                    }
                    if let Expect::Values { .. } = expect {
                        self.found.push((self.key_at, value));
                        self.place = Place::NextLine;
                    } else {
                        self.place = Place::LastLine(value);
                    }
                }
                Place::LastLine(value) => {
                    if self.line(input.bytes(), at, last)?.is_none() {
                        self.place = Place::LastLine(value);
                        return Ok(None);
                    }
                    return Ok(Some(Reply::Value(value)));
                }
            }
        }
    }

    fn begin_value_of(&mut self, key_at: usize, value: Value<P>) {
        self.key_at = key_at;
        let left = value.len;
        self.place = Place::Data { value, left };
    }

    /// Gives `read` the next line without its end, in place where it came as a
    /// whole; `None` while its end is missing.
    fn line<T>(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        read: impl FnOnce(&[u8]) -> Result<T, ProtocolError>,
    ) -> Result<Option<T>, ProtocolError> {
        let rest = &bytes[*at..];
        let end = memchr(b'\n', rest);
        let len = self.partial.len() + end.map_or(rest.len(), |end| end + 1);
        if len > LINE_MAX || (len == LINE_MAX && end.is_none()) {
            return Err(ProtocolError::LineTooLong);
        }
        let Some(end) = end else {
            self.partial.extend_from_slice(rest);
            *at = bytes.len();
            return Ok(None);
        };
        *at += end + 1;
        if self.partial.is_empty() {
            return read(without_end(&rest[..=end])?).map(Some);
        }
        self.partial.extend_from_slice(&rest[..=end]);
        let result = without_end(&self.partial).and_then(read);
        self.partial.clear();
        result.map(Some)
    }
}

fn without_end(line: &[u8]) -> Result<&[u8], ProtocolError> {
    line.strip_suffix(CRLF).ok_or(ProtocolError::BadLineEnd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ops::Range;

    /// Its pieces cost nothing.
    struct Whole<'a>(&'a [u8]);

    impl Input for Whole<'_> {
        type Piece = Range<usize>;

        fn bytes(&self) -> &[u8] {
            self.0
        }

        fn piece(&self, range: Range<usize>) -> Range<usize> {
            range
        }
    }

    #[test]
    fn a_line_is_copied_only_when_it_comes_in_parts() {
        let key = Key::new(b"k").unwrap();
        let expect = Expect::Value { key: &key };
        let mut parser = ReplyParser::new();
        let wire = Whole(b"VALUE k 0 3\r\nabc\r\nEND\r\nEND\r\n");
        let mut at = 0;
        let reply = parser.parse(expect, &wire, &mut at).unwrap();
        let Some(Reply::Value(value)) = reply else {
            panic!("{reply:?}")
        };
        assert_eq!(value.pieces.iter().collect::<Vec<_>>(), [&(13..16)]);
        assert_eq!(at, 23);
        assert_eq!(
            parser.parse(expect, &wire, &mut at),
            Ok(Some(Reply::Miss)),
            "the second reply"
        );
        assert_eq!(parser.partial.capacity(), 0);
        assert_eq!(parser.parse(expect, &Whole(b"VAL"), &mut 0), Ok(None));
        assert_eq!(parser.partial, b"VAL");
    }

    #[test]
    fn nothing_is_kept_for_an_announced_length() {
        let key = Key::new(b"k").unwrap();
        let mut parser = ReplyParser::new();
        let wire = Whole(b"VALUE k 0 1073741824\r\nab");
        let parsed = parser.parse(Expect::Value { key: &key }, &wire, &mut 0);
        assert_eq!(parsed, Ok(None));
        let Place::Data { value, left } = &parser.place else {
            panic!("{parser:?}")
        };
        assert_eq!(*left, (1 << 30) - 2);
        assert_eq!(value.pieces.iter().count(), 1);
    }
}

//! The state machine that reads replies as they arrive.
//!
//! Invariants: every byte is looked at once, except those of a line that comes
//! in parts; memory grows with bytes received, never with a length announced;
//! after an error the parser must be [`reset`](ReplyParser::reset).

use super::classic::{Step, read_first, read_value_or_end};
use super::line::PartialLine;
use super::vocabulary::{FoundValues, Reply, ReplyForm};
use crate::protocol::error::ProtocolError;
use crate::protocol::value::Input;
use crate::protocol::wire::CRLF;

/// Values for which there is room from the first one on, if there are as many
/// keys.
const ROOM_MAX: usize = 16;

/// Where in a reply the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the first line.
    FirstLine,
    /// In the data of the newest value, of which `left` bytes are missing.
    Data { left: u64 },
    /// In the CR LF after the data; the part of it that is missing.
    DataEnd { left: &'static [u8] },
    /// In the line after a value.
    NextLine,
}

/// Reads one reply after the other.
#[derive(Debug)]
pub struct ReplyParser<P> {
    place: Place,
    /// The values of the reply so far; the newest may be incomplete.
    found: FoundValues<P>,
    line: PartialLine,
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
            found: FoundValues::new_const(),
            line: PartialLine::new(),
        }
    }

    /// Whether a part of a reply has been read.
    #[must_use]
    pub fn mid_reply(&self) -> bool {
        !self.line.is_empty() || !matches!(self.place, Place::FirstLine)
    }

    /// Forgets what was read; for a new connection.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// Reads `input` from `at` on, which moves to the first byte not read.
    /// `None` means that all of it was read and the reply goes on; `form` must
    /// be the same until the reply is complete.
    ///
    /// # Errors
    /// The server broke the protocol.
    pub fn parse<I>(
        &mut self,
        form: ReplyForm<'_>,
        input: &I,
        at: &mut usize,
    ) -> Result<Option<Reply<P>>, ProtocolError>
    where
        I: Input<Piece = P>,
    {
        loop {
            match self.place {
                Place::FirstLine | Place::NextLine => {
                    let Some(step) = self.read_line(form, input.bytes(), at)? else {
                        return Ok(None);
                    };
                    match step {
                        Step::Value(position, value) => {
                            self.place = Place::Data { left: value.len };
                            self.make_room(form);
                            self.found.push((position, value));
                        }
                        Step::End => {
                            self.place = Place::FirstLine;
                            return Ok(Some(Reply::Values(std::mem::take(&mut self.found))));
                        }
                        Step::Done(reply) => {
                            self.place = Place::FirstLine;
                            self.found.clear();
                            return Ok(Some(reply));
                        }
                    }
                }
                Place::Data { left } => {
                    let left = self.read_data(left, input, at);
                    if left > 0 {
                        self.place = Place::Data { left };
                        return Ok(None);
                    }
                    self.place = Place::DataEnd { left: CRLF };
                }
                Place::DataEnd { left } => {
                    let left = read_data_end(left, input.bytes(), at)?;
                    if !left.is_empty() {
                        self.place = Place::DataEnd { left };
                        return Ok(None);
                    }
                    self.place = Place::NextLine;
                }
            }
        }
    }

    /// Makes room for the values of the first of several keys at once.
    fn make_room(&mut self, form: ReplyForm<'_>) {
        if let (ReplyForm::Values { keys, .. }, true) = (form, self.found.is_empty()) {
            self.found.reserve(keys.count().min(ROOM_MAX));
        }
    }

    fn read_line(
        &mut self,
        form: ReplyForm<'_>,
        bytes: &[u8],
        at: &mut usize,
    ) -> Result<Option<Step<P>>, ProtocolError> {
        let (place, found) = (self.place, &self.found);
        self.line.read(bytes, at, |line| match (place, form) {
            (Place::FirstLine, _) => read_first(form, line),
            (_, ReplyForm::Values { keys, with_cas }) => {
                read_value_or_end(keys, with_cas, found, line)
            }
            (_, ReplyForm::Status(_) | ReplyForm::Number) => Err(ProtocolError::unexpected(line)),
        })
    }

    /// Adds data to the newest value; how many bytes of it are still missing.
    fn read_data<I>(&mut self, left: u64, input: &I, at: &mut usize) -> u64
    where
        I: Input<Piece = P>,
    {
        let have = input.bytes().len().saturating_sub(*at);
        let take = usize::try_from(left).map_or(have, |left| left.min(have));
        if take > 0 {
            let end = at.saturating_add(take);
            if let Some((_, value)) = self.found.last_mut() {
                value.pieces.push(input.piece(*at..end));
            }
            *at = end;
        }
        left.saturating_sub(take as u64)
    }
}

/// Reads what is there of the CR LF after data; the part that is still missing.
fn read_data_end(
    mut left: &'static [u8],
    bytes: &[u8],
    at: &mut usize,
) -> Result<&'static [u8], ProtocolError> {
    while let Some((due, rest)) = left.split_first() {
        let Some(byte) = bytes.get(*at) else {
            break;
        };
        if byte != due {
            return Err(ProtocolError::BadDataEnd);
        }
        *at = at.saturating_add(1);
        left = rest;
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::key::Key;
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

    fn parse(
        parser: &mut ReplyParser<Range<usize>>,
        wire: &[u8],
        at: &mut usize,
    ) -> Option<Reply<Range<usize>>> {
        let keys = [Key::new(b"k").unwrap()];
        let form = ReplyForm::Values {
            keys: &keys,
            with_cas: false,
        };
        parser.parse(form, &Whole(wire), at).unwrap()
    }

    #[test]
    fn a_value_that_comes_as_a_whole_takes_no_allocation() {
        let mut parser = ReplyParser::new();
        let wire = b"VALUE k 0 3\r\nabc\r\nEND\r\nEND\r\n";
        let mut at = 0;
        let Some(Reply::Values(found)) = parse(&mut parser, wire, &mut at) else {
            panic!("{parser:?}")
        };
        assert!(!found.spilled());
        let [(0, value)] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(value.pieces.iter().collect::<Vec<_>>(), [&(13..16)]);
        assert_eq!(at, 23);
        let miss = Some(Reply::Values(FoundValues::new()));
        assert_eq!(parse(&mut parser, wire, &mut at), miss, "the second reply");
    }

    #[test]
    fn nothing_is_kept_for_an_announced_length() {
        let mut parser = ReplyParser::new();
        let wire = b"VALUE k 0 1073741824\r\nab";
        assert_eq!(parse(&mut parser, wire, &mut 0), None);
        let left = (1 << 30) - 2;
        assert_eq!(parser.place, Place::Data { left });
        assert_eq!(parser.found[0].1.pieces.iter().count(), 1);
    }
}

//! The state machine that reads replies as they arrive.
//!
//! Invariants: every byte is looked at once, except those of a line that comes
//! in parts; memory grows with bytes received, never with a length announced;
//! after an error the parser must be [`reset`](ReplyParser::reset).

use super::classic::{Step, read_first, read_value_or_end};
use super::line::PartialLine;
use super::vocabulary::{Found, FoundValues, Reply, ReplyForm};
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
    /// How many of them were given out before the end of the reply.
    given: usize,
    /// Keys of which the server could not say anything so far, and what it said
    /// instead the first time.
    refused: Option<(usize, Box<str>)>,
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
            given: 0,
            refused: None,
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
                    if self.place == Place::FirstLine {
                        self.found.clear();
                        self.given = 0;
                        self.refused = None;
                    }
                    match step {
                        Step::Value(position, found) => {
                            self.place = Place::Data { left: found.len() };
                            self.make_room(form);
                            self.found.push((position, found));
                        }
                        Step::Refused(text) => {
                            self.place = Place::NextLine;
                            let (refused, _) = self.refused.get_or_insert((0, text));
                            *refused = refused.saturating_add(1);
                        }
                        Step::End => {
                            self.place = Place::FirstLine;
                            return Ok(Some(match self.refused.take() {
                                None => Reply::Values(std::mem::take(&mut self.found)),
                                Some((_, text)) => Reply::ServerError(text),
                            }));
                        }
                        Step::Done(reply) => {
                            self.place = Place::FirstLine;
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

    /// Takes the room of values back that were read; between two replies.
    pub fn keep_room(&mut self, mut values: FoundValues<P>) {
        if values.spilled() && values.len() <= ROOM_MAX && !self.mid_reply() {
            values.clear();
            self.found = values;
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
        let refused = self.refused.as_ref().map_or(0, |(refused, _)| *refused);
        self.line.read(bytes, at, |line| match (place, form) {
            (Place::FirstLine, _) => read_first(form, line),
            (
                _,
                ReplyForm::Values {
                    keys,
                    lines,
                    max_value,
                },
            ) => read_value_or_end(keys, lines, max_value, (found, refused), line),
            (
                _,
                ReplyForm::Status(_)
                | ReplyForm::Number
                | ReplyForm::Version
                | ReplyForm::MetaStatus { .. }
                | ReplyForm::MetaState(_)
                | ReplyForm::MetaNoop,
            ) => Err(ProtocolError::unexpected(line)),
        })
    }

    /// Whether the data of a value is being read that is longer than was asked
    /// for.
    #[must_use]
    pub fn is_skipping(&self) -> bool {
        self.newest_is_incomplete()
            && matches!(self.found.last(), Some((_, Found::TooLarge { .. })))
    }

    const fn newest_is_incomplete(&self) -> bool {
        matches!(self.place, Place::Data { .. } | Place::DataEnd { .. })
    }

    /// The position of the key whose value has begun and is not there as a
    /// whole.
    #[must_use]
    pub fn torn_position(&self) -> Option<usize> {
        let newest = self.found.last().filter(|_| self.newest_is_incomplete());
        newest.map(|(position, _)| *position)
    }

    /// Whether the present reply, or the one that ended last, if by an error,
    /// has values.
    #[must_use]
    pub fn has_values(&self) -> bool {
        !self.found.is_empty()
    }

    /// Takes the values out that are there as a whole, of a reply that goes on
    /// or has ended by an error, and those that are skipped. The reply's end
    /// will name what was taken as [`Found::TooLarge`].
    pub fn take_whole(&mut self) -> impl Iterator<Item = (usize, Found<P>)> + use<'_, P> {
        let incomplete = self.newest_is_incomplete() && !self.is_skipping();
        let end = self.found.len().saturating_sub(usize::from(incomplete));
        let start = std::mem::replace(&mut self.given, end).min(end);
        let whole = self.found.get_mut(start..end).unwrap_or_default();
        whole.iter_mut().map(|(position, found)| {
            let taken = Found::TooLarge {
                len: found.len(),
                marks: None,
            };
            (*position, std::mem::replace(found, taken))
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
            if let Some((_, Found::Value(value))) = self.found.last_mut() {
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
mod tests;

//! Lines that answer meta commands (protocol.txt, "Meta Commands"). Flags come in
//! the order in which they were asked for; those that the server adds on its own
//! stand last. A flag that was not asked for makes a line unreadable.

use super::classic::{check_refusal, error_text};
use super::vocabulary::{ItemState, Reply, Status};
use crate::decimal;
use crate::protocol::error::ProtocolError;
use crate::protocol::key::Key;
use crate::protocol::value::{Marks, Pieces, Value};

/// Reads what follows `VA`: `LEN kKEY fFLAGS cVERSION tSECONDS`, then what the
/// server adds: the key, and the value without its data.
pub(super) fn read_value<P>(words: &[u8]) -> Option<(&[u8], Value<P>)> {
    let mut words = Words::of(words);
    let len = decimal::parse(words.next()?).ok()?;
    let name = words.flag(b'k')?;
    let flags = u32::try_from(decimal::parse(words.flag(b'f')?).ok()?).ok()?;
    let value = Value {
        flags,
        marks: Some(Box::new(words.marks()?)),
        len,
        pieces: Pieces::default(),
    };
    Some((name, value))
}

/// Reads what is known of an item without its value: `HD kKEY sLEN cVERSION
/// tSECONDS`, then what the server adds, or `EN`.
pub(super) fn read_state<P>(key: &Key, line: &[u8]) -> Result<Reply<P>, ProtocolError> {
    if line == b"EN" {
        return Ok(Reply::State(None));
    }
    let Some(words) = line.strip_prefix(b"HD ") else {
        return read_refusal(line);
    };
    let (name, state) = read_item_state(words).ok_or_else(|| ProtocolError::unexpected(line))?;
    if name != key.as_bytes() {
        return Err(ProtocolError::unexpected(line));
    }
    Ok(Reply::State(Some(state)))
}

fn read_item_state(words: &[u8]) -> Option<(&[u8], ItemState)> {
    let mut words = Words::of(words);
    let name = words.flag(b'k')?;
    let len = decimal::parse(words.flag(b's')?).ok()?;
    let marks = words.marks()?;
    Some((name, ItemState { len, marks }))
}

/// Reads what became of a command that changes an item. The first of `lines` says
/// that it was done.
pub(super) fn read_status<P>(
    lines: &[(&[u8], Status)],
    with_version: bool,
    line: &[u8],
) -> Result<Reply<P>, ProtocolError> {
    let known = lines.iter().position(|(text, _)| *text == line);
    match known.and_then(|at| Some((at, lines.get(at)?))) {
        Some((0, _)) if with_version => {}
        Some((_, (_, status))) => return Ok(Reply::Status(*status)),
        None => {}
    }
    if with_version {
        let done = lines.first().map_or(b"".as_slice(), |(text, _)| text);
        let version = line
            .strip_prefix(done)
            .and_then(|rest| rest.strip_prefix(b" c"));
        if let Some(version) = version.and_then(|digits| decimal::parse(digits).ok()) {
            return Ok(Reply::StoredAs(version));
        }
    }
    read_refusal(line)
}

/// Reads the reply to a no-op. A server without meta commands says so and goes on.
pub(super) fn read_noop<P>(line: &[u8]) -> Result<Reply<P>, ProtocolError> {
    if line == b"MN" {
        return Ok(Reply::MetaNoop);
    }
    if line == b"ERROR" {
        return Ok(Reply::ServerError("ERROR".into()));
    }
    let refusal = error_text(line, b"SERVER_ERROR").or_else(|| error_text(line, b"CLIENT_ERROR"));
    refusal
        .map(Reply::ServerError)
        .ok_or_else(|| ProtocolError::unexpected(line))
}

fn read_refusal<P>(line: &[u8]) -> Result<Reply<P>, ProtocolError> {
    if let Some(text) = error_text(line, b"SERVER_ERROR") {
        return Ok(Reply::ServerError(text));
    }
    check_refusal(line)?;
    Err(ProtocolError::unexpected(line))
}

/// The words of a line, separated by one space each.
struct Words<'l>(std::slice::Split<'l, u8, fn(&u8) -> bool>);

impl<'l> Words<'l> {
    fn of(line: &'l [u8]) -> Self {
        Self(line.split(|&byte| byte == b' '))
    }

    fn next(&mut self) -> Option<&'l [u8]> {
        self.0.next()
    }

    /// What follows the letter of the flag that is due.
    fn flag(&mut self, letter: u8) -> Option<&'l [u8]> {
        let (first, rest) = self.next()?.split_first()?;
        (*first == letter).then_some(rest)
    }

    /// Version and time to live, then what the server adds, to the end of the line.
    fn marks(&mut self) -> Option<Marks> {
        let mut marks = Marks {
            version: decimal::parse(self.flag(b'c')?).ok()?,
            ttl_left: match self.flag(b't')? {
                b"-1" => None,
                // A server may have longer times than it lets anybody name.
                digits => Some(u32::try_from(decimal::parse(digits).ok()?).unwrap_or(u32::MAX)),
            },
            ..Marks::default()
        };
        while let Some(word) = self.next() {
            let mark = match word {
                b"W" => &mut marks.won,
                b"Z" => &mut marks.taken,
                b"X" => &mut marks.stale,
                _ => return None,
            };
            if std::mem::replace(mark, true) {
                return None;
            }
        }
        // Nobody makes what another one makes.
        (!(marks.won && marks.taken)).then_some(marks)
    }
}

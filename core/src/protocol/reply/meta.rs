//! Lines that answer meta commands (protocol.txt, "Meta Commands"). Flags come in
//! the order in which they were asked for; those that the server adds on its own
//! stand last. A flag that was not asked for makes a line unreadable.

use super::classic::{check_refusal, error_text};
use super::vocabulary::{ItemState, Reply, Status};
use crate::decimal;
use crate::protocol::error::ProtocolError;
use crate::protocol::excerpt::excerpt;
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
/// tSECONDS`, then what the server adds, or `EN`, after which the key may stand.
pub(super) fn read_state<P>(key: &Key, line: &[u8]) -> Result<Reply<P>, ProtocolError> {
    let unexpected = || ProtocolError::unexpected(line);
    let (name, state) = if line == b"EN" {
        (key.as_bytes(), None)
    } else if let Some(name) = line.strip_prefix(b"EN k") {
        (name, None)
    } else if let Some(words) = line.strip_prefix(b"HD ") {
        let (name, state) = read_item_state(words).ok_or_else(unexpected)?;
        (name, Some(state))
    } else {
        return read_refusal(line);
    };
    if name != key.as_bytes() {
        return Err(ProtocolError::WrongKey(excerpt(name)));
    }
    Ok(Reply::State(state))
}

fn read_item_state(words: &[u8]) -> Option<(&[u8], ItemState)> {
    let mut words = Words::of(words);
    let name = words.flag(b'k')?;
    let len = decimal::parse(words.flag(b's')?).ok()?;
    let marks = words.marks()?;
    Some((name, ItemState { len, marks }))
}

/// Reads what became of a command that changes an item. Where its new version was
/// asked for, memcached names one even if nothing was stored, which means nothing.
pub(super) fn read_status<P>(
    lines: &[(&[u8], Status)],
    with_version: bool,
    line: &[u8],
) -> Result<Reply<P>, ProtocolError> {
    let mut words = Words::of(line);
    let first = words.next().unwrap_or_default();
    let Some((_, status)) = lines.iter().find(|(text, _)| *text == first) else {
        return read_refusal(line);
    };
    let version = if with_version && line != first {
        let version = words.flag(b'c').and_then(|word| decimal::parse(word).ok());
        Some(version.ok_or_else(|| ProtocolError::unexpected(line))?)
    } else {
        None
    };
    match (status, version) {
        _ if words.next().is_some() => Err(ProtocolError::unexpected(line)),
        (Status::Stored, Some(version)) => Ok(Reply::StoredAs(version)),
        (Status::Stored, None) if with_version => Err(ProtocolError::unexpected(line)),
        _ => Ok(Reply::Status(*status)),
    }
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

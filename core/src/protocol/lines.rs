//! What the lines of replies mean. Lines come without their CR LF; a word or a
//! space too many makes one unreadable.

use super::error::{ProtocolError, excerpt};
use super::key::Key;
use super::limits::VALUE_MAX;
use super::reply::{Expect, Reply};
use super::value::{Pieces, Value};

/// What the first line of a reply means.
pub(super) enum Step<P> {
    /// It is the reply.
    Done(Reply<P>),
    /// Data follows, as much as `len` says.
    Value(Value<P>),
}

/// Reads the first line of a reply.
pub(super) fn first<P>(expect: Expect<'_>, line: &[u8]) -> Result<Step<P>, ProtocolError> {
    if let Some(text) = complaint(line, b"SERVER_ERROR") {
        return Ok(Step::Done(Reply::ServerError(text)));
    }
    check_refusal(line)?;
    let (key, with_cas) = match expect {
        Expect::Value { key } => (key, false),
        Expect::ValueWithCas { key } => (key, true),
        Expect::Stored => {
            return match line {
                b"STORED" => Ok(Step::Done(Reply::Stored)),
                b"NOT_STORED" => Ok(Step::Done(Reply::NotStored)),
                _ => Err(ProtocolError::unexpected(line)),
            };
        }
    };
    if line == b"END" {
        return Ok(Step::Done(Reply::Miss));
    }
    match line.strip_prefix(b"VALUE ") {
        Some(words) => value(key, with_cas, line, words).map(Step::Value),
        None => Err(ProtocolError::unexpected(line)),
    }
}

/// Reads the line behind a value.
pub(super) fn last(line: &[u8]) -> Result<(), ProtocolError> {
    check_refusal(line)?;
    if line == b"END" {
        Ok(())
    } else {
        Err(ProtocolError::unexpected(line))
    }
}

/// Errors that mean that the server read something else than was sent.
fn check_refusal(line: &[u8]) -> Result<(), ProtocolError> {
    if line == b"ERROR" {
        return Err(ProtocolError::UnknownCommand);
    }
    complaint(line, b"CLIENT_ERROR").map_or(Ok(()), |text| Err(ProtocolError::ClientError(text)))
}

/// What the server says behind `word`, if the line begins with that word
/// (protocol.txt, "Error strings").
fn complaint(line: &[u8], word: &[u8]) -> Option<Box<str>> {
    let text = line.strip_prefix(word)?;
    let is_word = text.first().is_none_or(|&byte| byte == b' ');
    is_word.then(|| excerpt(text.trim_ascii()))
}

/// The `words` behind `VALUE` in `line`: `KEY FLAGS LEN`, then `CAS` if that was
/// asked for, parted by one space each.
fn value<P>(
    key: &Key,
    with_cas: bool,
    line: &[u8],
    words: &[u8],
) -> Result<Value<P>, ProtocolError> {
    let bad = || ProtocolError::BadValueLine(excerpt(line));
    let mut words = words.split(|&byte| byte == b' ');
    let name = words.next().ok_or_else(bad)?;
    let mut number = || words.next().and_then(decimal).ok_or_else(bad);
    let flags = u32::try_from(number()?).map_err(|_| bad())?;
    let len = number()?;
    let cas = if with_cas { Some(number()?) } else { None };
    if words.next().is_some() {
        return Err(bad());
    }
    if name != key.as_bytes() {
        return Err(ProtocolError::WrongKey(excerpt(name)));
    }
    if len > VALUE_MAX {
        return Err(ProtocolError::ValueTooLong);
    }
    Ok(Value {
        flags,
        cas,
        len,
        pieces: Pieces::default(),
    })
}

/// A number of digits alone, below 2^64.
fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

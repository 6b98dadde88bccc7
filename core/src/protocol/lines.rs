//! What the lines of replies mean. Lines come without their CR LF; a word or a
//! space too many makes one unreadable.

use super::error::{ProtocolError, excerpt};
use super::key::Key;
use super::limits::VALUE_MAX;
use super::reply::{Expect, KeyList, Reply};
use super::value::{Pieces, Value};

/// What the first line of a reply means.
pub(super) enum Step<P> {
    /// It is the reply.
    Done(Reply<P>),
    /// Data follows, as much as `len` says.
    Value(Value<P>),
    /// Likewise, of the key at this position among several.
    ValueOf(usize, Value<P>),
}

/// Reads the first line of a reply.
pub(super) fn first<P>(expect: Expect<'_>, line: &[u8]) -> Result<Step<P>, ProtocolError> {
    if let Some(text) = complaint(line, b"SERVER_ERROR") {
        return Ok(Step::Done(Reply::ServerError(text)));
    }
    if let Expect::Number = expect
        && let Some(text) = complaint(line, b"CLIENT_ERROR")
    {
        return Ok(Step::Done(Reply::NotCountable(text)));
    }
    check_refusal(line)?;
    let reply = match (expect, line) {
        (Expect::Value { .. } | Expect::ValueWithCas { .. }, b"END") => Reply::Miss,
        (Expect::Value { key }, _) => return one_value(key, false, line),
        (Expect::ValueWithCas { key }, _) => return one_value(key, true, line),
        (Expect::Values { keys, with_cas }, _) => {
            return Ok(match next(keys, with_cas, &[], line)? {
                None => Step::Done(Reply::Values(Vec::new())),
                Some((at, value)) => Step::ValueOf(at, value),
            });
        }
        (Expect::Stored | Expect::StoredIfSame, b"STORED") => Reply::Stored,
        (Expect::Stored | Expect::StoredIfSame, b"NOT_STORED") => Reply::NotStored,
        (Expect::StoredIfSame, b"EXISTS") => Reply::Exists,
        (Expect::Deleted, b"DELETED") => Reply::Deleted,
        (Expect::Touched, b"TOUCHED") => Reply::Touched,
        (
            Expect::StoredIfSame | Expect::Deleted | Expect::Touched | Expect::Number,
            b"NOT_FOUND",
        ) => Reply::NotFound,
        (Expect::Number, _) => match decimal(line) {
            Some(number) => Reply::Number(number),
            None => return Err(ProtocolError::unexpected(line)),
        },
        _ => return Err(ProtocolError::unexpected(line)),
    };
    Ok(Step::Done(reply))
}

fn one_value<P>(key: &Key, with_cas: bool, line: &[u8]) -> Result<Step<P>, ProtocolError> {
    let (name, value) = value(with_cas, line)?;
    if name == key.as_bytes() {
        check_len(&value)?;
        Ok(Step::Value(value))
    } else {
        Err(ProtocolError::WrongKey(excerpt(name)))
    }
}

/// Reads a line that begins a value of one of `keys`, of which those in `found`
/// had theirs; `None` if it says that there are no more.
pub(super) fn next<P>(
    keys: &dyn KeyList,
    with_cas: bool,
    found: &[(usize, Value<P>)],
    line: &[u8],
) -> Result<Option<(usize, Value<P>)>, ProtocolError> {
    check_refusal(line)?;
    if line == b"END" {
        return Ok(None);
    }
    let (name, value) = value(with_cas, line)?;
    // Most servers keep to the order of the keys.
    let likely = found.last().map_or(0, |(at, _)| at + 1);
    let is_it = |at: &usize| {
        keys.at(*at).is_some_and(|key| key.as_bytes() == name)
            && found.iter().all(|(other, _)| other != at)
    };
    let at = (likely..keys.count()).find(is_it);
    let at = at.or_else(|| (0..likely).find(is_it));
    let at = at.ok_or_else(|| ProtocolError::WrongKey(excerpt(name)))?;
    check_len(&value)?;
    Ok(Some((at, value)))
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
pub(super) fn complaint(line: &[u8], word: &[u8]) -> Option<Box<str>> {
    let text = line.strip_prefix(word)?;
    let is_word = text.first().is_none_or(|&byte| byte == b' ');
    is_word.then(|| excerpt(text.trim_ascii()))
}

/// Reads `VALUE KEY FLAGS LEN`, then `CAS` if that was asked for, parted by one
/// space each: the key, and the value without its data.
fn value<P>(with_cas: bool, line: &[u8]) -> Result<(&[u8], Value<P>), ProtocolError> {
    let Some(words) = line.strip_prefix(b"VALUE ") else {
        return Err(ProtocolError::unexpected(line));
    };
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
    let value = Value {
        flags,
        cas,
        len,
        pieces: Pieces::default(),
    };
    Ok((name, value))
}

fn check_len<P>(value: &Value<P>) -> Result<(), ProtocolError> {
    if value.len > VALUE_MAX {
        return Err(ProtocolError::ValueTooLong);
    }
    Ok(())
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

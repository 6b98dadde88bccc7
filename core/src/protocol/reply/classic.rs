//! What the lines of replies mean. Lines come without their CR LF; one word or
//! space too many makes a line unreadable.

use super::meta;
use super::vocabulary::{Found, KeyList, Reply, ReplyForm, Status, ValueLines};
use crate::decimal;
use crate::protocol::error::ProtocolError;
use crate::protocol::excerpt::excerpt;
use crate::protocol::limits::VALUE_MAX;
use crate::protocol::value::{Marks, Pieces, Value};

/// What a line means.
pub(super) enum Step<P> {
    /// It is the reply, or ends it in place of `END`.
    Done(Reply<P>),
    /// It begins the value of the key at this position; as many bytes of data
    /// follow as its length says.
    Value(usize, Found<P>),
    /// The server could not say whether there is one of the values.
    Refused(Box<str>),
    /// There are no more values.
    End,
}

/// Reads the first line of a reply.
pub(super) fn read_first<P>(form: ReplyForm<'_>, line: &[u8]) -> Result<Step<P>, ProtocolError> {
    match form {
        ReplyForm::Values {
            keys,
            lines,
            max_value,
        } => read_value_or_end(keys, lines, max_value, (&[], 0), line),
        ReplyForm::Status(lines) => read_status(lines, line).map(Step::Done),
        ReplyForm::Number => read_number(line).map(Step::Done),
        ReplyForm::Version => read_version(line).map(Step::Done),
        ReplyForm::MetaStatus {
            lines,
            with_version,
        } => meta::read_status(lines, with_version, line).map(Step::Done),
        ReplyForm::MetaState(key) => meta::read_state(key, line).map(Step::Done),
        ReplyForm::MetaNoop => meta::read_noop(line).map(Step::Done),
    }
}

fn read_status<P>(lines: &[(&[u8], Status)], line: &[u8]) -> Result<Reply<P>, ProtocolError> {
    if let Some(text) = error_text(line, b"SERVER_ERROR") {
        return Ok(Reply::ServerError(text));
    }
    check_refusal(line)?;
    let known = lines.iter().find(|(text, _)| *text == line);
    let (_, status) = known.ok_or_else(|| ProtocolError::unexpected(line))?;
    Ok(Reply::Status(*status))
}

fn read_number<P>(line: &[u8]) -> Result<Reply<P>, ProtocolError> {
    if let Some(text) = error_text(line, b"SERVER_ERROR") {
        return Ok(Reply::ServerError(text));
    }
    if let Some(text) = error_text(line, b"CLIENT_ERROR") {
        return Ok(Reply::NotCountable(text));
    }
    check_refusal(line)?;
    if line == b"NOT_FOUND" {
        return Ok(Reply::Status(Status::NotFound));
    }
    decimal::parse(line)
        .map(Reply::Number)
        .map_err(|_| ProtocolError::unexpected(line))
}

/// A server that does not know the command says so and goes on.
fn read_version<P>(line: &[u8]) -> Result<Reply<P>, ProtocolError> {
    if let Some(text) = error_text(line, b"VERSION") {
        return Ok(Reply::Version(text));
    }
    if line == b"ERROR" {
        return Ok(Reply::ServerError("ERROR".into()));
    }
    let refusal = error_text(line, b"SERVER_ERROR").or_else(|| error_text(line, b"CLIENT_ERROR"));
    refusal
        .map(Reply::ServerError)
        .ok_or_else(|| ProtocolError::unexpected(line))
}

/// Reads a line where a value of one of `keys` may begin, of which those in
/// `found` had theirs, and some were `refused`. Once every key had its answer only
/// an end may follow.
pub(super) fn read_value_or_end<P>(
    keys: &dyn KeyList,
    lines: ValueLines,
    max_value: u64,
    (found, refused): (&[(usize, Found<P>)], usize),
    line: &[u8],
) -> Result<Step<P>, ProtocolError> {
    let count = keys.count();
    let is_answered = found.len().saturating_add(refused) >= count;
    let first_word: &[u8] = match lines {
        ValueLines::Plain | ValueLines::WithVersion => b"VALUE ",
        ValueLines::Meta => b"VA ",
    };
    let Some(words) = line.strip_prefix(first_word) else {
        return match read_end(lines, line)? {
            Step::Refused(_) if is_answered => Err(ProtocolError::unexpected(line)),
            step => Ok(step),
        };
    };
    if is_answered {
        return Err(ProtocolError::unexpected(line));
    }
    let value = match lines {
        ValueLines::Plain => read_words(false, words),
        ValueLines::WithVersion => read_words(true, words),
        ValueLines::Meta => meta::read_value(words),
    };
    let (name, value) = value.ok_or_else(|| ProtocolError::BadValueLine(excerpt(line)))?;
    // Most servers keep to the order of the keys.
    let likely = found.last().map_or(0, |(at, _)| at.saturating_add(1));
    let is_it = |at: &usize| {
        keys.at(*at).is_some_and(|key| key.as_bytes() == name)
            && found.iter().all(|(other, _)| other != at)
    };
    let at = (likely..count).find(is_it);
    let at = at.or_else(|| (0..likely).find(is_it));
    let at = at.ok_or_else(|| ProtocolError::WrongKey(excerpt(name)))?;
    if value.len > VALUE_MAX {
        return Err(ProtocolError::ValueTooLong);
    }
    let found = if value.len > max_value {
        Found::TooLarge {
            len: value.len,
            marks: value.marks,
        }
    } else {
        Found::Value(value)
    };
    Ok(Step::Value(at, found))
}

/// Reads a line in which no value begins.
fn read_end<P>(lines: ValueLines, line: &[u8]) -> Result<Step<P>, ProtocolError> {
    let end: &[u8] = match lines {
        ValueLines::Plain | ValueLines::WithVersion => b"END",
        ValueLines::Meta => b"MN",
    };
    if line == end {
        return Ok(Step::End);
    }
    if let Some(text) = error_text(line, b"SERVER_ERROR") {
        return Ok(match lines {
            // Proxies end a reply so if they could not get the other part of it.
            ValueLines::Plain | ValueLines::WithVersion => Step::Done(Reply::ServerError(text)),
            // It answers one of several commands, and the others are answered too.
            ValueLines::Meta => Step::Refused(text),
        });
    }
    check_refusal(line)?;
    Err(ProtocolError::unexpected(line))
}

/// Errors that mean that the server read something other than what was sent.
pub(super) fn check_refusal(line: &[u8]) -> Result<(), ProtocolError> {
    if line == b"ERROR" {
        return Err(ProtocolError::UnknownCommand);
    }
    error_text(line, b"CLIENT_ERROR").map_or(Ok(()), |text| Err(ProtocolError::ClientError(text)))
}

/// What the server says after `word`, if the line begins with that word
/// (protocol.txt, "Error strings").
pub(super) fn error_text(line: &[u8], word: &[u8]) -> Option<Box<str>> {
    let text = line.strip_prefix(word)?;
    let is_word = text.first().is_none_or(|&byte| byte == b' ');
    is_word.then(|| excerpt(text.trim_ascii()))
}

/// Reads what follows `VALUE`: `KEY FLAGS LEN`, then `CAS` if that was asked for,
/// separated by one space each: the key, and the value without its data.
fn read_words<P>(with_version: bool, words: &[u8]) -> Option<(&[u8], Value<P>)> {
    let mut words = words.split(|&byte| byte == b' ');
    let name = words.next()?;
    let mut number = || decimal::parse(words.next()?).ok();
    let flags = u32::try_from(number()?).ok()?;
    let len = number()?;
    let marks = if with_version {
        Some(Box::new(Marks {
            version: number()?,
            ..Marks::default()
        }))
    } else {
        None
    };
    if words.next().is_some() {
        return None;
    }
    let value = Value {
        flags,
        marks,
        len,
        pieces: Pieces::default(),
    };
    Some((name, value))
}

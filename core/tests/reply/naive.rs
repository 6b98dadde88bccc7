//! The twin: reads a stream that is there as a whole, in the plainest way.

use memcached_core::protocol::{Key, ProtocolError};

use super::stream::{Asked, End, Seen};

/// `Ok(None)`: the bytes end early.
type Found<T> = Result<Option<T>, ProtocolError>;

pub fn parse(key: &Key, asked: &[Asked], mut bytes: &[u8]) -> (Vec<Seen>, End) {
    let mut seen = Vec::new();
    for &due in asked {
        match reply(key, due, bytes) {
            Ok(Some((reply, len))) => {
                seen.push(reply);
                bytes = &bytes[len..];
            }
            Ok(None) if bytes.is_empty() => return (seen, End::Between),
            Ok(None) => return (seen, End::Within),
            Err(error) => return (seen, End::Broken(error)),
        }
    }
    (seen, End::Left(bytes.len()))
}

/// A line without its end, if it is there as a whole.
fn line(bytes: &[u8]) -> Found<&[u8]> {
    let start = &bytes[..bytes.len().min(2048)];
    match start.iter().position(|&byte| byte == b'\n') {
        None if start.len() == 2048 => Err(ProtocolError::LineTooLong),
        None => Ok(None),
        Some(end) if end > 0 && start[end - 1] == b'\r' => Ok(Some(&start[..end - 1])),
        Some(_) => Err(ProtocolError::BadLineEnd),
    }
}

/// One reply and its length.
fn reply(key: &Key, asked: Asked, bytes: &[u8]) -> Found<(Seen, usize)> {
    let Some(first) = line(bytes)? else {
        return Ok(None);
    };
    let len = first.len() + 2;
    let words: Vec<&[u8]> = first.split(|&byte| byte == b' ').collect();
    let text = || excerpt(first.get(words[0].len()..).unwrap().trim_ascii());
    let simple = match (asked, words[0], words.len()) {
        (_, b"SERVER_ERROR", _) => Seen::ServerError(text().into()),
        (_, b"ERROR", 1) => return Err(ProtocolError::UnknownCommand),
        (_, b"CLIENT_ERROR", _) => return Err(ProtocolError::ClientError(text())),
        (Asked::Set, b"STORED", 1) => Seen::Stored,
        (Asked::Set, b"NOT_STORED", 1) => Seen::NotStored,
        (Asked::Get | Asked::Gets, b"END", 1) => Seen::Miss,
        (Asked::Get | Asked::Gets, b"VALUE", 2..) => {
            let found = value(key, asked == Asked::Gets, first, &words, &bytes[len..])?;
            return Ok(found.map(|(value, more)| (value, len + more)));
        }
        _ => return Err(ProtocolError::unexpected(first)),
    };
    Ok(Some((simple, len)))
}

/// What follows the line `first`: a value and its length with all behind it.
fn value(
    key: &Key,
    with_cas: bool,
    first: &[u8],
    words: &[&[u8]],
    bytes: &[u8],
) -> Found<(Seen, usize)> {
    let bad = || ProtocolError::BadValueLine(excerpt(first));
    if words.len() != if with_cas { 5 } else { 4 } {
        return Err(bad());
    }
    let mut numbers = Vec::new();
    for word in &words[2..] {
        let text = String::from_utf8_lossy(word);
        if !text.chars().all(|letter| letter.is_ascii_digit()) {
            return Err(bad());
        }
        numbers.push(text.parse::<u64>().map_err(|_| bad())?);
    }
    let flags = numbers[0].try_into().map_err(|_| bad())?;
    if words[1] != key.as_bytes() {
        return Err(ProtocolError::WrongKey(excerpt(words[1])));
    }
    if numbers[1] > 1024 * 1024 * 1024 {
        return Err(ProtocolError::ValueTooLong);
    }
    let len = usize::try_from(numbers[1]).unwrap();
    let Some(tail) = bytes.get(len..) else {
        return Ok(None);
    };
    if tail.len() < 2 && b"\r\n".starts_with(tail) {
        return Ok(None);
    }
    if !tail.starts_with(b"\r\n") {
        return Err(ProtocolError::BadDataEnd);
    }
    match line(&tail[2..])? {
        None => Ok(None),
        Some(b"END") => {
            let value = Seen::Value {
                flags,
                cas: numbers.get(2).copied(),
                data: bytes[..len].to_vec(),
            };
            Ok(Some((value, len + 2 + 5)))
        }
        Some(b"ERROR") => Err(ProtocolError::UnknownCommand),
        Some(other) => match other.strip_prefix(b"CLIENT_ERROR") {
            Some(text) if text.is_empty() || text[0] == b' ' => {
                Err(ProtocolError::ClientError(excerpt(text.trim_ascii())))
            }
            _ => Err(ProtocolError::unexpected(other)),
        },
    }
}

/// The text that errors show, taken from the one that can be made from outside.
fn excerpt(bytes: &[u8]) -> Box<str> {
    match ProtocolError::unexpected(bytes) {
        ProtocolError::Unexpected(text) => text,
        other => unreachable!("{other}"),
    }
}

//! The parser's naive twin: reads a stream that is there as a whole, in the
//! plainest way.

use crate::protocol::{Key, ProtocolError, Status, excerpt};

use super::naive_meta;
use super::stream::{Asked, End, Item, KEYS, Seen};

/// `Ok(None)`: the bytes end early.
pub(super) type Found<T> = Result<Option<T>, ProtocolError>;

/// The replies to commands about `key` in `bytes`, and how they end.
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
pub(super) fn line(bytes: &[u8]) -> Found<&[u8]> {
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
    if Asked::META.contains(&asked) {
        return naive_meta::reply(key, asked, bytes);
    }
    let Some(first) = line(bytes)? else {
        return Ok(None);
    };
    let len = first.len() + 2;
    let words: Vec<&[u8]> = first.split(|&byte| byte == b' ').collect();
    let text = || excerpt(first.get(words[0].len()..).unwrap().trim_ascii());
    let simple = match (asked, words[0], words.len()) {
        (_, b"SERVER_ERROR", _) | (Asked::Version, b"CLIENT_ERROR", _) => {
            Seen::ServerError(text().into())
        }
        (Asked::Count, b"CLIENT_ERROR", _) => Seen::NotCountable(text().into()),
        (Asked::Version, b"VERSION", _) => Seen::Version(text().into()),
        (Asked::Version, b"ERROR", 1) => Seen::ServerError("ERROR".into()),
        (_, b"ERROR", 1) => return Err(ProtocolError::UnknownCommand),
        (_, b"CLIENT_ERROR", _) => return Err(ProtocolError::ClientError(text())),
        (Asked::Set | Asked::Cas, b"STORED", 1) => Seen::Status(Status::Stored),
        (Asked::Set | Asked::Cas, b"NOT_STORED", 1) => Seen::Status(Status::NotStored),
        (Asked::Cas, b"EXISTS", 1) => Seen::Status(Status::Exists),
        (Asked::Delete, b"DELETED", 1) => Seen::Status(Status::Deleted),
        (Asked::Touch, b"TOUCHED", 1) => Seen::Status(Status::Touched),
        (Asked::Cas | Asked::Delete | Asked::Touch | Asked::Count, b"NOT_FOUND", 1) => {
            Seen::Status(Status::NotFound)
        }
        (Asked::Count, digits, 1) if digits.iter().all(u8::is_ascii_digit) => {
            let number = String::from_utf8_lossy(digits).parse();
            Seen::Number(number.map_err(|_| ProtocolError::unexpected(first))?)
        }
        (Asked::Many, _, _) => return several(bytes),
        (Asked::Get | Asked::Gets, b"END", 1) => Seen::MISS,
        (Asked::Get | Asked::Gets, b"VALUE", 2..) => {
            let found = value(key, asked == Asked::Gets, first, &words, &bytes[len..])?;
            let Some((value, more)) = found else {
                return Ok(None);
            };
            let len = len + more;
            let end = end(vec![(0, value)], &bytes[len..])?;
            return Ok(end.map(|(seen, more)| (seen, len + more)));
        }
        _ => return Err(ProtocolError::unexpected(first)),
    };
    Ok(Some((simple, len)))
}

/// The values of several keys.
fn several(bytes: &[u8]) -> Found<(Seen, usize)> {
    let mut values: Vec<(usize, Item)> = Vec::new();
    let mut len = 0;
    loop {
        if values.len() == KEYS.len() {
            let end = end(values, &bytes[len..])?;
            return Ok(end.map(|(seen, more)| (seen, len + more)));
        }
        let Some(first) = line(&bytes[len..])? else {
            return Ok(None);
        };
        let words: Vec<&[u8]> = first.split(|&byte| byte == b' ').collect();
        let text = || excerpt(first[words[0].len()..].trim_ascii());
        match (words[0], words.len()) {
            (b"END", 1) => return Ok(Some((Seen::Values(values), len + 5))),
            (b"SERVER_ERROR", _) => {
                let len = len + first.len() + 2;
                return Ok(Some((Seen::ServerError(text().into()), len)));
            }
            (b"ERROR", 1) => return Err(ProtocolError::UnknownCommand),
            (b"CLIENT_ERROR", _) => return Err(ProtocolError::ClientError(text())),
            (b"VALUE", 2..) => {}
            _ => return Err(ProtocolError::unexpected(first)),
        }
        let name = KEYS.iter().position(|key| key.as_bytes() == words[1]);
        let fresh = name.filter(|name| values.iter().all(|(at, _)| at != name));
        // Where none may come, one that no test sends.
        let none = [b'~'; 99];
        let key = Key::new(fresh.map_or(&none[..], |at| KEYS[at].as_bytes())).unwrap();
        len += first.len() + 2;
        let Some((value, more)) = value(&key, true, first, &words, &bytes[len..])? else {
            return Ok(None);
        };
        let Some(at) = fresh else {
            return Err(ProtocolError::WrongKey(excerpt(words[1])));
        };
        values.push((at, value));
        len += more;
    }
}

/// What follows the line `first`: a value, and the length of its data with CR LF.
fn value(
    key: &Key,
    with_cas: bool,
    first: &[u8],
    words: &[&[u8]],
    bytes: &[u8],
) -> Found<(Item, usize)> {
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
    let value = Item::new(flags, numbers.get(2).copied(), &bytes[..len]);
    Ok(Some((value, len + 2)))
}

/// The reply whose values are all there, and the length of its last line.
fn end(values: Vec<(usize, Item)>, bytes: &[u8]) -> Found<(Seen, usize)> {
    let Some(last) = line(bytes)? else {
        return Ok(None);
    };
    let words: Vec<&[u8]> = last.split(|&byte| byte == b' ').collect();
    let text = || excerpt(last[words[0].len()..].trim_ascii());
    let seen = match (words[0], words.len()) {
        (b"END", 1) => Seen::Values(values),
        (b"SERVER_ERROR", _) => Seen::ServerError(text().into()),
        (b"ERROR", 1) => return Err(ProtocolError::UnknownCommand),
        (b"CLIENT_ERROR", _) => return Err(ProtocolError::ClientError(text())),
        _ => return Err(ProtocolError::unexpected(last)),
    };
    Ok(Some((seen, last.len() + 2)))
}

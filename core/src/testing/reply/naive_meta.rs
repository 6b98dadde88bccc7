//! The naive twin's half that reads replies to meta commands.

use crate::protocol::{Key, Marks, ProtocolError, Status, excerpt};

use super::naive::{Found, line};
use super::stream::{Asked, Item, KEYS, Seen};

/// One reply to a meta command, and its length.
pub(super) fn reply(key: &Key, asked: Asked, bytes: &[u8]) -> Found<(Seen, usize)> {
    match asked {
        Asked::Lock => return values(&[key.as_str()], bytes),
        Asked::Locks => return values(&KEYS, bytes),
        _ => {}
    }
    let Some(first) = line(bytes)? else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(first);
    let words: Vec<&str> = text.split(' ').collect();
    let unexpected = || ProtocolError::unexpected(first);
    let seen = match (asked, &words[..]) {
        (Asked::Noop, ["MN"]) => Seen::MetaNoop,
        (Asked::Noop, ["ERROR"]) => Seen::ServerError("ERROR".into()),
        (_, ["SERVER_ERROR", ..]) | (Asked::Noop, ["CLIENT_ERROR", ..]) => {
            Seen::ServerError(after_word(first))
        }
        (Asked::Noop, _) => return Err(unexpected()),
        (_, ["ERROR"]) => return Err(ProtocolError::UnknownCommand),
        (_, ["CLIENT_ERROR", ..]) => {
            return Err(ProtocolError::ClientError(after_word(first).into()));
        }
        (Asked::MetaStore, ["HD"]) => Seen::Status(Status::Stored),
        (Asked::Renew, ["HD", version]) => {
            Seen::StoredAs(number(version, "c").ok_or_else(unexpected)?)
        }
        (Asked::MetaDelete, ["HD"]) => Seen::Status(Status::Deleted),
        (Asked::MetaStore, [word]) => Seen::Status(refused(word).ok_or_else(unexpected)?),
        (Asked::MetaDelete, ["NF"]) => Seen::Status(Status::NotFound),
        (Asked::MetaDelete, ["EX"]) => Seen::Status(Status::Exists),
        (Asked::Renew, [word, rest @ ..]) if rest.len() < 2 => {
            let is_number = rest.iter().all(|word| number(word, "c").is_some());
            let status = refused(word).filter(|_| is_number);
            Seen::Status(status.ok_or_else(unexpected)?)
        }
        (Asked::State, ["EN"]) => Seen::State(None),
        (Asked::State, ["EN", name]) if name.starts_with('k') => {
            expect_key(key, &first["EN k".len()..])?;
            Seen::State(None)
        }
        (Asked::State, ["EN", name, ..]) if name.starts_with('k') => {
            // A space is no part of a key.
            return Err(ProtocolError::WrongKey(excerpt(&first["EN k".len()..])));
        }
        (Asked::State, ["HD", name, len, rest @ ..]) => {
            let len = number(len, "s");
            let state = len.zip(marks(rest)).filter(|_| name.starts_with('k'));
            let state = state.ok_or_else(unexpected)?;
            let end = first[4..].iter().position(|&byte| byte == b' ');
            expect_key(key, &first[4..4 + end.unwrap()])?;
            Seen::State(Some(state))
        }
        _ => return Err(unexpected()),
    };
    Ok(Some((seen, first.len() + 2)))
}

fn expect_key(key: &Key, name: &[u8]) -> Result<(), ProtocolError> {
    if name == key.as_bytes() {
        return Ok(());
    }
    Err(ProtocolError::WrongKey(excerpt(name)))
}

fn after_word(line: &[u8]) -> String {
    let end = line.iter().position(|&byte| byte == b' ');
    let rest = end.map_or(&b""[..], |end| &line[end..]);
    excerpt(rest.trim_ascii()).into()
}

fn refused(word: &str) -> Option<Status> {
    match word {
        "NS" => Some(Status::NotStored),
        "EX" => Some(Status::Exists),
        "NF" => Some(Status::NotFound),
        _ => None,
    }
}

/// The number in a word after its letter.
fn number(word: &str, letter: &str) -> Option<u64> {
    let digits = word.strip_prefix(letter)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// Version and time to live, and what the server adds in any order, but once.
fn marks(words: &[&str]) -> Option<Marks> {
    let [version, ttl, added @ ..] = words else {
        return None;
    };
    let count = |mark: &str| added.iter().filter(|word| **word == mark).count();
    let (won, taken, stale) = (count("W"), count("Z"), count("X"));
    if won + taken + stale != added.len() || won + taken > 1 || stale > 1 {
        return None;
    }
    let ttl_left = if *ttl == "t-1" {
        None
    } else {
        Some(number(ttl, "t")?.try_into().unwrap_or(u32::MAX))
    };
    Some(Marks {
        version: number(version, "c")?,
        ttl_left,
        won: won > 0,
        taken: taken > 0,
        stale: stale > 0,
        ..Marks::default()
    })
}

/// The values of these keys, up to `MN`.
fn values(keys: &[&str], bytes: &[u8]) -> Found<(Seen, usize)> {
    let mut values: Vec<(usize, Item)> = Vec::new();
    let mut refusals: Vec<String> = Vec::new();
    let mut len = 0;
    loop {
        let Some(first) = line(&bytes[len..])? else {
            return Ok(None);
        };
        len += first.len() + 2;
        let text = String::from_utf8_lossy(first);
        let words: Vec<&str> = text.split(' ').collect();
        let is_over = values.len() + refusals.len() == keys.len();
        match &words[..] {
            ["MN"] => {
                let refusal = refusals.into_iter().next();
                let seen = refusal.map_or(Seen::Values(values), Seen::ServerError);
                return Ok(Some((seen, len)));
            }
            ["ERROR"] => return Err(ProtocolError::UnknownCommand),
            ["CLIENT_ERROR", ..] => {
                return Err(ProtocolError::ClientError(after_word(first).into()));
            }
            ["SERVER_ERROR", ..] if !is_over => refusals.push(after_word(first)),
            ["VA", _, ..] if !is_over => {
                let bad = || ProtocolError::BadValueLine(excerpt(first));
                let (name, flags, size, marks) = value(&words[1..]).ok_or_else(bad)?;
                let at = keys.iter().position(|key| *key == name);
                let at = at.filter(|at| values.iter().all(|(other, _)| other != at));
                let Some(at) = at else {
                    let start = first.iter().position(|&byte| byte == b'k').unwrap() + 1;
                    let end = first[start..].iter().position(|&byte| byte == b' ');
                    let name = &first[start..start + end.unwrap()];
                    return Err(ProtocolError::WrongKey(excerpt(name)));
                };
                if size > 1024 * 1024 * 1024 {
                    return Err(ProtocolError::ValueTooLong);
                }
                let size = usize::try_from(size).unwrap();
                let Some(tail) = bytes.get(len + size..) else {
                    return Ok(None);
                };
                if tail.len() < 2 && b"\r\n".starts_with(tail) {
                    return Ok(None);
                }
                if !tail.starts_with(b"\r\n") {
                    return Err(ProtocolError::BadDataEnd);
                }
                let (data, marks) = (bytes[len..len + size].to_vec(), Some(marks));
                values.push((at, Item { flags, marks, data }));
                len += size + 2;
            }
            _ => return Err(ProtocolError::unexpected(first)),
        }
    }
}

/// Key, flags, length and marks in the words after `VA`.
fn value<'w>(words: &[&'w str]) -> Option<(&'w str, u32, u64, Marks)> {
    let [len, name, flags, rest @ ..] = words else {
        return None;
    };
    Some((
        name.strip_prefix('k')?,
        number(flags, "f")?.try_into().ok()?,
        number(len, "")?,
        marks(rest)?,
    ))
}

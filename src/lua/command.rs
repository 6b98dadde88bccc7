//! From a script's command to a request.

use memcached_core::connection::Request;
use memcached_core::protocol::limits::VALUE_MAX;
use memcached_core::protocol::{Change, Count, Key, Ttl, exptime};

use crate::client::unix_now;
use crate::host::{Command, CommandKind};

/// So much of a bad key is shown.
const SHOWN_MAX: usize = 60;

/// Keys are taken as they are: to put a hash in place of a bad one would let a
/// script find under one name what it stored under another.
fn key(raw: &[u8]) -> Result<Key, String> {
    Key::new(raw).map_err(|error| {
        let shown = &raw[..raw.len().min(SHOWN_MAX)];
        let dots = if raw.len() > SHOWN_MAX { "..." } else { "" };
        format!("invalid key \"{}{dots}\": {error}", shown.escape_ascii())
    })
}

/// The request for a command.
///
/// # Errors
/// A key is not valid, or the value is larger than any server takes.
pub fn request(command: &Command<'_>) -> Result<Request<Vec<u8>>, String> {
    let [raw, more @ ..] = &command.keys[..] else {
        return Err("no keys".into());
    };
    if command.data.len() as u64 > VALUE_MAX {
        return Err(format!("a value is longer than {VALUE_MAX} bytes"));
    }
    let key_of_one = key(raw)?;
    if !more.is_empty() {
        let keys: Result<Vec<_>, _> = command.keys.iter().map(|raw| key(raw)).collect();
        let keys = keys?.into();
        return Ok(Request::GetsMany { keys });
    }
    let key = key_of_one;
    let change = match command.kind {
        CommandKind::Add => Change::Add,
        CommandKind::Replace => Change::Replace,
        CommandKind::Append => Change::Append,
        CommandKind::Prepend => Change::Prepend,
        CommandKind::Cas => Change::Cas(command.number),
        _ => return Ok(plain(command, key)),
    };
    Ok(Request::Change {
        change,
        key,
        flags: 0,
        exptime: exptime_of(command),
        data: command.data.to_vec(),
    })
}

fn plain(command: &Command<'_>, key: Key) -> Request<Vec<u8>> {
    let count = |count, key| Request::Count {
        count,
        key,
        delta: command.number,
    };
    match command.kind {
        CommandKind::Gets => Request::Gets { key },
        CommandKind::Delete => Request::Delete { key },
        CommandKind::Incr => count(Count::Up, key),
        CommandKind::Decr => count(Count::Down, key),
        CommandKind::Touch => Request::Touch {
            key,
            exptime: exptime_of(command),
        },
        CommandKind::Set => Request::Set {
            key,
            flags: 0,
            exptime: exptime_of(command),
            data: command.data.to_vec(),
        },
        _ => Request::Get { key },
    }
}

fn exptime_of(command: &Command<'_>) -> i64 {
    exptime(Ttl::from_secs(command.ttl_secs), unix_now())
}

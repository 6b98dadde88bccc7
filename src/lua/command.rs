//! From a script's command to one of memcached's.

use memcached_core::protocol::limits::VALUE_MAX;
use memcached_core::protocol::{
    self, Count, Delete, Direction, Key, Retrieve, Store, StoreMode, Touch, Ttl, excerpt, exptime,
};

use crate::client::unix_now;
use crate::host::{Command, CommandKind};

/// Keys are taken as they are: to put a hash in place of a bad one would let a
/// script find under one name what it stored under another.
fn key(raw: &[u8]) -> Result<Key, String> {
    Key::new(raw).map_err(|error| format!("invalid key \"{}\": {error}", excerpt(raw)))
}

/// The memcached command for a script's.
///
/// # Errors
/// A key is not valid, or the value is larger than any server takes.
pub(super) fn request(command: &Command<'_>) -> Result<protocol::Command<Vec<u8>>, String> {
    let [first, more @ ..] = &command.keys[..] else {
        return Err("no keys".into());
    };
    if command.data.len() as u64 > VALUE_MAX {
        return Err(format!("a value is longer than {VALUE_MAX} bytes"));
    }
    let first = key(first)?;
    if more.is_empty() {
        return Ok(about_one(command, first));
    }
    let more: Vec<Key> = more.iter().map(|raw| key(raw)).collect::<Result<_, _>>()?;
    Ok(Retrieve::several(first, more).with_cas().into())
}

fn about_one(command: &Command<'_>, key: Key) -> protocol::Command<Vec<u8>> {
    let mode = match command.kind {
        CommandKind::Get => return Retrieve::one(key).into(),
        CommandKind::Gets => return Retrieve::one(key).with_cas().into(),
        CommandKind::Delete => {
            let may_repeat = false;
            return Delete { key, may_repeat }.into();
        }
        CommandKind::Touch => {
            let exptime = exptime_of(command);
            return Touch { key, exptime }.into();
        }
        CommandKind::Incr => return count(command, Direction::Up, key),
        CommandKind::Decr => return count(command, Direction::Down, key),
        CommandKind::Set => StoreMode::Set,
        CommandKind::Add => StoreMode::Add,
        CommandKind::Replace => StoreMode::Replace,
        CommandKind::Append => StoreMode::Append,
        CommandKind::Prepend => StoreMode::Prepend,
        CommandKind::Cas => StoreMode::Cas(command.number),
    };
    protocol::Command::Store(Store {
        mode,
        key,
        flags: 0,
        exptime: exptime_of(command),
        data: command.data.to_vec(),
    })
}

fn count(command: &Command<'_>, direction: Direction, key: Key) -> protocol::Command<Vec<u8>> {
    protocol::Command::Count(Count {
        direction,
        key,
        delta: command.number,
    })
}

fn exptime_of(command: &Command<'_>) -> i64 {
    exptime(Ttl::from_secs(command.ttl_secs), unix_now())
}

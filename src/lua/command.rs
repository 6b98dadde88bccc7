//! From a script's command to one of memcached's.

use std::time::Duration;

use memcached_core::namespace::Name;
use memcached_core::protocol::limits::VALUE_MAX;
use memcached_core::protocol::{
    self, Count, Delete, Direction, Key, Retrieve, Store, StoreMode, Touch, Ttl, excerpt, exptime,
};
use memcached_core::purge::{Mode, Purge};

use crate::client::unix_now;
use crate::host::{Command, CommandKind};

/// Keys are taken as they are: to put a hash in place of a bad one would let a
/// script find under one name what it stored under another.
fn key(raw: &[u8]) -> Result<Key, String> {
    Key::new(raw).map_err(|error| format!("invalid key \"{}\": {error}", excerpt(raw)))
}

/// What a script asks for.
pub(super) enum Request {
    /// The value of one key, which may be one that was found so long ago.
    Near(Key, Duration),
    /// One command.
    Command(protocol::Command<Vec<u8>>),
    /// The purge of an item, which may take several.
    Purge(Purge),
    /// All items of a namespace are given up.
    Bump(Name),
}

/// What a script's command asks for.
///
/// # Errors
/// A key is not valid, or the value is larger than any server takes.
pub(super) fn request(command: &Command<'_>) -> Result<Request, String> {
    let [first, more @ ..] = &command.keys[..] else {
        return Err("no keys".into());
    };
    if command.data.len() as u64 > VALUE_MAX {
        return Err(format!("a value is longer than {VALUE_MAX} bytes"));
    }
    if more.is_empty() {
        return about_one(command, first);
    }
    let more: Vec<Key> = more.iter().map(|raw| key(raw)).collect::<Result<_, _>>()?;
    let all = Retrieve::several(key(first)?, more).with_cas();
    Ok(Request::Command(all.into()))
}

fn about_one(command: &Command<'_>, raw: &[u8]) -> Result<Request, String> {
    Ok(match command.kind {
        CommandKind::Bump => {
            let invalid = |error| format!("invalid namespace \"{}\": {error}", excerpt(raw));
            Request::Bump(Name::new(raw).map_err(invalid)?)
        }
        CommandKind::Invalidate => {
            Request::Purge(Purge::new(key(raw)?, Mode::Soft(command.ttl_secs)))
        }
        CommandKind::Get if command.near_ms > 0 => {
            Request::Near(key(raw)?, Duration::from_millis(command.near_ms.into()))
        }
        CommandKind::Get => plain(Retrieve::one(key(raw)?)),
        CommandKind::Gets => plain(Retrieve::one(key(raw)?).with_cas()),
        CommandKind::Delete => {
            let (key, may_repeat) = (key(raw)?, false);
            plain(Delete { key, may_repeat })
        }
        CommandKind::Touch => {
            let (key, exptime) = (key(raw)?, exptime_of(command));
            plain(Touch { key, exptime })
        }
        CommandKind::Incr => plain(count(command, Direction::Up, key(raw)?)),
        CommandKind::Decr => plain(count(command, Direction::Down, key(raw)?)),
        CommandKind::Set => plain(store(command, StoreMode::Set, key(raw)?)),
        CommandKind::Add => plain(store(command, StoreMode::Add, key(raw)?)),
        CommandKind::Replace => plain(store(command, StoreMode::Replace, key(raw)?)),
        CommandKind::Append => plain(store(command, StoreMode::Append, key(raw)?)),
        CommandKind::Prepend => plain(store(command, StoreMode::Prepend, key(raw)?)),
        CommandKind::Cas => {
            let mode = StoreMode::Cas(command.number);
            plain(store(command, mode, key(raw)?))
        }
    })
}

fn plain(command: impl Into<protocol::Command<Vec<u8>>>) -> Request {
    Request::Command(command.into())
}

fn store(command: &Command<'_>, mode: StoreMode, key: Key) -> Store<Vec<u8>> {
    Store {
        mode,
        key,
        flags: 0,
        exptime: exptime_of(command),
        data: command.data.to_vec(),
    }
}

fn count(command: &Command<'_>, direction: Direction, key: Key) -> Count {
    Count {
        direction,
        key,
        delta: command.number,
    }
}

fn exptime_of(command: &Command<'_>) -> i64 {
    exptime(Ttl::from_secs(command.ttl_secs), unix_now())
}

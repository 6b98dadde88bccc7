//! From a script's command to one of memcached's.

use std::time::Duration;

use memcached_core::namespace::Name;
use memcached_core::protocol::limits::VALUE_MAX;
use memcached_core::protocol::{
    self, Count, Direction, Key, Retrieve, Store, StoreMode, Touch, Ttl, excerpt, exptime,
};
use memcached_core::purge::{Mode, Purge};

use crate::client::unix_now;
use crate::host::{Command, CommandKind};

/// Keys are taken as they are: to put a hash in place of a bad one would let a
/// script find under one name what it stored under another.
pub(super) fn key(raw: &[u8]) -> Result<Key, String> {
    Key::new(raw).map_err(|error| format!("invalid key \"{}\": {error}", excerpt(raw)))
}

/// What a script asks for.
pub(super) enum Request {
    /// The value of one key, which may be one that was found so long ago.
    Near(Key, Duration),
    /// The values of several keys, with their versions.
    Several(Vec<Key>),
    /// One command about this key.
    Command(Key, protocol::Command<Vec<u8>>),
    /// An item is deleted.
    Delete(Key),
    /// The purge of an item, which may take several commands.
    Purge(Purge),
    /// All items of a namespace are given up.
    Bump(Name),
}

/// What a script's command asks for. `longest` tells how long an item of a key may live
/// at most, in seconds, if there is such a bound.
///
/// # Errors
/// A key is not valid, or the value is larger than any server takes.
pub(super) fn request(
    command: &Command<'_>,
    longest: impl Fn(&Key) -> Option<u32>,
) -> Result<Request, String> {
    let [raw] = &command.keys[..] else {
        if command.keys.is_empty() {
            return Err("no keys".into());
        }
        let keys = command.keys.iter().map(|raw| key(raw));
        return Ok(Request::Several(keys.collect::<Result<_, _>>()?));
    };
    if command.data.len() as u64 > VALUE_MAX {
        return Err(format!("a value is longer than {VALUE_MAX} bytes"));
    }
    if command.kind == CommandKind::Bump {
        let invalid = |error| format!("invalid namespace \"{}\": {error}", excerpt(raw));
        return Ok(Request::Bump(Name::new(raw).map_err(invalid)?));
    }
    let key = key(raw)?;
    let made = |command: protocol::Command<Vec<u8>>| Request::Command(key.clone(), command);
    let exptime = || exptime_of(command, longest(&key));
    let store = |mode| {
        let (key, exptime) = (key.clone(), exptime());
        let (flags, data) = (0, command.data.to_vec());
        made(
            Store {
                mode,
                key,
                flags,
                exptime,
                data,
            }
            .into(),
        )
    };
    let count = |direction| {
        let (key, delta) = (key.clone(), command.number);
        made(
            Count {
                direction,
                key,
                delta,
            }
            .into(),
        )
    };
    Ok(match command.kind {
        CommandKind::Bump => return Err("no key".into()),
        CommandKind::Invalidate => Request::Purge(Purge::new(key, Mode::Soft(command.ttl_secs))),
        CommandKind::Get if command.near_ms > 0 => {
            Request::Near(key, Duration::from_millis(command.near_ms.into()))
        }
        CommandKind::Get => made(Retrieve::one(key.clone()).into()),
        CommandKind::Gets => made(Retrieve::one(key.clone()).with_cas().into()),
        CommandKind::Delete => Request::Delete(key),
        CommandKind::Touch => {
            let (key, exptime) = (key.clone(), exptime());
            made(Touch { key, exptime }.into())
        }
        CommandKind::Incr => count(Direction::Up),
        CommandKind::Decr => count(Direction::Down),
        CommandKind::Set => store(StoreMode::Set),
        CommandKind::Add => store(StoreMode::Add),
        CommandKind::Replace => store(StoreMode::Replace),
        CommandKind::Append => store(StoreMode::Append),
        CommandKind::Prepend => store(StoreMode::Prepend),
        CommandKind::Cas => store(StoreMode::Cas(command.number)),
    })
}

fn exptime_of(command: &Command<'_>, longest: Option<u32>) -> i64 {
    let secs = match (command.ttl_secs, longest) {
        // 0 is for ever.
        (0, Some(longest)) => longest,
        (secs, Some(longest)) => secs.min(longest),
        (secs, None) => secs,
    };
    exptime(Ttl::from_secs(secs), unix_now())
}

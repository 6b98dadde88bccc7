//! The commands by which it is decided who makes a page.

use super::run::NewItem;
use crate::protocol::limits::RELATIVE_TTL_MAX;
use crate::protocol::{
    Command, Delete, Key, MetaDelete, MetaState, MetaStore, Store, StoreMode, sha1_hex,
};

/// Flags of an empty item that is the place of a page which somebody is making.
pub const LOCK_FLAGS: u32 = 65538;

/// Flags of an empty item that says: the answer may not be stored.
pub const MARKER_FLAGS: u32 = 65537;

/// Names the locks of servers without meta commands.
const LOCK_PREFIX: &[u8] = b"mod_memcached:lock:";

pub(super) type Data = Command<Vec<u8>>;

/// An empty item.
fn empty(flags: u32, secs: u32) -> NewItem {
    NewItem {
        flags,
        exptime: i64::from(secs.max(1)).min(RELATIVE_TTL_MAX),
        data: Vec::new(),
    }
}

/// The item that says for so many seconds that an answer may not be stored.
pub(super) fn marker(secs: u32) -> NewItem {
    empty(MARKER_FLAGS, secs)
}

/// Stores by version: `ms`.
pub(super) fn replace(key: Key, version: u64, item: NewItem) -> Data {
    Command::MetaStore(MetaStore {
        key,
        flags: item.flags,
        exptime: item.exptime,
        version,
        with_version: false,
        data: item.data,
    })
}

/// Makes a lock last for so many seconds more: `ms`, which tells the new version.
pub(super) fn renew(key: Key, version: u64, secs: u32) -> Data {
    let lock = empty(LOCK_FLAGS, secs);
    Command::MetaStore(MetaStore {
        key,
        flags: lock.flags,
        exptime: lock.exptime,
        version,
        with_version: true,
        data: lock.data,
    })
}

/// Leaves a page to the next one who looks, by version: `md I`. It keeps its life.
pub(super) fn release(key: Key, version: u64) -> Data {
    Command::MetaDelete(MetaDelete {
        key,
        version: Some(version),
        invalidate: true,
        ttl: None,
    })
}

/// Deletes by version: `md`.
pub(super) fn remove(key: Key, version: u64) -> Data {
    Command::MetaDelete(MetaDelete {
        key,
        version: Some(version),
        invalidate: false,
        ttl: None,
    })
}

/// Asks for the right to make a page anew that has less than so many seconds left:
/// `mg`.
pub(super) fn ask(key: Key, below: u32) -> Data {
    Command::MetaState(MetaState {
        key,
        refresh_below: Some(below),
    })
}

/// Stores: `set`, `add` or `cas`.
pub(super) fn store(key: Key, mode: StoreMode, item: NewItem) -> Data {
    Command::Store(Store {
        mode,
        key,
        flags: item.flags,
        exptime: item.exptime,
        data: item.data,
    })
}

/// Deletes: `delete`.
pub(super) fn delete(key: Key) -> Data {
    Command::Delete(Delete {
        key,
        may_repeat: true,
    })
}

/// The key of an item's lock on servers without meta commands. It is never too long.
pub(super) fn lock_key(key: &Key) -> Key {
    let mut name = LOCK_PREFIX.to_vec();
    name.extend_from_slice(&sha1_hex([key.as_bytes()]));
    Key::hashing(&name)
}

/// Takes such a lock for so many seconds: `add`.
pub(super) fn lock(key: &Key, secs: u32) -> Data {
    let item = NewItem {
        data: b"1".to_vec(),
        ..empty(LOCK_FLAGS, secs)
    };
    store(lock_key(key), StoreMode::Add, item)
}

/// Whether a command names a version, and so depends on a connection.
pub(super) fn names_version(command: &Data) -> bool {
    match command {
        Command::MetaStore(_) => true,
        Command::MetaDelete(delete) => delete.version.is_some(),
        Command::Store(store) => matches!(store.mode, StoreMode::Cas(_)),
        _ => false,
    }
}

//! A memcached as versions from 1.6.18 on are, without a wire: items with versions,
//! rights to make them, and an end.

use std::collections::HashMap;

use crate::lookup::Asks;
use crate::protocol::{
    Command, Found, ItemState, Key, Marks, MetaDelete, Pieces, Pin, Reply, Status, Store,
    StoreMode, Value,
};

/// An item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The number that it was stored with.
    pub flags: u32,
    /// The value.
    pub data: Vec<u8>,
    /// Changes with the item.
    pub version: u64,
    /// In seconds; `None` if it stays.
    pub end: Option<u64>,
    /// Somebody has the right to make it.
    pub is_taken: bool,
    /// It was marked as out of date.
    pub is_stale: bool,
}

/// All items of a server.
#[derive(Clone, Debug, Default)]
pub struct Memcached {
    items: HashMap<Key, Item>,
    last_version: u64,
    /// What it takes at most, in bytes; 0 if everything.
    pub item_max: usize,
}

fn end(now: u64, exptime: i64) -> Option<u64> {
    match u64::try_from(exptime) {
        Ok(0) => None,
        Ok(secs) => Some(now + secs),
        Err(_) => Some(now),
    }
}

impl Memcached {
    fn next_version(&mut self) -> u64 {
        self.last_version += 1;
        self.last_version
    }

    /// The item that is there at a time in seconds.
    pub fn item(&mut self, now: u64, key: &Key) -> Option<&mut Item> {
        let is_over = |item: &Item| item.end.is_some_and(|end| end <= now);
        if self.items.get(key).is_some_and(is_over) {
            self.items.remove(key);
        }
        self.items.get_mut(key)
    }

    /// Whether there is an item with a value, or was when it came to its end.
    #[must_use]
    pub fn has_value(&self, key: &Key) -> bool {
        self.items
            .get(key)
            .is_some_and(|item| !item.data.is_empty())
    }

    /// Loses an item.
    pub fn evict(&mut self, key: &Key) {
        self.items.remove(key);
    }

    /// Loses everything, and counts from the beginning again.
    pub fn restart(&mut self) {
        self.items.clear();
        self.last_version = 0;
    }

    fn marks(item: &mut Item, now: u64, pin: Pin, below: Option<u32>) -> Marks {
        let left = item.end.map(|end| end - now);
        let is_short = left
            .zip(below)
            .is_some_and(|(left, below)| left < below.into());
        let taken = item.is_taken;
        let won = !taken && (item.is_stale || is_short);
        item.is_taken |= won;
        Marks {
            version: item.version,
            ttl_left: left.map(|left| u32::try_from(left).unwrap()),
            won,
            taken,
            stale: item.is_stale,
            pin,
        }
    }

    /// What a lookup finds.
    pub fn look(&mut self, now: u64, key: &Key, asks: Asks, pin: Pin) -> Reply<Vec<u8>> {
        let value = |item: &Item, marks| {
            let mut pieces = Pieces::default();
            if !item.data.is_empty() {
                pieces.push(item.data.clone());
            }
            let value = Value {
                flags: item.flags,
                marks,
                len: item.data.len() as u64,
                pieces,
            };
            Reply::Values([(0, Found::Value(value))].into_iter().collect())
        };
        let version = self.last_version + 1;
        match (self.item(now, key), asks) {
            (None, Asks::Value | Asks::Version) => Reply::Values([].into_iter().collect()),
            (Some(item), Asks::Value) => value(item, None),
            (Some(item), Asks::Version) => {
                let marks = Marks {
                    version: item.version,
                    pin,
                    ..Marks::default()
                };
                value(item, Some(Box::new(marks)))
            }
            (Some(item), Asks::Lock(_)) => {
                let marks = Self::marks(item, now, pin, None);
                value(item, Some(Box::new(marks)))
            }
            (None, Asks::Lock(secs)) => {
                let item = Item {
                    flags: 0,
                    data: Vec::new(),
                    version,
                    end: Some(now + u64::from(secs)),
                    is_taken: true,
                    is_stale: false,
                };
                let marks = Marks {
                    version,
                    won: true,
                    pin,
                    ..Marks::default()
                };
                let reply = value(&item, Some(Box::new(marks)));
                self.last_version = version;
                self.items.insert(key.clone(), item);
                reply
            }
        }
    }

    fn put(&mut self, now: u64, key: &Key, flags: u32, exptime: i64, data: &[u8]) -> u64 {
        let version = self.next_version();
        let item = Item {
            flags,
            data: data.to_vec(),
            version,
            end: end(now, exptime),
            is_taken: false,
            is_stale: false,
        };
        self.items.insert(key.clone(), item);
        version
    }

    fn delete(&mut self, now: u64, delete: &MetaDelete) -> Status {
        let version = self.last_version + 1;
        match self.item(now, &delete.key) {
            None => return Status::NotFound,
            Some(item) if delete.version.is_some_and(|other| other != item.version) => {
                return Status::Exists;
            }
            Some(item) if delete.invalidate => {
                item.is_stale = true;
                item.is_taken = false;
                item.version = version;
                if let Some(secs) = delete.ttl {
                    item.end = end(now, secs.into());
                }
                self.last_version = version;
            }
            Some(_) => self.evict(&delete.key),
        }
        Status::Deleted
    }

    fn store(&mut self, now: u64, store: &Store<Vec<u8>>) -> Status {
        let there = self.item(now, &store.key).map(|item| item.version);
        match (store.mode, there) {
            (StoreMode::Add, Some(_)) => return Status::NotStored,
            (StoreMode::Cas(_), None) => return Status::NotFound,
            (StoreMode::Cas(version), Some(there)) if version != there => return Status::Exists,
            _ => {}
        }
        self.put(now, &store.key, store.flags, store.exptime, &store.data);
        Status::Stored
    }

    /// What becomes of a command.
    ///
    /// # Panics
    /// It is one that is not known here.
    pub fn run(&mut self, now: u64, command: &Command<Vec<u8>>, pin: Pin) -> Reply<Vec<u8>> {
        let len = command.data_len();
        if let Some(key) = command
            .changes()
            .filter(|_| self.item_max > 0 && len > self.item_max)
        {
            self.evict(key);
            return Reply::ServerError("object too large for cache".into());
        }
        match command {
            Command::MetaNoop(_) => Reply::MetaNoop,
            Command::MetaState(ask) => Reply::State(self.item(now, &ask.key).map(|item| {
                let marks = Self::marks(item, now, pin, ask.refresh_below);
                let len = item.data.len() as u64;
                ItemState { len, marks }
            })),
            Command::MetaStore(store) => {
                match self.item(now, &store.key).map(|item| item.version) {
                    None => return Reply::Status(Status::NotFound),
                    Some(version) if version != store.version => {
                        return Reply::Status(Status::Exists);
                    }
                    Some(_) => {}
                }
                let version = self.put(now, &store.key, store.flags, store.exptime, &store.data);
                if store.with_version {
                    Reply::StoredAs(version)
                } else {
                    Reply::Status(Status::Stored)
                }
            }
            Command::MetaDelete(delete) => Reply::Status(self.delete(now, delete)),
            Command::Store(store) => Reply::Status(self.store(now, store)),
            Command::Delete(delete) => {
                let is_there = self.item(now, &delete.key).is_some();
                self.evict(&delete.key);
                Reply::Status(if is_there {
                    Status::Deleted
                } else {
                    Status::NotFound
                })
            }
            other => panic!("{other:?}"),
        }
    }
}

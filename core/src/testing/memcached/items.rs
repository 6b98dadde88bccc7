//! Items: what they are, when they end, and who is told to make them.

use std::collections::BTreeMap;

use crate::protocol::Marks;

/// More seconds than this are a date (protocol.txt, "Expiration times").
const DATE_FROM: i64 = 60 * 60 * 24 * 30;

/// The items of a server. Times are in seconds since 1970.
#[derive(Clone, Debug)]
pub struct Items {
    /// The longest value that is taken, in bytes.
    pub value_max: usize,
    pub(super) by_key: BTreeMap<Vec<u8>, Item>,
    last_version: u64,
}

impl Default for Items {
    fn default() -> Self {
        Self {
            value_max: 1024 * 1024 - 100,
            by_key: BTreeMap::new(),
            last_version: 0,
        }
    }
}

/// An item.
#[derive(Clone, Debug)]
pub struct Item {
    /// The number that it was stored with.
    pub flags: u32,
    /// Its bytes.
    pub data: Vec<u8>,
    /// Another one after each change.
    pub version: u64,
    /// When it expires, if it ever does.
    pub ends: Option<u64>,
    /// Somebody was told to make it anew.
    pub is_taken: bool,
    /// It was marked as out of date.
    pub is_stale: bool,
}

/// An item as a lookup sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The number that it was stored with.
    pub flags: u32,
    /// Its bytes.
    pub data: Vec<u8>,
    /// What else a meta command tells.
    pub marks: Marks,
    /// Whether this very lookup has made it.
    pub is_new: bool,
}

impl Items {
    /// All is lost, and versions begin again: another process.
    pub fn restart(&mut self) {
        *self = Self {
            value_max: self.value_max,
            ..Self::default()
        };
    }

    /// An item makes room for others; whether it was there.
    pub fn evict(&mut self, key: &[u8]) -> bool {
        self.by_key.remove(key).is_some()
    }

    /// The item of a key, unless it has expired. To see it changes nothing.
    #[must_use]
    pub fn get(&self, now: u64, key: &[u8]) -> Option<&Item> {
        let item = self.by_key.get(key)?;
        item.ends.is_none_or(|end| now < end).then_some(item)
    }

    /// Removes the item of a key if it has expired.
    pub fn expire(&mut self, now: u64, key: &[u8]) -> Option<Item> {
        let has_expired = self.get(now, key).is_none();
        has_expired.then(|| self.by_key.remove(key)).flatten()
    }

    /// Looks an item up by a meta command: where there is none, an empty one is
    /// made if it is said for how long it `lives`; one that is stale, or has less
    /// than `refresh_below` seconds left, is to be made anew by the first who asks.
    pub fn look(
        &mut self,
        now: u64,
        key: &[u8],
        lives: Option<u32>,
        refresh_below: Option<u32>,
    ) -> Option<Looked> {
        if self.at(now, key).is_none() {
            let item = Item {
                flags: 0,
                data: Vec::new(),
                version: self.next_version(),
                ends: end(now, i64::from(lives?)),
                is_taken: true,
                is_stale: false,
            };
            let marks = Marks {
                version: item.version,
                won: true,
                ..Marks::default()
            };
            self.by_key.insert(key.to_vec(), item);
            return Some(Looked {
                flags: 0,
                data: Vec::new(),
                marks,
                is_new: true,
            });
        }
        let item = self.at(now, key)?;
        let left = item.ends.map(|end| end - now);
        let is_old = left.is_some_and(|left| left < refresh_below.unwrap_or(0).into());
        let won = !item.is_taken && (item.is_stale || is_old);
        let marks = Marks {
            version: item.version,
            ttl_left: left.map(|left| u32::try_from(left).unwrap_or(u32::MAX)),
            won,
            taken: item.is_taken,
            stale: item.is_stale,
            ..Marks::default()
        };
        item.is_taken |= won;
        Some(Looked {
            flags: item.flags,
            data: item.data.clone(),
            marks,
            is_new: false,
        })
    }

    /// The item of a key, unless it has expired.
    pub(super) fn at(&mut self, now: u64, key: &[u8]) -> Option<&mut Item> {
        self.expire(now, key);
        self.by_key.get_mut(key)
    }

    /// Puts an item in place of any other; its version.
    pub(super) fn put(&mut self, key: &[u8], flags: u32, ends: Option<u64>, data: Vec<u8>) -> u64 {
        let version = self.next_version();
        let item = Item {
            flags,
            data,
            version,
            ends,
            is_taken: false,
            is_stale: false,
        };
        self.by_key.insert(key.to_vec(), item);
        version
    }

    pub(super) fn next_version(&mut self) -> u64 {
        self.last_version += 1;
        self.last_version
    }
}

/// When an item ends that is given this time to live.
pub(super) fn end(now: u64, exptime: i64) -> Option<u64> {
    match exptime {
        0 => None,
        ..0 => Some(0),
        1..=DATE_FROM => Some(now + exptime.unsigned_abs()),
        _ => Some(exptime.unsigned_abs()),
    }
}

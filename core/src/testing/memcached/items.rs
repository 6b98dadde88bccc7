//! Items: what they are, when they end, and who is told to make them.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::FixedState;

use crate::protocol::Marks;

/// More seconds than this are a date (protocol.txt, "Expiration times").
const DATE_FROM: i64 = 60 * 60 * 24 * 30;

/// The items of a server. Times are in seconds since 1970.
#[derive(Clone, Debug)]
pub struct Items {
    /// The longest value that is taken, in bytes.
    pub value_max: usize,
    /// How many items there is room for. Those that were made first give way.
    pub room: usize,
    /// It has a defect, to see whether that is found.
    pub defect: Option<Defect>,
    /// What has happened to items, if that is to be noted.
    pub notes: Option<Vec<Note>>,
    pub(super) by_key: HashMap<Box<[u8]>, Item, FixedState>,
    by_age: VecDeque<Box<[u8]>>,
    last_version: u64,
}

/// What a server may do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// What is deleted stays.
    DeletesNothing,
    /// A version is not looked at.
    IgnoresVersions,
    /// The right to make what is missing is given to all who ask.
    GivesAllTheRight,
}

/// What has happened to an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The item's key.
    pub key: Box<[u8]>,
    /// What has happened.
    pub what: What,
}

/// What has happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Somebody was told to make it, who was named this version.
    Won(u64),
    /// It was stored, deleted or evicted, or has expired, and was no right alone that ended so.
    Changed,
    /// The right to make it has expired.
    RightEnded,
    /// It was marked as out of date, and given another time to live.
    Marked,
    /// It was marked as out of date by its version.
    Released,
}

impl Default for Items {
    fn default() -> Self {
        Self {
            value_max: 1024 * 1024 - 100,
            room: usize::MAX,
            defect: None,
            notes: None,
            by_key: HashMap::default(),
            by_age: VecDeque::new(),
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
            room: self.room,
            defect: self.defect,
            notes: self.notes.take(),
            ..Self::default()
        };
    }

    /// An item makes room for others; whether it was there.
    pub fn evict(&mut self, key: &[u8]) -> bool {
        let was_there = self.by_key.remove(key).is_some();
        if was_there {
            self.note(key, What::Changed);
        }
        was_there
    }

    /// The item of a key, unless it has expired. To see it changes nothing.
    #[must_use]
    pub fn get(&self, now: u64, key: &[u8]) -> Option<&Item> {
        let item = self.by_key.get(key)?;
        item.ends.is_none_or(|end| now < end).then_some(item)
    }

    /// Removes the item of a key if it has expired.
    pub fn expire(&mut self, now: u64, key: &[u8]) -> Option<Item> {
        if self.get(now, key).is_some() {
            return None;
        }
        let item = self.by_key.remove(key)?;
        self.note(
            key,
            if item.data.is_empty() {
                What::RightEnded
            } else {
                What::Changed
            },
        );
        Some(item)
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
            self.insert(key, item);
            self.note(key, What::Won(marks.version));
            return Some(Looked {
                flags: 0,
                data: Vec::new(),
                marks,
                is_new: true,
            });
        }
        let gives_all = self.defect == Some(Defect::GivesAllTheRight);
        let item = self.at(now, key)?;
        item.is_taken &= !gives_all;
        let left = item.ends.map(|end| end - now);
        let is_old = left.is_some_and(|left| left < refresh_below.unwrap_or(0).into());
        let is_right = gives_all && item.data.is_empty();
        let won = !item.is_taken && (item.is_stale || is_old || is_right);
        let marks = Marks {
            version: item.version,
            ttl_left: left.map(|left| u32::try_from(left).unwrap_or(u32::MAX)),
            won,
            taken: item.is_taken,
            stale: item.is_stale,
            ..Marks::default()
        };
        if !gives_all {
            item.is_taken |= won;
        }
        let looked = Looked {
            flags: item.flags,
            data: item.data.clone(),
            marks,
            is_new: false,
        };
        if won {
            self.note(key, What::Won(marks.version));
        }
        Some(looked)
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
        self.insert(key, item);
        version
    }

    fn insert(&mut self, key: &[u8], item: Item) {
        if let Some(old) = self.by_key.get_mut(key) {
            *old = item;
            return;
        }
        if self.room < usize::MAX {
            while self.by_key.len() >= self.room {
                let Some(oldest) = self.by_age.pop_front() else {
                    break;
                };
                self.evict(&oldest);
            }
            self.by_age.push_back(key.into());
        }
        self.by_key.insert(key.into(), item);
    }

    /// Two items change their values, or one loses its last byte: by a number that chance
    /// gave.
    pub fn spoil(&mut self, random: u64, is_torn: bool) {
        let mut keys: Vec<Box<[u8]>> = self.by_key.keys().cloned().collect();
        keys.retain(|key| {
            self.by_key
                .get(key)
                .is_some_and(|item| !item.data.is_empty())
        });
        keys.sort_unstable();
        let at = |random: u64| {
            let place = usize::try_from(random % keys.len().max(1) as u64).unwrap_or(0);
            keys.get(place).cloned()
        };
        let (Some(one), Some(other)) = (at(random), at(random >> 20)) else {
            return;
        };
        if is_torn {
            if let Some(item) = self.by_key.get_mut(&one) {
                item.data.pop();
            }
        } else {
            let data = |items: &Self, key: &[u8]| items.by_key.get(key).map(|it| it.data.clone());
            let both = [(&one, data(self, &other)), (&other, data(self, &one))];
            for (key, data) in both {
                if let (Some(item), Some(data)) = (self.by_key.get_mut(key), data) {
                    item.data = data;
                }
            }
        }
    }

    pub(super) fn note(&mut self, key: &[u8], what: What) {
        if let Some(notes) = &mut self.notes {
            let key = key.into();
            notes.push(Note { key, what });
        }
    }

    /// Every item makes room, of so many in a hundred, by a number that chance gave.
    pub fn evict_some(&mut self, percent: u64, random: u64) {
        let is_chosen = |key: &[u8]| {
            let sum = key.iter().fold(random | 1, |sum, byte| {
                (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
            });
            (sum >> 32) % 100 < percent
        };
        let mut chosen: Vec<Box<[u8]>> = self.by_key.keys().cloned().collect();
        chosen.retain(|key| is_chosen(key));
        for key in chosen {
            self.evict(&key);
        }
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

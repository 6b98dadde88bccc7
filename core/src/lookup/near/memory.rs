//! What is kept, within a bound of bytes.

use core::time::Duration;
use std::rc::Rc;

use quick_cache::unsync::Cache;
use quick_cache::{Equivalent, Lifecycle, Weighter};

use super::page::Page;
use super::stamps::Reading;
use crate::lookup::coalesce::ServerId;
use crate::lookup::hashing::Hashing;
use crate::lookup::place::Place;
use crate::protocol::Key;
use crate::time::Time;

/// Bytes that an item takes beside its value, its head and its key: of the allocations for
/// these, and of the table, with what that remembers of items that are gone.
const OVERHEAD: u64 = 448;

/// An item has about so many bytes; from that follows how many that are gone are remembered.
const USUAL_SIZE: u64 = 2048;

/// An item that would take more than this part of the capacity is not kept.
const LARGEST_PART: u64 = 8;

/// What was counted since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Values that were given out.
    pub hits: u64,
    /// Those among them that were older than is allowed while memcached answers.
    pub old: u64,
    /// Values that were kept.
    pub kept: u64,
    /// Those that gave way to others.
    pub evicted: u64,
}

struct Item<P> {
    key: Key,
    page: Rc<Page<P>>,
    /// When it was asked for.
    at: Time,
    /// It is fresh until then.
    fresh_until: Option<Time>,
    weight: u64,
}

/// A [`Place`] whose key is not made yet; both have the same hash.
#[derive(Hash)]
struct PlaceBytes<'a> {
    server: ServerId,
    key: &'a [u8],
}

impl Equivalent<Place> for PlaceBytes<'_> {
    fn equivalent(&self, place: &Place) -> bool {
        self.server == place.server && self.key == place.key.as_bytes()
    }
}

#[derive(Clone)]
struct ByWeight;

impl<P> Weighter<Place, Item<P>> for ByWeight {
    fn weight(&self, _: &Place, item: &Item<P>) -> u64 {
        item.weight
    }
}

#[derive(Clone)]
struct CountEvicted;

/// How many items gave way to one.
#[derive(Default)]
struct Evicted(u64);

impl<P> Lifecycle<Place, Item<P>> for CountEvicted {
    type RequestState = Evicted;

    fn on_evict(&self, evicted: &mut Evicted, _: Place, _: Item<P>) {
        evicted.0 += 1;
    }
}

type Items<P> = Cache<Place, Item<P>, ByWeight, Hashing, CountEvicted>;

/// Values that were found lately. It takes no memory before the first one is kept.
pub struct Near<P> {
    capacity: u64,
    items: Option<Items<P>>,
    stats: Stats,
}

impl<P> core::fmt::Debug for Near<P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Near")
            .field("capacity", &self.capacity)
            .field("len", &self.len())
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

impl<P> Near<P> {
    /// A cache for so many bytes; for none, nothing is kept.
    #[must_use]
    pub const fn new(capacity: u64) -> Self {
        Self {
            capacity,
            items: None,
            stats: Stats {
                hits: 0,
                old: 0,
                kept: 0,
                evicted: 0,
            },
        }
    }

    /// The key of these bytes, if there is a value for it: to share it costs less than to make one.
    #[must_use]
    pub fn key(&self, server: ServerId, key: &[u8]) -> Option<Key> {
        let item = self.items.as_ref()?.peek(&PlaceBytes { server, key })?;
        Some(item.key.clone())
    }

    /// A value that is fresh and was asked for less than `most` ago.
    pub fn find(&mut self, now: Time, place: &Place, most: Duration) -> Option<Rc<Page<P>>> {
        let item = self.items.as_ref()?.get(place)?;
        if now.since(item.at) >= most || item.fresh_until.is_some_and(|end| now >= end) {
            return None;
        }
        self.stats.hits += 1;
        Some(Rc::clone(&item.page))
    }

    /// A value that was asked for less than `most` ago, fresh or not, for one who could not ask
    /// memcached.
    pub fn find_old(&mut self, now: Time, place: &Place, most: Duration) -> Option<Rc<Page<P>>> {
        let item = self.items.as_ref()?.get(place)?;
        if now.since(item.at) >= most {
            return None;
        }
        self.stats.hits += 1;
        self.stats.old += 1;
        Some(Rc::clone(&item.page))
    }

    /// Whether a value that was read so would be kept, if it has `len` bytes: there is room for
    /// it, and none that is as new.
    #[must_use]
    pub(in crate::lookup) fn wants(&self, reading: &Reading, place: &Place, len: u64) -> bool {
        let is_known = |items: &Items<P>| items.peek(place).is_some_and(|it| it.at >= reading.at);
        len.saturating_add(OVERHEAD) <= self.largest() && !self.items.as_ref().is_some_and(is_known)
    }

    const fn largest(&self) -> u64 {
        self.capacity / LARGEST_PART
    }

    /// Keeps a value that is still fresh for so long, if that is known.
    pub(in crate::lookup) fn keep(
        &mut self,
        now: Time,
        reading: &Reading,
        place: Place,
        fresh_for: Option<Duration>,
        page: Page<P>,
    ) {
        let weight = page.size() + place.key.as_bytes().len() as u64 + OVERHEAD;
        if weight > self.largest() {
            return;
        }
        let capacity = self.capacity;
        let items = self.items.get_or_insert_with(|| {
            let usual = usize::try_from(capacity / USUAL_SIZE).unwrap_or(usize::MAX);
            let hasher = Hashing::default();
            Cache::with(usual, capacity, ByWeight, hasher, CountEvicted)
        });
        let item = Item {
            key: place.key.clone(),
            page: Rc::new(page),
            at: reading.at,
            fresh_until: fresh_for.map(|span| now + span),
            weight,
        };
        let mut evicted = Evicted::default();
        items.insert_with_lifecycle(place, item, &mut evicted);
        self.stats.kept += 1;
        self.stats.evicted += evicted.0;
    }

    /// Whether it may have anything.
    pub(in crate::lookup) const fn is_used(&self) -> bool {
        self.capacity > 0
    }

    /// Forgets the value of an item.
    pub fn remove(&mut self, place: &Place) {
        if let Some(items) = &mut self.items {
            items.remove(place);
        }
    }

    /// How many values it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.as_ref().map_or(0, Cache::len)
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that these take.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.items.as_ref().map_or(0, Cache::weight)
    }

    /// What was counted.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }
}

//! The plugin's type, and what it remembers of a request.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use memcached_core::lookup::lease::Awaited;
use memcached_core::policy::{Bypass, Conditions};
use memcached_core::protocol::{Key, Value};
use memcached_core::time::Time;

use smallvec::SmallVec;

use super::counting::Unfinished;
use super::handover::Handover;
use super::keys::{Keyed, Keys};
use super::lookup::Attended;
use super::note::Note;
use crate::client::{Client, LookupHandle, RunHandle, VisitHandle};
use crate::host::{BufferSlice, Timer, VRequest};

/// `mod_memcached` as the host sees it.
pub(crate) struct Memcached;

/// A request, within one call from the host.
pub(super) type Request<'a> = VRequest<'a, Memcached>;

/// The type of a body whose path has none in the configuration.
pub(super) const OTHER_TYPE: &[u8] = b"application/octet-stream";

/// What is remembered of a request until it ends. A lookup keeps it to itself while
/// it waits; it is moved from one to the other as it is, because an allocation
/// more for each hit would show.
#[derive(Default)]
pub(crate) struct RequestMemory {
    /// The last lookup that ran.
    pub(super) lookup: Option<LastLookup>,
    /// The conditions of the request, if it has any, as the last lookup of whole responses saw
    /// them.
    pub(super) conditions: Option<Box<Conditions>>,
    /// While its key is not known.
    pub(super) counting: Option<Box<Unfinished>>,
    /// While that is under way.
    pub(super) pending: Option<Pending>,
    /// What is known of a page that is made once for all.
    pub(super) making: Option<Box<Making>>,
    /// The keys of earlier lookups with the rights to make their pages. Their stores
    /// come after those of the last one.
    pub(super) outer: Vec<Outer>,
    /// The items that the request, which is not safe, makes out of date, as the last
    /// lookup saw it.
    pub(super) outdated: Option<Box<Outdated>>,
    /// What headers of the request were, while a backend sees others.
    pub(super) replaced: Option<Replaced>,
    /// What `Cache-Status` says or is going to say.
    pub(super) cache_status: Option<Note>,
    /// The body broke off before a store, which ends it for those behind it.
    pub(super) is_cut: bool,
    /// The response says what became of a purge, so that it is no reason for another.
    pub(super) is_of_purge: bool,
}

impl RequestMemory {
    /// The right to make the page that was looked up.
    pub(super) fn run(&self) -> Option<&RunHandle> {
        self.making.as_ref()?.run.as_ref()
    }

    /// Forgets the page of the last lookup, but not a right to make it.
    pub(super) fn begin_lookup(&mut self) {
        let making = self.making.take();
        let run = making.and_then(|making| making.run);
        let run = run.filter(|run| run.ended().is_none());
        let lookup = self.lookup.as_ref();
        if let Some((keys, key, run)) = lookup.and_then(|it| Some((&it.keys, it.key()?, run?))) {
            self.outer.push(Outer {
                keys: Arc::clone(keys),
                key: key.clone(),
                run,
            });
        }
    }

    /// The right of an earlier lookup to make the page of this key.
    pub(super) fn outer_run(&self, keys: &Keys, key: &Key) -> Option<&RunHandle> {
        let is_it = |it: &&Outer| it.key == *key && it.keys.pool().has_items_of(keys.pool());
        self.outer.iter().rev().find(is_it).map(|it| &it.run)
    }

    /// Memcached is being asked for the item, or for what its key is made of.
    pub(super) fn is_asking(&self) -> bool {
        self.counting.is_some() || self.pending.is_some()
    }

    /// The item of the last lookup is the response.
    pub(super) fn is_hit(&self) -> bool {
        self.lookup
            .as_ref()
            .is_some_and(|lookup| lookup.hit.is_some())
    }
}

impl Request<'_> {
    /// The body broke off: filters behind the one that saw it see a regular end.
    pub(super) fn remember_cut(&mut self) {
        let mut memory = self.take_state_or_new();
        memory.is_cut = true;
        self.set_state(memory);
    }
}

/// A right that an earlier lookup has.
pub(super) struct Outer {
    keys: Arc<Keys>,
    key: Key,
    run: RunHandle,
}

/// What a lookup waits for. Most of it is large and lives in boxes of its own, because each hit
/// takes room for this.
pub(super) enum Pending {
    /// The answer of memcached.
    Lookup(LookupHandle),
    /// The same, or that somebody else has made the page.
    Visit(Box<VisitHandle>),
    /// That a copy of the request has made it.
    Filling(Box<Filling>),
}

/// A request that waits until a copy of it has made the page.
pub(super) struct Filling {
    /// What came of the copy, once it has ended.
    pub(super) made: Rc<Cell<Option<Made>>>,
    /// Where it leaves what is not stored.
    pub(super) handover: Option<Handover>,
    /// The page that may be served if it could not be made.
    pub(super) otherwise: Option<Otherwise>,
    /// It waits no longer than that.
    pub(super) _limit: Option<Timer>,
    pub(super) _copy: Attended,
}

/// What came of a copy of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// The page is being stored.
    Page,
    /// A response that is not stored.
    Response,
    /// An error of the backend.
    Error,
    /// No whole response.
    Nothing,
    /// Nothing yet, and the client waits no longer.
    Late,
}

/// A page that may be served until a time if it cannot be made anew.
pub(super) struct Otherwise {
    pub(super) page: Value<BufferSlice>,
    pub(super) until: Time,
}

/// What is known of a page that is made once for all.
#[derive(Default)]
pub(super) struct Making {
    /// The right to make it, if this request has that.
    pub(super) run: Option<RunHandle>,
    /// The page that there is already, for which the backend was asked whether it is
    /// still right.
    pub(super) page: Option<Value<BufferSlice>>,
    /// A copy of the request has tried.
    pub(super) is_tried: bool,
    /// It was to make a page anew.
    pub(super) had_page: bool,
    /// What may be served if it could not.
    pub(super) otherwise: Option<Otherwise>,
    /// Where a copy leaves a response that it does not store.
    pub(super) handover: Option<Handover>,
    /// The request has waited for another one to make it.
    pub(super) awaited: Option<Awaited>,
}

/// A media type. Each miss of a body takes one, so that usual ones take no room elsewhere.
pub(super) type HitType = SmallVec<[u8; 32]>;

/// A lookup of a request.
#[derive(Clone)]
pub(super) struct LastLookup {
    pub(super) keys: Arc<Keys>,
    /// The key that it looked up, or why the request is not to be cached.
    pub(super) key: Result<Keyed, Bypass>,
    /// The position of the server that was asked, if it stands in for that of the key.
    pub(super) stand_in: Option<usize>,
    /// The item, if it is the response.
    pub(super) hit: Option<Hit>,
    /// `Content-Type` of a hit, after a miss where items are bodies.
    pub(super) hit_type: Option<HitType>,
}

impl LastLookup {
    /// It is about to be looked up, perhaps where another server stands in for its own.
    pub(super) fn begins(&mut self, client: &Client) {
        let key = self.key.as_ref().ok();
        let stand_in = |key: &Keyed| client.stand_in(self.keys.pool(), &key.key, None);
        self.stand_in = key.and_then(stand_in);
    }

    /// The key, if the request has one.
    pub(super) fn key(&self) -> Option<&Key> {
        self.key.as_ref().ok().map(|keyed| &keyed.key)
    }
}

/// An item that is the response.
#[derive(Clone, Copy)]
pub(super) struct Hit {
    /// When the origin made it, in seconds since 1970, if the item tells.
    pub(super) made_at: Option<u64>,
}

/// Items that a request makes out of date, if it succeeds.
#[derive(Clone)]
pub(super) struct Outdated {
    pub(super) keys: Arc<Keys>,
    /// The texts of all keys of its target, without the count of a namespace, or why
    /// that has none.
    pub(super) of_target: Result<Vec<Vec<u8>>, Bypass>,
}

/// The name of a header and its value.
pub(super) type HeaderLine = (Box<[u8]>, Box<[u8]>);

/// Headers that were replaced.
pub(super) struct Replaced {
    pub(super) headers: Vec<ReplacedHeader>,
    /// Lookups whose store has not run yet.
    pub(super) lookups: usize,
}

/// A header that was replaced.
pub(super) struct ReplacedHeader {
    pub(super) name: &'static [u8],
    /// All of its lines.
    pub(super) lines: Vec<HeaderLine>,
}

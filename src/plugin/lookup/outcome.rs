//! What is said of a request after a lookup, and what a store has to know of it.

use std::fmt::Display;
use std::sync::Arc;

use memcached_core::http::Forward;
use memcached_core::lookup::lease::Awaited;
use memcached_core::metrics::ActionCount;
use memcached_core::protocol::Key;

use crate::host::Level;
use crate::plugin::cache_status::{say_collapsed, say_hit};
use crate::plugin::keys::Keys;
use crate::plugin::memcached::{Hit, HitType, LastLookup, OTHER_TYPE, Request, RequestMemory};
use crate::plugin::note::{Missed, Note};
use crate::plugin::publish::{Item, Publisher};
use crate::plugin::seldom::{Once, OnceAMinute};

/// Why a request goes on without the cache.
pub(super) struct Passed<'a> {
    /// As what it is counted.
    pub(super) count: ActionCount,
    pub(super) forward: Forward,
    /// What `Cache-Status` says beside that.
    pub(super) detail: Option<&'a dyn Display>,
    /// The key, where none is remembered.
    pub(super) key: Option<&'a Key>,
    /// What `MEMCACHED_STATUS` says.
    pub(super) status: &'a str,
    pub(super) line: &'a dyn Display,
}

/// What is known of an item that is the response.
#[derive(Clone, Copy, Default)]
pub(super) struct Served {
    /// When the origin made it, in seconds since 1970, if the item tells.
    pub(super) made_at: Option<u64>,
    /// Seconds for which it is still fresh, where that is to be said.
    pub(super) fresh_secs: Option<u32>,
    pub(super) how: How,
}

/// How an item came to be the response.
#[derive(Clone, Copy, Default)]
pub(super) struct How {
    /// It is out of date.
    pub(super) is_stale: bool,
    /// Memcached was not asked now.
    pub(super) is_near: bool,
}

/// Publishes for one action of the configuration what became of its lookups.
pub(super) struct Outcomes {
    keys: Arc<Keys>,
    publisher: Publisher,
    encoded: OnceAMinute,
    large: Once,
}

impl Outcomes {
    pub(super) fn new(keys: Arc<Keys>) -> Self {
        let publisher = Publisher {
            action: keys.action(),
            variable: "MEMCACHED_STATUS",
        };
        Self {
            keys,
            publisher,
            encoded: OnceAMinute::default(),
            large: Once::default(),
        }
    }

    /// The item is the response.
    pub(super) fn hit(
        &self,
        vr: &mut Request<'_>,
        mut memory: Box<RequestMemory>,
        served: &Served,
    ) {
        if let Some(lookup) = &mut memory.lookup {
            let made_at = served.made_at;
            lookup.hit = Some(Hit { made_at });
        }
        let key = memory.lookup.as_ref().and_then(LastLookup::key);
        let options = &self.keys.options().common;
        let How { is_stale, is_near } = served.how;
        let detail = is_near.then_some("near");
        memory.cache_status = match self.joined(&memory).filter(|_| !is_stale && !is_near) {
            Some(forward) => say_collapsed(vr, options, key, forward, served.fresh_secs),
            None => say_hit(vr, options, key, served.fresh_secs, detail),
        };
        let (status, count) = match (is_stale, is_near) {
            (true, _) => ("stale", ActionCount::STALE),
            (false, true) => ("near", ActionCount::NEAR),
            (false, false) => ("hit", ActionCount::HIT),
        };
        self.count(vr, count);
        let item = self.item(memory.lookup.as_ref(), key);
        self.publish(vr, item, status, &status);
        vr.set_state(memory);
    }

    /// Why the request was forwarded that has made the page, if this one has waited for
    /// it.
    fn joined(&self, memory: &RequestMemory) -> Option<Forward> {
        Some(match memory.making.as_ref()?.awaited? {
            Awaited::Missing => self.keys.options().identity.forward_of_miss(),
            Awaited::Stale => Forward::Stale,
        })
    }

    /// The request goes on without the cache. What is known of it is remembered.
    pub(super) fn pass(
        &self,
        vr: &mut Request<'_>,
        mut memory: Box<RequestMemory>,
        passed: &Passed<'_>,
    ) {
        self.count(vr, passed.count);
        let options = &self.keys.options().common;
        let remembered = memory.lookup.as_ref().and_then(LastLookup::key);
        let key = passed.key.or(remembered);
        let item = self.item(memory.lookup.as_ref(), key);
        self.publish(vr, item, passed.status, passed.line);
        let missed = Missed::new(options, passed.forward, passed.detail, key);
        memory.cache_status = missed.map(|missed| Note::Due(Box::new(missed)));
        if let Some(lookup) = memory.lookup.as_mut().filter(|_| !options.headers) {
            lookup.hit_type = Some(HitType::from_slice(vr.type_of_path(OTHER_TYPE)));
        }
        vr.set_state(memory);
    }

    /// Counts something among the action's figures.
    pub(super) fn count(&self, vr: &Request<'_>, what: ActionCount) {
        if let Some(client) = vr.worker() {
            client.note(self.keys.id(), what);
        }
    }

    /// The item is the response, but the host did not take all of it.
    pub(super) fn tell_of_cut(&self, vr: &Request<'_>) {
        let line = &"the body could not be sent";
        self.publisher.log(vr, Level::Error, line);
    }

    /// An administrator may want to know of such an item, though the log does not
    /// say how requests are handled.
    pub(super) fn warn_of_encoded(&self, vr: &Request<'_>, memory: &RequestMemory, line: &str) {
        if let Some(left_out) = self.encoded.pass() {
            let lookup = memory.lookup.as_ref();
            let item = self.item(lookup, lookup.and_then(LastLookup::key));
            self.publisher
                .log(vr, Level::Warning, &format_args!("{line}{item}{left_out}"));
        }
    }

    /// A value that is too long for it is as good as none, and it will be there
    /// for some time.
    pub(super) fn warn_of_large(&self, vr: &Request<'_>, memory: &RequestMemory, line: &str) {
        if self.large.is_first() {
            let lookup = memory.lookup.as_ref();
            let item = self.item(lookup, lookup.and_then(LastLookup::key));
            self.publisher
                .log(vr, Level::Warning, &format_args!("{line}{item}"));
        }
    }

    fn publish(&self, vr: &mut Request<'_>, item: Item<'_>, status: &str, line: &dyn Display) {
        let environment = self.keys.options().common.environment;
        self.publisher.publish(vr, environment, item, status, line);
    }

    fn item<'a>(&'a self, lookup: Option<&LastLookup>, key: Option<&'a Key>) -> Item<'a> {
        Item {
            pool: self.keys.pool(),
            key,
            stand_in: lookup.and_then(|lookup| lookup.stand_in),
        }
    }
}

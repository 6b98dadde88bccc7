//! How a request goes on after a lookup: what is said of it, what a store has to
//! know of it, which action runs.

use std::ffi::CStr;
use std::fmt::Display;
use std::sync::Arc;

use memcached_core::http::Forward;
use memcached_core::protocol::Key;

use crate::host::{Action, Flow, Level, ResponseState};
use crate::plugin::cache_status::{say_hit, say_missed};
use crate::plugin::keys::Keys;
use crate::plugin::memcached::{Hit, LastLookup, OTHER_TYPE, Request, RequestMemory};
use crate::plugin::note::{Missed, Note};
use crate::plugin::options::Options;
use crate::plugin::publish::{Item, Publisher};
use crate::plugin::seldom::{Once, OnceAMinute};

/// The action's name.
pub(super) const NAME: &CStr = c"memcached.lookup";

pub(super) const PUBLISHER: Publisher = Publisher {
    action: NAME,
    variable: "MEMCACHED_STATUS",
};

/// Why a request goes on without the cache.
pub(super) struct Passed<'a> {
    pub(super) forward: Forward,
    /// What `Cache-Status` says beside that.
    pub(super) detail: Option<&'a dyn Display>,
    /// The key, where none is remembered.
    pub(super) key: Option<&'a Key>,
    /// What `MEMCACHED_STATUS` says.
    pub(super) status: &'a str,
    pub(super) line: &'a dyn Display,
}

/// What a run of the action keeps while it waits.
pub(super) type Context = Option<Box<RequestMemory>>;

/// The ways on from one `memcached.lookup` of the configuration.
pub(super) struct Outcomes {
    pub(super) options: Arc<Options>,
    pub(super) keys: Arc<Keys>,
    pub(super) hit: Option<Action>,
    pub(super) miss: Option<Action>,
    pub(super) encoded: OnceAMinute,
    pub(super) large: Once,
}

impl Outcomes {
    /// The item is the response.
    pub(super) fn hit(
        &self,
        vr: &mut Request<'_>,
        mut memory: Box<RequestMemory>,
        hit: Hit,
        fresh_secs: Option<u32>,
    ) -> Flow {
        if let Some(lookup) = &mut memory.lookup {
            lookup.hit = Some(hit);
        }
        let key = memory.lookup.as_ref().and_then(LastLookup::key);
        memory.cache_status = say_hit(vr, &self.options.common, key, fresh_secs);
        self.publish(vr, key, "hit", &"hit");
        vr.set_state(memory);
        if let Some(action) = &self.hit {
            vr.enter(action);
        }
        Flow::GoOn
    }

    /// The request goes on without the cache. What is known of it is remembered.
    pub(super) fn pass(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        mut memory: Box<RequestMemory>,
        passed: &Passed<'_>,
    ) -> Flow {
        let options = &self.options.common;
        let remembered = memory.lookup.as_ref().and_then(LastLookup::key);
        let key = passed.key.or(remembered);
        self.publish(vr, key, passed.status, passed.line);
        let missed = Missed::new(options, passed.forward, passed.detail, key);
        memory.cache_status = missed.map(Note::Due);
        if let Some(lookup) = memory.lookup.as_mut().filter(|_| !options.headers) {
            lookup.hit_type = Some(vr.type_of_path(OTHER_TYPE).into());
        }
        vr.set_state(memory);
        let Some(miss) = &self.miss else {
            return Flow::GoOn;
        };
        vr.enter(miss);
        if options.cache_status.is_none() {
            return Flow::GoOn;
        }
        *context = Some(Box::default());
        Flow::WaitForEvent
    }

    /// The miss action has run. If no `memcached.store` in it has added what
    /// `Cache-Status` says, it is added here.
    pub(super) fn after_miss(vr: &mut Request<'_>, context: &mut Context) -> Flow {
        match vr.response_state() {
            ResponseState::Pending => {
                *context = Some(Box::default());
                return Flow::WaitForEvent;
            }
            ResponseState::Ready => say_missed(vr),
            ResponseState::NoHandler => {}
        }
        Flow::GoOn
    }

    /// An administrator may want to know of such an item, though the log does not
    /// say how requests are handled.
    pub(super) fn warn_of_encoded(&self, vr: &Request<'_>, memory: &RequestMemory, line: &str) {
        if let Some(left_out) = self.encoded.pass() {
            let item = self.item(memory.lookup.as_ref().and_then(LastLookup::key));
            PUBLISHER.log(vr, Level::Warning, &format_args!("{line}{item}{left_out}"));
        }
    }

    /// A value that is too long for it is as good as none, and it will be there
    /// for some time.
    pub(super) fn warn_of_large(&self, vr: &Request<'_>, memory: &RequestMemory, line: &str) {
        if self.large.is_first() {
            let item = self.item(memory.lookup.as_ref().and_then(LastLookup::key));
            PUBLISHER.log(vr, Level::Warning, &format_args!("{line}{item}"));
        }
    }

    fn publish(&self, vr: &mut Request<'_>, key: Option<&Key>, status: &str, line: &dyn Display) {
        let environment = self.options.common.environment;
        PUBLISHER.publish(vr, environment, self.item(key), status, line);
    }

    fn item<'a>(&'a self, key: Option<&'a Key>) -> Item<'a> {
        Item {
            pool: self.keys.pool(),
            key,
        }
    }
}

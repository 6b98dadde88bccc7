//! The action: decides whether the response may be stored, and sets a filter on
//! its body if so.

use std::ffi::CStr;
use std::sync::Arc;

use memcached_core::policy::invalidation::is_safe;
use memcached_core::policy::{Bypass, Exchange, NotStored, Policy, Storable};
use memcached_core::protocol::Key;
use memcached_core::stored::{HeadWriter, NewItem};

use super::filter::StoreFilter;
use super::invalidate::{Invalidation, has_changed_something, outdated};
use super::outcome::{NAME, PUBLISHER, not_stored, storing};
use crate::client::unix_now;
use crate::host::{ActionKind, ConfigValue, Flow, Level, ResponseState, Server};
use crate::plugin::accept_encoding;
use crate::plugin::keys::{Keyed, Keys, Once};
use crate::plugin::memcached::{Memcached, Outdated, Request};
use crate::plugin::options::{self, Misfit, Options};

/// One `memcached.store` of the configuration.
pub(in crate::plugin) struct StoreAction {
    /// Shared with the filters of all workers.
    options: Arc<Options>,
    policy: Policy,
    keys: Arc<Keys>,
    told_of_other_key: Once,
}

/// Under which key a response may be stored.
pub(in crate::plugin) struct StoreKey {
    /// Of this action, or of the lookup that led to it.
    keys: Arc<Keys>,
    key: Result<Keyed, Bypass>,
}

/// What a run of the action waits for.
pub(in crate::plugin) enum Waiting {
    /// The headers of the response. The regex captures that the keys were made from
    /// are gone by then.
    Response {
        key: StoreKey,
        /// What the request makes out of date, if it succeeds.
        outdated: Option<Outdated>,
    },
    /// That what it has made out of date is gone.
    Invalidation {
        invalidation: Invalidation,
        key: StoreKey,
    },
}

impl ActionKind for StoreAction {
    const NAME: &'static CStr = NAME;
    type Plugin = Memcached;
    type Context = Waiting;

    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let list = match options::arguments(value) {
            Ok([list]) => list,
            // Whatever it is, it stands where the options should.
            Err(Misfit::Type(_)) => value,
            Err(misfit) => return Err(format!("expected one list of options, {misfit}")),
        };
        let options = Options::parse(server, list).map_err(|error| error.to_string())?;
        let policy = policy_of(&options);
        let options = Arc::new(options);
        Ok(Self {
            keys: Arc::new(Keys::new(server, NAME, Arc::clone(&options))),
            options,
            policy,
            told_of_other_key: Once::default(),
        })
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Option<Box<Waiting>>) -> Flow {
        let (key, outdated) = match context.take().map(|waiting| *waiting) {
            None => {
                let may_change = self.options.store.invalidate && !is_safe(vr.method());
                let outdated = may_change.then(|| outdated(vr, &self.keys));
                (self.key_of(vr), outdated)
            }
            Some(Waiting::Response { key, outdated }) => (key, outdated),
            Some(Waiting::Invalidation { invalidation, key }) => {
                return self.go_on_after(vr, context, invalidation, key);
            }
        };
        match vr.response_state() {
            ResponseState::NoHandler => {
                let line = "no response to store; \
                            a content handler must stand before memcached.store";
                PUBLISHER.log(vr, Level::Error, &line);
                return Flow::Error;
            }
            ResponseState::Pending => {
                *context = Some(Box::new(Waiting::Response { key, outdated }));
                return Flow::WaitForEvent;
            }
            ResponseState::Ready => {}
        }
        if vr.worker().is_none() {
            return Flow::GoOn;
        }
        if let Some(outdated) = outdated.filter(|_| has_changed_something(vr)) {
            let (pool, timeout) = (self.keys.pool(), self.options.common.timeout);
            let invalidation = Invalidation::begin(vr, outdated, pool, timeout);
            return self.go_on_after(vr, context, invalidation, key);
        }
        self.store(vr, key);
        Flow::GoOn
    }

    fn panicked(&self, _vr: &mut Request<'_>) -> Flow {
        Flow::GoOn
    }
}

impl StoreAction {
    /// The key of the lookup that led to this, if both stand for the same items;
    /// else the one that the pattern gives now.
    fn key_of(&self, vr: &Request<'_>) -> StoreKey {
        let lookup = vr.state().and_then(|memory| memory.lookup.as_ref());
        if let Some(lookup) = lookup.filter(|lookup| self.keys.agree_with(&lookup.keys)) {
            return StoreKey {
                keys: Arc::clone(&lookup.keys),
                key: lookup.key.clone(),
            };
        }
        if vr.debug_requests() && self.told_of_other_key.is_first() {
            PUBLISHER.log(vr, Level::Debug, &"key differs from the lookup's");
        }
        StoreKey {
            keys: Arc::clone(&self.keys),
            key: self.keys.of(vr),
        }
    }

    /// Waits until what the request has made out of date is gone; then the response
    /// is stored, if the option `methods` wants that of such requests.
    fn go_on_after(
        &self,
        vr: &mut Request<'_>,
        context: &mut Option<Box<Waiting>>,
        invalidation: Invalidation,
        key: StoreKey,
    ) -> Flow {
        if !invalidation.is_over(vr, &self.options.common) {
            *context = Some(Box::new(Waiting::Invalidation { invalidation, key }));
            return Flow::WaitForEvent;
        }
        if self.options.common.allows_method(vr.method()) {
            self.store(vr, key);
        }
        Flow::GoOn
    }

    /// Has the body of the response stored, if it may be.
    fn store(&self, vr: &mut Request<'_>, StoreKey { keys, key }: StoreKey) {
        let key = match key {
            Ok(key) => key,
            Err(bypass) => {
                not_stored(vr, &self.options.common, &NotStored::Bypass(bypass));
                return;
            }
        };
        let names_codings = key.accepted.is_some();
        match self.decide(vr, &keys, &key) {
            Ok((response, item)) => self.collect(vr, key.key, response, item),
            Err(reason) => not_stored(vr, &self.options.common, &reason),
        }
        if names_codings {
            accept_encoding::store_has_run(vr);
        }
    }

    /// Whether the response may be stored; and the item that its body is added
    /// to.
    fn decide(
        &self,
        vr: &Request<'_>,
        keys: &Keys,
        key: &Keyed,
    ) -> Result<(Storable, NewItem), NotStored> {
        let mut exchange = Exchange::new(vr.method(), vr.status());
        exchange.from_cache = self.is_hit(vr, key);
        exchange.key_codings = keys.codings(key.accepted);
        let mut head = HeadWriter::default();
        for (name, _) in vr.request_headers() {
            exchange.observe_request(name);
        }
        for (name, value) in vr.response_headers() {
            exchange.observe_response(name, value);
            if self.policy.headers {
                head.push(name, value);
            }
        }
        let now = unix_now();
        let response = self.policy.decide(&exchange, now)?;
        let item = self.policy.new_item(&head, &exchange, now)?;
        Ok((response, item))
    }

    /// Whether the response is this very item.
    fn is_hit(&self, vr: &Request<'_>, key: &Keyed) -> bool {
        let lookup = vr.state().and_then(|memory| memory.lookup.as_ref());
        lookup.is_some_and(|lookup| {
            let is_same = |other: &Keyed| other.key == key.key;
            lookup.is_hit
                && lookup.key.as_ref().is_ok_and(is_same)
                && lookup.keys.pool().has_items_of(self.keys.pool())
        })
    }

    fn collect(&self, vr: &mut Request<'_>, key: Key, response: Storable, item: NewItem) {
        let filter = StoreFilter {
            options: Arc::clone(&self.options),
            pool: Arc::clone(self.keys.pool()),
            key,
            status: vr.status(),
            response,
            item: Some(item),
        };
        if vr.add_filter_out(filter) {
            storing(vr, &self.options.common);
        } else {
            not_stored(vr, &self.options.common, &NotStored::TooLate);
        }
    }
}

/// The rules that the options give.
fn policy_of(options: &Options) -> Policy {
    let Options {
        common,
        identity,
        store,
    } = options;
    Policy {
        methods: common.methods.clone(),
        statuses: store.statuses.clone(),
        headers: common.headers,
        vary: identity.vary.clone(),
        bypasses_cookies: !identity.bypass_cookies.is_empty(),
        lifetimes: store.ttl.clone(),
        maxsize: store.maxsize,
        etag: store.etag,
        force: store.force,
        ..Policy::default()
    }
}

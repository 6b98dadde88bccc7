//! The action: decides whether the response may be stored, and sets a filter on
//! its body if so.

use std::ffi::CStr;
use std::sync::Arc;

use memcached_core::policy::{Bypass, Exchange, NotStored, Policy, Storable};
use memcached_core::protocol::Key;
use memcached_core::stored::{HeadWriter, NewItem};

use super::filter::StoreFilter;
use super::outcome::{NAME, PUBLISHER, not_stored, storing};
use crate::client::unix_now;
use crate::host::{ActionKind, ConfigValue, Flow, Level, ResponseState, Server};
use crate::plugin::accept_encoding;
use crate::plugin::keys::{Keyed, Keys, Once};
use crate::plugin::memcached::{Memcached, Request};
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

impl ActionKind for StoreAction {
    const NAME: &'static CStr = NAME;
    type Plugin = Memcached;
    /// Kept while the response headers are awaited: the regex captures that the
    /// key was made from are gone by then.
    type Context = StoreKey;

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

    fn run(&self, vr: &mut Request<'_>, context: &mut Option<Box<StoreKey>>) -> Flow {
        let key = match context.take() {
            Some(key) => *key,
            None => self.key_of(vr),
        };
        match vr.response_state() {
            ResponseState::NoHandler => {
                let line = "no response to store; \
                            a content handler must stand before memcached.store";
                PUBLISHER.log(vr, Level::Error, &line);
                return Flow::Error;
            }
            ResponseState::Pending => {
                *context = Some(Box::new(key));
                return Flow::WaitForEvent;
            }
            ResponseState::Ready => {}
        }
        if vr.worker().is_none() {
            return Flow::GoOn;
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
        if self.told_of_other_key.is_first() {
            PUBLISHER.log(vr, Level::Debug, &"key differs from the lookup's");
        }
        StoreKey {
            keys: Arc::clone(&self.keys),
            key: self.keys.of(vr),
        }
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
        exchange.key_codings = keys.codings(key);
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

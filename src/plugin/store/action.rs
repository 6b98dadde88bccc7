//! The action: decides whether the response may be stored, and sets a filter on
//! its body if so.

use std::ffi::CStr;
use std::rc::Rc;
use std::sync::Arc;

use memcached_core::policy::invalidation::is_safe;
use memcached_core::policy::{Bypass, Exchange, NotStored, Provenance, Storable};
use memcached_core::stored::{HeadWriter, NewItem};

use super::filter::StoreFilter;
use super::invalidate::{Invalidation, has_changed_something, outdated};
use super::shared::{NAME, Shared};
use crate::client::{random_bits, unix_now};
use crate::host::{ActionKind, ConfigValue, Flow, ResponseState, Server};
use crate::plugin::accept_encoding::{client_headers, store_has_run};
use crate::plugin::cache_status::say_decision;
use crate::plugin::keys::{Keyed, Keys};
use crate::plugin::memcached::{LastLookup, Memcached, Outdated, Request};
use crate::plugin::options::{self, Misfit, Options};

/// One `memcached.store` of the configuration.
pub(in crate::plugin) struct StoreAction(Arc<Shared>);

/// Under which key a response may be stored.
pub(in crate::plugin) struct StoreKey {
    /// Of this action, or of the lookup that led to it.
    keys: Arc<Keys>,
    key: Result<Keyed, Bypass>,
    /// It is not the one that was looked up.
    differs: bool,
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
        Ok(Self(Arc::new(Shared::new(server, options))))
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Option<Box<Waiting>>) -> Flow {
        let (key, outdated) = match context.take().map(|waiting| *waiting) {
            None => {
                let may_change = self.0.options.store.invalidate && !is_safe(vr.method());
                let outdated = may_change.then(|| outdated(vr, &self.0.keys));
                (self.key_of(vr), outdated)
            }
            Some(Waiting::Response { key, outdated }) => (key, outdated),
            Some(Waiting::Invalidation { invalidation, key }) => {
                return self.go_on_after(vr, context, invalidation, key);
            }
        };
        match vr.response_state() {
            ResponseState::NoHandler => self.0.warn_of_no_handler(vr),
            ResponseState::Pending => {
                *context = Some(Box::new(Waiting::Response { key, outdated }));
                return Flow::WaitForEvent;
            }
            ResponseState::Ready => match outdated.filter(|_| has_changed_something(vr)) {
                Some(outdated) => {
                    let invalidation = Invalidation::begin(vr, outdated, &self.0);
                    return self.go_on_after(vr, context, invalidation, key);
                }
                None => self.handle(vr, key, false),
            },
        }
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
        let own = &self.0.keys;
        let lookup = vr.state().and_then(|memory| memory.lookup.as_ref());
        if let Some(lookup) = lookup.filter(|lookup| own.agree_with(&lookup.keys)) {
            return StoreKey {
                keys: Arc::clone(&lookup.keys),
                // The lookup's options need not name all that the store's do; and if
                // they do, actions in between may have given the request a cookie,
                // or what the pattern is made of.
                key: lookup
                    .key
                    .clone()
                    .and_then(|key| own.check_bypass(vr).map(|()| key)),
                differs: false,
            };
        }
        self.0.tell_of_other_key(vr);
        let key = own.of(vr, &client_headers(vr));
        let looked_up = lookup.and_then(LastLookup::key);
        let differs = match (&key, looked_up) {
            (Ok(keyed), Some(looked_up)) => keyed.key != *looked_up,
            _ => false,
        };
        StoreKey {
            keys: Arc::clone(own),
            key,
            differs,
        }
    }

    /// Waits until what the request has made out of date is gone; then it goes on
    /// with the response.
    fn go_on_after(
        &self,
        vr: &mut Request<'_>,
        context: &mut Option<Box<Waiting>>,
        invalidation: Invalidation,
        key: StoreKey,
    ) -> Flow {
        if !invalidation.is_over(vr, &self.0) {
            *context = Some(Box::new(Waiting::Invalidation { invalidation, key }));
            return Flow::WaitForEvent;
        }
        self.handle(vr, key, true);
        Flow::GoOn
    }

    /// The response's headers are there. Where its request has `invalidated`
    /// something, that is what is published of a method outside `methods`.
    fn handle(&self, vr: &mut Request<'_>, key: StoreKey, invalidated: bool) {
        let StoreKey { keys, key, differs } = key;
        let decision = match &key {
            Ok(key) => self.decide(vr, &keys, key),
            Err(bypass) => Err(NotStored::Bypass(bypass.clone())),
        };
        for name in self.0.policy.headers_ending_here() {
            vr.remove_response_header(name.as_bytes());
        }
        let names_codings = key.as_ref().is_ok_and(|key| key.accepted.is_some());
        let key = key.ok().map(|keyed| keyed.key);
        let said = decision.as_ref().map(|(response, _)| response);
        say_decision(vr, &self.0.options.common, key.as_ref(), said);
        let Some(client) = vr.worker() else {
            return;
        };
        match (decision, &key) {
            (Ok((response, item)), Some(key)) => {
                let filter = StoreFilter {
                    shared: Arc::clone(&self.0),
                    counts: Rc::clone(client.store_counts()),
                    key: key.clone(),
                    key_differs: differs,
                    status: vr.status(),
                    response,
                    item: Some(item),
                };
                self.collect(vr, filter);
            }
            (Ok(_), None) => {}
            (Err(_), _) if invalidated && !self.0.policy.allows_method(vr.method()) => {}
            (Err(reason), key) => {
                client.store_counts().not_stored();
                self.0.not_stored(vr, key.as_ref(), &reason);
            }
        }
        if names_codings {
            store_has_run(vr);
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
        let policy = &self.0.policy;
        let mut exchange = Exchange::new(vr.method(), vr.status());
        exchange.provenance = self.provenance(vr, key);
        exchange.key_codings = keys.codings(key.accepted);
        let memory = vr.state();
        let mut head = HeadWriter::default();
        for (name, _) in vr.request_headers() {
            exchange.observe_request(name);
        }
        for (name, value) in vr.response_headers() {
            exchange.observe_response(name, value);
            if policy.headers && !memory.is_some_and(|memory| memory.is_own_header(name, value)) {
                head.push(name, value);
            }
        }
        let now = unix_now();
        let mut response = policy.decide(&exchange, now)?;
        response.lifetime = response
            .lifetime
            .shortened(policy.ttl_jitter, random_bits());
        let item = policy.new_item(&head, &exchange, &response, now)?;
        Ok((response, item))
    }

    /// Whether the response is this very item, or another one.
    fn provenance(&self, vr: &Request<'_>, key: &Keyed) -> Provenance {
        let lookup = vr.state().and_then(|memory| memory.lookup.as_ref());
        let Some((lookup, hit)) = lookup.and_then(|lookup| Some((lookup, lookup.hit?))) else {
            return Provenance::Handler;
        };
        let is_same =
            lookup.key() == Some(&key.key) && lookup.keys.pool().has_items_of(self.0.keys.pool());
        if is_same {
            Provenance::SameItem
        } else {
            let made_at = hit.made_at;
            Provenance::OtherItem { made_at }
        }
    }

    /// Stores the response once its body is there.
    fn collect(&self, vr: &mut Request<'_>, mut filter: StoreFilter) {
        if filter.response.complete {
            filter.finish(vr);
            return;
        }
        let key = filter.key.clone();
        // Said before, since adding a filter can run it.
        self.0.storing(vr, &key, filter.key_differs);
        if !vr.add_filter_out(filter) {
            self.0.not_stored(vr, Some(&key), &NotStored::TooLate);
        }
    }
}

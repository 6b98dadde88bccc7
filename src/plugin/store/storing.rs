//! Decides whether a response may be stored, and sets a filter on its body if so.

use std::rc::Rc;
use std::sync::Arc;

use memcached_core::lookup::lease::End;
use memcached_core::metrics::ActionCount;
use memcached_core::policy::invalidation::is_safe;
use memcached_core::policy::{Exchange, NotStored, Provenance, Storable};
use memcached_core::stored::{HeadWriter, NewItem};

use super::filter::StoreFilter;
use super::invalidate::{Invalidation, has_changed_something, outdated};
use super::key::StoreKey;
use super::shared::{Shared, end_of};
use crate::client::{RunHandle, random_bits, unix_now};
use crate::host::ResponseState;
use crate::plugin::backend_headers::store_has_run;
use crate::plugin::cache_status::say_decision;
use crate::plugin::handover::hand_over;
use crate::plugin::keys::{Keyed, Keys};
use crate::plugin::memcached::{Outdated, Request};

/// What one action of the configuration stores with.
pub(in crate::plugin) struct Storing(pub(super) Arc<Shared>);

/// A response that is to be stored, before it is there. Its keys are made while the
/// regex captures that they are made from are there.
pub(in crate::plugin) struct Candidate {
    key: StoreKey,
    /// What the request makes out of date, if it succeeds.
    outdated: Option<Outdated>,
}

impl Candidate {
    /// The right to make the page.
    pub(in crate::plugin) fn run(&self) -> Option<&RunHandle> {
        self.key.run.as_ref()
    }
}

/// What is waited for.
pub(in crate::plugin) enum Waiting {
    /// The headers of the response.
    Response(Candidate),
    /// That what the request has made out of date is gone.
    Invalidation {
        invalidation: Invalidation,
        key: StoreKey,
    },
}

impl Waiting {
    /// The right to make the page.
    pub(in crate::plugin) fn run(&self) -> Option<&RunHandle> {
        match self {
            Self::Response(candidate) => candidate.run(),
            Self::Invalidation { key, .. } => key.run.as_ref(),
        }
    }
}

/// How far it is.
pub(in crate::plugin) enum Stored {
    /// Something is awaited; [`Storing::resume`] takes this when the request is woken.
    Pending(Waiting),
    /// Nothing has handled the request.
    NoResponse,
    /// The response is being stored or is not going to be.
    Done,
}

impl Storing {
    pub(in crate::plugin) fn new(keys: Arc<Keys>) -> Self {
        Self(Arc::new(Shared::new(keys)))
    }

    /// For an action of its own: the response that comes from what stands before it.
    pub(in crate::plugin) fn candidate(&self, vr: &Request<'_>) -> Candidate {
        let keys = &self.0.keys;
        let outdated = self.outdated(vr);
        let key = if let Some(key) = StoreKey::of_lookup(vr, keys) {
            key.checked(vr, keys)
        } else {
            self.0.tell_of_other_key(vr);
            StoreKey::own(vr, keys)
        };
        Candidate { key, outdated }
    }

    /// For an action that has just looked the request up: the response that it is going
    /// to have made.
    pub(in crate::plugin) fn candidate_of_lookup(&self, vr: &Request<'_>) -> Candidate {
        let keys = &self.0.keys;
        let key = StoreKey::of_lookup(vr, keys).unwrap_or_else(|| StoreKey {
            // It was not looked up at all, as its method shows.
            is_for_backend: false,
            ..StoreKey::own(vr, keys)
        });
        Candidate {
            key,
            outdated: self.outdated(vr),
        }
    }

    fn outdated(&self, vr: &Request<'_>) -> Option<Outdated> {
        let may_change = self.0.keys.options().store.invalidate.is_some() && !is_safe(vr.method());
        may_change.then(|| outdated(vr, &self.0.keys))
    }

    /// Something may have been made of a candidate of a lookup.
    pub(in crate::plugin) fn begin_after_block(
        &self,
        vr: &mut Request<'_>,
        candidate: Candidate,
    ) -> Stored {
        let Candidate { key, outdated } = candidate;
        let key = key.checked(vr, &self.0.keys);
        self.begin(vr, Candidate { key, outdated })
    }

    /// Stores the response once it is there.
    pub(in crate::plugin) fn begin(
        &self,
        vr: &mut Request<'_>,
        mut candidate: Candidate,
    ) -> Stored {
        match vr.response_state() {
            ResponseState::NoHandler => {
                if let Some(run) = &candidate.key.run {
                    run.end(End::NotStorable);
                }
                if candidate.key.is_for_backend {
                    store_has_run(vr);
                }
                Stored::NoResponse
            }
            ResponseState::Pending => Stored::Pending(Waiting::Response(candidate)),
            ResponseState::Ready if candidate.key.is_unfinished(vr) => {
                Stored::Pending(Waiting::Response(candidate))
            }
            ResponseState::Ready => {
                let Candidate { key, outdated } = candidate;
                let Some(outdated) = outdated.filter(|_| has_changed_something(vr)) else {
                    self.handle(vr, key, false);
                    return Stored::Done;
                };
                let invalidation = Invalidation::begin(vr, outdated, &self.0);
                self.go_on_after(vr, invalidation, key)
            }
        }
    }

    /// Goes on with a request that was woken, with what it waited for.
    pub(in crate::plugin) fn resume(&self, vr: &mut Request<'_>, waiting: Waiting) -> Stored {
        match waiting {
            Waiting::Response(candidate) => self.begin(vr, candidate),
            Waiting::Invalidation { invalidation, key } => self.go_on_after(vr, invalidation, key),
        }
    }

    /// Waits until what the request has made out of date is gone; then it goes on
    /// with the response.
    fn go_on_after(
        &self,
        vr: &mut Request<'_>,
        invalidation: Invalidation,
        key: StoreKey,
    ) -> Stored {
        if !invalidation.is_over(vr, &self.0) {
            return Stored::Pending(Waiting::Invalidation { invalidation, key });
        }
        self.handle(vr, key, true);
        Stored::Done
    }

    /// The response is what a copy of the request got, which did not store it.
    pub(in crate::plugin) fn made_by_copy(&self, vr: &mut Request<'_>, why: &NotStored) {
        let lookup = vr.state().and_then(|memory| memory.lookup.as_ref());
        let key = lookup.and_then(|lookup| lookup.key().cloned());
        let options = &self.0.keys.options().common;
        say_decision(vr, options, key.as_ref(), Err(why));
        self.0.refused(vr, key.as_ref(), why);
    }

    pub(in crate::plugin) fn warn_of_no_handler(&self, vr: &Request<'_>) {
        self.0.warn_of_no_handler(vr);
    }

    /// The response's headers are there. Where its request has `invalidated`
    /// something, that is what is published of a method outside `methods`.
    fn handle(&self, vr: &mut Request<'_>, key: StoreKey, invalidated: bool) {
        let is_for_backend = key.is_for_backend;
        self.decide_and_collect(vr, key, invalidated);
        if is_for_backend {
            store_has_run(vr);
        }
    }

    fn decide_and_collect(&self, vr: &mut Request<'_>, key: StoreKey, invalidated: bool) {
        if let Some(renewed) = self.renewed(vr, &key) {
            self.end_with(vr, &key, renewed);
            return;
        }
        let stands_in = self.0.stands_in(vr, &key);
        let decision = match &key.key {
            Ok(keyed) => self.decide(vr, &key.keys, keyed, stands_in),
            Err(bypass) => Err(NotStored::Bypass(bypass.clone())),
        };
        let decision = decision.and_then(|decided| match key.run {
            None if key.is_of_lookup && self.0.keys.options().freshness.locks() => {
                Err(NotStored::NotTheOne)
            }
            _ => Ok(decided),
        });
        let run = key.run;
        for name in self.0.policy.headers_ending_here() {
            vr.remove_response_header(name.as_bytes());
        }
        let key_differs = key.differs;
        let key = key.key.ok().map(|keyed| keyed.key);
        let said = decision.as_ref().map(|(response, _)| response);
        say_decision(vr, &self.0.keys.options().common, key.as_ref(), said);
        let Some(client) = vr.worker() else {
            return;
        };
        match (decision, key) {
            (Ok((response, item)), Some(key)) => {
                let filter = StoreFilter {
                    shared: Arc::clone(&self.0),
                    counts: Rc::clone(client.store_counts()),
                    tally: client.tally(self.0.keys.id()),
                    key,
                    key_differs,
                    status: vr.status(),
                    response,
                    stands_in,
                    item: Some(item),
                    run,
                };
                self.collect(vr, filter);
            }
            (Ok(_), None) => {}
            (Err(_), _) if invalidated && !self.0.policy.allows_method(vr.method()) => {}
            (Err(reason), key) => {
                // Before the run ends, which may end the copy.
                hand_over(vr, &reason, self.0.policy.maxsize);
                if let Some(run) = run {
                    run.end(end_of(&reason));
                }
                client.store_counts().not_stored();
                self.0.count(vr, ActionCount::not_stored(&reason));
                self.0.not_stored(vr, key.as_ref(), &reason);
            }
        }
    }
    /// Whether the response may be stored; and the item that its body is added
    /// to.
    fn decide(
        &self,
        vr: &Request<'_>,
        keys: &Keys,
        key: &Keyed,
        stands_in: bool,
    ) -> Result<(Storable, NewItem), NotStored> {
        let policy = &self.0.policy;
        let mut exchange = Exchange::new(vr.method(), vr.status());
        exchange.provenance = self.provenance(vr, key);
        exchange.key_codings = keys.codings(key);
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
        if policy.ttl_jitter > 0 {
            let random = random_bits();
            response.lifetime = response.lifetime.shortened(policy.ttl_jitter, random);
        }
        let longest = self.0.longest(stands_in);
        let response = longest.map_or(response, |secs| response.at_most(secs));
        let mut item = policy.new_item(&head, &exchange, &response, now)?;
        if let Some(length) = response.length {
            item.expect_body(length);
        }
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

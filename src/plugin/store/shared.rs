//! What one action of the configuration that stores responses shares with its
//! filters.

use std::sync::Arc;

use memcached_core::lookup::lease::End;
use memcached_core::policy::{Cause, Difference, NotStored, Policy};
use memcached_core::protocol::Key;

use super::key::StoreKey;
use crate::host::Level;
use crate::plugin::keys::Keys;
use crate::plugin::memcached::Request;
use crate::plugin::publish::{Item, Publisher};
use crate::plugin::seldom::{Once, OnceAMinute};

/// What is said of a key that is not the one that was looked up.
pub(super) const OTHER_KEY: &str = "key differs from the lookup's";

/// The rules of one action, and its lines that come seldom, for all workers.
pub(super) struct Shared {
    pub(super) policy: Policy,
    pub(super) keys: Arc<Keys>,
    pub(super) publisher: Publisher,
    other_key: Once,
    no_handler: OnceAMinute,
    too_large: OnceAMinute,
    kept_out: Once,
    differs: Once,
}

impl Shared {
    pub(super) fn new(keys: Arc<Keys>) -> Self {
        let publisher = Publisher {
            action: keys.action(),
            variable: "MEMCACHED_STORE",
        };
        Self {
            policy: keys.options().policy(),
            keys,
            publisher,
            other_key: Once::default(),
            no_handler: OnceAMinute::default(),
            too_large: OnceAMinute::default(),
            kept_out: Once::default(),
            differs: Once::default(),
        }
    }

    pub(super) fn item<'a>(&'a self, key: Option<&'a Key>) -> Item<'a> {
        Item {
            pool: self.keys.pool(),
            key,
            stand_in: None,
        }
    }

    /// Whether what is stored under a key is for a server that stands in for its own.
    pub(super) fn stands_in(&self, vr: &Request<'_>, key: &StoreKey) -> bool {
        let (Ok(keyed), Some(client)) = (&key.key, vr.worker()) else {
            return false;
        };
        let stand_in = client.stand_in(self.keys.pool(), &keyed.key, key.run.as_ref());
        stand_in.is_some()
    }

    /// The most that an item may live there, in seconds: once its own server is back,
    /// nobody takes it out again.
    pub(super) fn longest(&self, stands_in: bool) -> Option<u32> {
        stands_in.then(|| self.keys.options().store.failover_ttl)
    }

    /// The item that is stored is not the one that was looked up.
    pub(super) fn tell_of_other_key(&self, vr: &Request<'_>) {
        if vr.debug_requests() && self.other_key.is_first() {
            self.publisher.log(vr, Level::Debug, &OTHER_KEY);
        }
    }

    /// Nothing has handled the request.
    pub(super) fn warn_of_no_handler(&self, vr: &Request<'_>) {
        if let Some(left_out) = self.no_handler.pass() {
            let line = format!(
                "no response to store; \
                 a content handler must stand before memcached.store{left_out}"
            );
            self.publisher.log(vr, Level::Error, &line);
        }
    }

    /// A response is not stored for a reason that an administrator may want to
    /// know of, though the log does not say how requests are handled.
    pub(super) fn warn_of(&self, vr: &Request<'_>, key: Option<&Key>, reason: &NotStored) {
        let item = self.item(key);
        match reason {
            NotStored::TooLarge => {
                let Some(left_out) = self.too_large.pass() else {
                    return;
                };
                let maxsize = self.policy.maxsize;
                let line = format!(
                    "not stored: larger than \"maxsize\" => {maxsize}; \
                     a larger one stores such responses too{item}{left_out}"
                );
                self.publisher.log(vr, Level::Warning, &line);
            }
            NotStored::BodyOnly { .. } if self.kept_out.is_first() => {
                let line = format!(
                    "not stored: {reason}; \"headers\" => true stores the type too, \
                     \"ignore\" => [\"body-only\"] the body all the same (told once){item}"
                );
                self.publisher.log(vr, Level::Warning, &line);
            }
            _ => {}
        }
    }

    /// Hits will not be what the response is.
    pub(super) fn warn_of_difference(
        &self,
        vr: &Request<'_>,
        key: &Key,
        difference: &Difference<'_>,
    ) {
        if self.differs.is_first() {
            let item = self.item(Some(key));
            let line =
                format!("{difference}; \"headers\" => true stores headers too (told once){item}");
            self.publisher.log(vr, Level::Warning, &line);
        }
    }
}

/// What the reason for which a response is not stored means for whoever asks next.
pub(super) fn end_of(reason: &NotStored) -> End {
    match reason.cause() {
        Cause::Forbidden => End::Forbidden,
        Cause::Response => End::NotStorable,
        Cause::Request => End::RequestOnly,
        Cause::Failure => End::Error,
    }
}

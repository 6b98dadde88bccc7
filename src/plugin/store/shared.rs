//! What one `memcached.store` of the configuration shares with its filters.

use std::ffi::CStr;
use std::sync::Arc;

use memcached_core::policy::{Difference, NotStored, Policy};
use memcached_core::protocol::Key;

use crate::host::{Level, Server};
use crate::plugin::keys::Keys;
use crate::plugin::memcached::Request;
use crate::plugin::options::Options;
use crate::plugin::publish::{Item, Publisher};
use crate::plugin::seldom::{Once, OnceAMinute};

/// The action's name.
pub(super) const NAME: &CStr = c"memcached.store";

pub(super) const PUBLISHER: Publisher = Publisher {
    action: NAME,
    variable: "MEMCACHED_STORE",
};

/// What is said of a key that is not the one that was looked up.
pub(super) const OTHER_KEY: &str = "key differs from the lookup's";

/// The options of one `memcached.store`, and its lines that come seldom, for all
/// workers.
pub(super) struct Shared {
    pub(super) options: Arc<Options>,
    pub(super) policy: Policy,
    pub(super) keys: Arc<Keys>,
    other_key: Once,
    no_handler: OnceAMinute,
    too_large: OnceAMinute,
    kept_out: Once,
    differs: Once,
}

impl Shared {
    pub(super) fn new(server: Server<'_>, options: Options) -> Self {
        let options = Arc::new(options);
        Self {
            policy: options.policy(),
            keys: Arc::new(Keys::new(server, NAME, Arc::clone(&options))),
            options,
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
        }
    }

    /// The item that is stored is not the one that was looked up.
    pub(super) fn tell_of_other_key(&self, vr: &Request<'_>) {
        if vr.debug_requests() && self.other_key.is_first() {
            PUBLISHER.log(vr, Level::Debug, &OTHER_KEY);
        }
    }

    /// Nothing has handled the request.
    pub(super) fn warn_of_no_handler(&self, vr: &Request<'_>) {
        if let Some(left_out) = self.no_handler.pass() {
            let line = format!(
                "no response to store; \
                 a content handler must stand before memcached.store{left_out}"
            );
            PUBLISHER.log(vr, Level::Error, &line);
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
                PUBLISHER.log(vr, Level::Warning, &line);
            }
            NotStored::BodyOnly { .. } if self.kept_out.is_first() => {
                let line = format!(
                    "not stored: {reason}; \"headers\" => true stores the type too, \
                     \"ignore\" => [\"body-only\"] the body all the same (told once){item}"
                );
                PUBLISHER.log(vr, Level::Warning, &line);
            }
            _ => {}
        }
    }

    /// Hits will not be what the response is.
    pub(super) fn warn_of_difference(&self, vr: &Request<'_>, key: &Key, difference: &Difference) {
        if self.differs.is_first() {
            let item = self.item(Some(key));
            let line =
                format!("{difference}; \"headers\" => true stores headers too (told once){item}");
            PUBLISHER.log(vr, Level::Warning, &line);
        }
    }
}

//! Under which key a response may be stored.

use std::sync::Arc;

use memcached_core::policy::Bypass;

use crate::client::RunHandle;
use crate::plugin::backend_headers::{client_headers, replaces};
use crate::plugin::keys::{Keyed, Keys};
use crate::plugin::memcached::{LastLookup, Request, RequestMemory};

/// Under which key a response may be stored.
pub(in crate::plugin) struct StoreKey {
    /// Of this action, or of the lookup that led to it.
    pub(super) keys: Arc<Keys>,
    pub(super) key: Result<Keyed, Bypass>,
    /// It is not the one that was looked up.
    pub(super) differs: bool,
    /// For its lookup headers of the request may have been replaced.
    pub(super) is_for_backend: bool,
    /// It is the one of the lookup that led here.
    pub(super) is_of_lookup: bool,
    /// The right to make the page, if that lookup has won it.
    pub(super) run: Option<RunHandle>,
}

impl StoreKey {
    /// The key of the last lookup, if that and the action with these keys stand for
    /// the same items.
    pub(super) fn of_lookup(vr: &Request<'_>, own: &Keys) -> Option<Self> {
        let lookup = vr.state()?.lookup.as_ref()?;
        own.agree_with(&lookup.keys).then(|| Self {
            keys: Arc::clone(&lookup.keys),
            key: lookup.key.clone(),
            differs: false,
            is_for_backend: is_for_backend(&lookup.keys, &lookup.key),
            is_of_lookup: true,
            run: vr.state().and_then(RequestMemory::run).cloned(),
        })
    }

    /// The key that the pattern gives now.
    pub(super) fn own(vr: &Request<'_>, own: &Arc<Keys>) -> Self {
        let key = own.of(vr, &client_headers(vr));
        let lookup = vr.state().and_then(|memory| memory.lookup.as_ref());
        let looked_up = lookup.and_then(LastLookup::key);
        let differs = match (&key, looked_up) {
            (Ok(keyed), Some(looked_up)) => keyed.key != *looked_up,
            _ => false,
        };
        Self {
            keys: Arc::clone(own),
            is_for_backend: is_for_backend(own, &key),
            key,
            differs,
            is_of_lookup: false,
            run: None,
        }
    }

    /// Keeps it only if these keys let the request have to do with the cache. A
    /// lookup's options need not name all that a store's do; and if they do, actions
    /// in between may have given the request a cookie, or what the pattern is made
    /// of.
    pub(super) fn checked(self, vr: &Request<'_>, keys: &Keys) -> Self {
        Self {
            key: self.key.and_then(|key| keys.check_bypass(vr).map(|()| key)),
            ..self
        }
    }
}

fn is_for_backend(keys: &Keys, key: &Result<Keyed, Bypass>) -> bool {
    key.as_ref().is_ok_and(|key| replaces(keys, key))
}

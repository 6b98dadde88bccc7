//! Under which key a response may be stored.

use std::sync::Arc;
use std::task::Poll;

use memcached_core::policy::Bypass;
use memcached_core::protocol::Value;

use crate::client::RunHandle;
use crate::host::BufferSlice;
use crate::plugin::backend_headers::{client_headers, replaces};
use crate::plugin::counting::{Made, Unfinished};
use crate::plugin::keys::{Keyed, Keys};
use crate::plugin::memcached::{LastLookup, Request, RequestMemory};

/// Under which key a response may be stored.
pub(in crate::plugin) struct StoreKey {
    /// Of this action, or of the lookup that led to it.
    pub(super) keys: Arc<Keys>,
    pub(super) key: Result<Keyed, Bypass>,
    /// While the key is not known.
    pub(super) counting: Option<Box<Unfinished>>,
    /// It is not the one that was looked up.
    pub(super) differs: bool,
    /// For its lookup headers of the request may have been replaced.
    pub(super) is_for_backend: bool,
    /// It is the one of the lookup that led here.
    pub(super) is_of_lookup: bool,
    /// The right to make the page, if that lookup has won it.
    pub(super) run: Option<RunHandle>,
    /// The page that the backend was asked about.
    pub(super) page: Option<Value<BufferSlice>>,
}

impl StoreKey {
    /// The key of the last lookup, if that and the action with these keys stand for
    /// the same items.
    pub(super) fn of_lookup(vr: &Request<'_>, own: &Keys) -> Option<Self> {
        let lookup = vr.state()?.lookup.as_ref()?;
        own.agree_with(&lookup.keys).then(|| Self {
            keys: Arc::clone(&lookup.keys),
            key: lookup.key.clone(),
            counting: None,
            differs: false,
            is_for_backend: is_for_backend(&lookup.keys, &lookup.key),
            is_of_lookup: true,
            run: vr.state().and_then(RequestMemory::run).cloned(),
            page: page_of(vr),
        })
    }

    /// The key that the pattern gives now.
    pub(super) fn own(vr: &Request<'_>, own: &Arc<Keys>) -> Self {
        let (key, counting) = match own.of(vr, &client_headers(vr)) {
            Ok(Made::Key(key)) => (Ok(key), None),
            Ok(Made::Counting(unfinished)) => (Err(Bypass::Namespace), Some(unfinished)),
            Err(bypass) => (Err(bypass), None),
        };
        Self {
            keys: Arc::clone(own),
            differs: differs(vr, &key),
            is_for_backend: is_for_backend(own, &key),
            run: outer_run(vr, own, &key),
            page: None,
            key,
            is_of_lookup: false,
            counting,
        }
    }

    /// Whether the key is still not known; the request is woken then.
    pub(super) fn is_unfinished(&mut self, vr: &Request<'_>) -> bool {
        let Some(counting) = &self.counting else {
            return false;
        };
        let Poll::Ready(key) = counting.poll(vr) else {
            return true;
        };
        self.counting = None;
        self.differs = differs(vr, &key);
        self.run = outer_run(vr, &self.keys, &key);
        self.key = key;
        false
    }

    /// Keeps it only if these keys let the request have to do with the cache. A
    /// lookup's options need not name all that a store's do; and if they do, actions
    /// in between may have given the request a cookie, or what the pattern is made
    /// of.
    pub(super) fn checked(self, vr: &Request<'_>, keys: &Keys) -> Self {
        match keys.check_bypass(vr) {
            Ok(()) => self,
            Err(bypass) => Self {
                key: self.key.and(Err(bypass)),
                counting: None,
                ..self
            },
        }
    }
}

fn page_of(vr: &Request<'_>) -> Option<Value<BufferSlice>> {
    vr.state()?.making.as_ref()?.page.clone()
}

/// The right of an earlier lookup, if this is its key.
fn outer_run(vr: &Request<'_>, keys: &Keys, key: &Result<Keyed, Bypass>) -> Option<RunHandle> {
    vr.state()?
        .outer_run(keys, &key.as_ref().ok()?.key)
        .cloned()
}

/// Whether the last lookup asked for another key.
fn differs(vr: &Request<'_>, key: &Result<Keyed, Bypass>) -> bool {
    let lookup = vr.state().and_then(|memory| memory.lookup.as_ref());
    match (key, lookup.and_then(LastLookup::key)) {
        (Ok(keyed), Some(looked_up)) => keyed.key != *looked_up,
        _ => false,
    }
}

fn is_for_backend(keys: &Keys, key: &Result<Keyed, Bypass>) -> bool {
    key.as_ref().is_ok_and(|key| replaces(keys, key))
}

//! The option `invalidate`: a request that may have changed something deletes the
//! items of its target, and of what the response names beside it (RFC 9111,
//! section 4.4). The response waits until memcached has answered, so that whoever
//! has it does not find the old page any more.

use std::sync::Arc;
use std::task::Poll;

use memcached_core::policy::Bypass;
use memcached_core::policy::invalidation::invalidates;
use memcached_core::purge::Mode;
use thiserror::Error;

use super::shared::Shared;
use crate::client::{Items, PurgeHandle};
use crate::plugin::keys::Keys;
use crate::plugin::memcached::{Outdated, Request, RequestMemory};

/// Headers that name what a request has changed beside its target.
const NAMES: [&[u8]; 2] = [b"Location", b"Content-Location"];

/// Why items that are out of date may still be there.
#[derive(Debug, Error)]
enum NotInvalidated {
    /// Memcached cannot be asked from there, or its answer cannot be awaited.
    #[error("not available on this {0}")]
    Unavailable(&'static str),
    /// What the keys are cannot be told.
    #[error("bypass: {0}")]
    Bypass(#[from] Bypass),
}

/// What a request makes out of date, if it succeeds. If a lookup led to the store
/// whose keys are given, and both stand for the same items, it is what that saw,
/// whatever has changed path and captures in between.
pub(super) fn outdated(vr: &Request<'_>, keys: &Arc<Keys>) -> Outdated {
    let seen = vr.state().and_then(|memory| memory.outdated.as_deref());
    let seen = seen.filter(|outdated| keys.agree_with(&outdated.keys));
    seen.cloned().unwrap_or_else(|| Outdated {
        keys: Arc::clone(keys),
        of_target: keys.of_target(vr),
    })
}

/// Whether a request has changed something, now that its response is there, which
/// does not come from memcached.
pub(super) fn has_changed_something(vr: &Request<'_>) -> bool {
    let is_hit = vr.state().is_some_and(RequestMemory::is_hit);
    invalidates(vr.method(), vr.status()) && !is_hit
}

/// The deletion of what a request has made out of date.
pub(in crate::plugin) struct Invalidation(Result<PurgeHandle, NotInvalidated>);

impl Invalidation {
    /// Begins it, in the pool that the response would be stored in.
    pub(super) fn begin(vr: &Request<'_>, outdated: Outdated, store: &Shared) -> Self {
        Self(purge(vr, outdated, store))
    }

    /// Whether it is over; then it is published what has become of it.
    pub(super) fn is_over(&self, vr: &mut Request<'_>, store: &Shared) -> bool {
        match self.0.as_ref().map(PurgeHandle::poll) {
            Ok(Poll::Pending) => return false,
            Ok(Poll::Ready(Ok(_))) => store.invalidated(vr),
            Ok(Poll::Ready(Err(reason))) => store.not_invalidated(vr, &reason),
            Err(reason) => store.not_invalidated(vr, reason),
        }
        true
    }
}

fn purge(
    vr: &Request<'_>,
    outdated: Outdated,
    store: &Shared,
) -> Result<PurgeHandle, NotInvalidated> {
    let Outdated { keys, of_target } = outdated;
    let mut texts = of_target?;
    let mut seen = Vec::new();
    for (name, value) in vr.response_headers() {
        if NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let of_reference = keys.of_reference(vr, value, &mut seen);
            texts.extend(of_reference.into_iter().flatten());
        }
    }
    let client = vr.worker().ok_or(NotInvalidated::Unavailable("worker"))?;
    let waker = vr.waker().ok_or(NotInvalidated::Unavailable("server"))?;
    let options = store.keys.options();
    let items = Items {
        texts,
        namespace: keys.namespace().cloned(),
        mode: options.store.invalidate.unwrap_or(Mode::Hard),
        label: "not invalidated",
    };
    let timeout = options.common.timeout;
    Ok(client.purge(store.keys.pool(), items, timeout, waker))
}

//! What a request keeps for its header `Cache-Status`.

use std::fmt::Display;

use memcached_core::http::{CacheName, Forward};
use memcached_core::protocol::Key;

use super::options::{Common, Environment};

/// What is to be said of a request that was no hit, or what was said.
pub(super) enum Note {
    /// Still to be said.
    Due(Box<Missed>),
    /// The value that our header has.
    Said(Box<str>),
}

/// A request that was no hit.
pub(super) struct Missed {
    pub(super) name: CacheName,
    pub(super) forward: Forward,
    pub(super) detail: Option<Box<str>>,
    pub(super) key: Option<Box<str>>,
}

impl Missed {
    /// The note of an action with these options; `None` unless they ask for it.
    pub(super) fn new(
        options: &Common,
        forward: Forward,
        detail: Option<&dyn Display>,
        key: Option<&Key>,
    ) -> Option<Self> {
        Some(Self {
            name: options.cache_status.clone()?,
            forward,
            detail: detail.map(|detail| detail.to_string().into()),
            key: key.and_then(|key| shown_key(options, key)),
        })
    }
}

/// Keys are shown only where the administrator wants visitors to see them.
pub(super) fn shown_key(options: &Common, key: &Key) -> Option<Box<str>> {
    (options.environment == Environment::All).then(|| key.as_str().into())
}

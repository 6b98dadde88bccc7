//! Options that decide which requests share an item.

use memcached_core::policy::CookieRule;
use memcached_core::policy::identity::{Encodings, Ports, VaryBy};

use crate::host::Pattern;

/// Which requests share an item, and which have to do with none.
pub(in crate::plugin) struct Identity {
    pub(in crate::plugin) key: KeyPattern,
    /// Headers of which each value has an item of its own.
    pub(in crate::plugin) vary: VaryBy,
    /// The codings that have items of their own, with `accept-encoding` in `vary`.
    pub(in crate::plugin) encodings: Encodings,
    /// Ports that a site is known by.
    pub(in crate::plugin) ports: Ports,
    /// Whether headers that choose the page have items of their own.
    pub(in crate::plugin) guard: bool,
    /// Cookies whose requests have nothing to do with the cache.
    pub(in crate::plugin) bypass_cookies: CookieRule,
    /// Requests for which it gives something have nothing to do with the cache.
    pub(in crate::plugin) bypass: Option<Pattern>,
}

/// The pattern of a key, with its text.
pub(in crate::plugin) struct KeyPattern {
    pub(in crate::plugin) pattern: Pattern,
    pub(in crate::plugin) text: Box<[u8]>,
}

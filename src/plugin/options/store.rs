//! Options of storing.

use memcached_core::http::HeaderNames;
use memcached_core::policy::Lifetimes;
use memcached_core::protocol::Ttl;
use memcached_core::purge::Mode;

/// What is stored, and for how long.
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub(in crate::plugin) struct Store {
    pub(in crate::plugin) ttl: Lifetimes,
    /// The largest body, in bytes.
    pub(in crate::plugin) maxsize: u64,
    /// Stored with each item.
    pub(in crate::plugin) flags: u32,
    /// Store whatever the response says about caches.
    pub(in crate::plugin) force: bool,
    pub(in crate::plugin) statuses: Vec<u16>,
    /// The most that any response may live, if given.
    pub(in crate::plugin) max_ttl: Option<Ttl>,
    /// How long an item lives on a server that stands in for its own, in seconds.
    pub(in crate::plugin) failover_ttl: u32,
    /// Store only what names a lifetime.
    pub(in crate::plugin) require_lifetime: bool,
    /// Store only bodies whose length the response announces.
    pub(in crate::plugin) known_length: bool,
    /// Response headers that are not stored.
    pub(in crate::plugin) without: HeaderNames,
    /// Make an entity tag where the response has none.
    pub(in crate::plugin) etag: bool,
    /// How requests that may change something purge items, if they do.
    pub(in crate::plugin) invalidate: Option<Mode>,
}

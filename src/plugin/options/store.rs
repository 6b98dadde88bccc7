//! Options of storing.

use memcached_core::policy::Lifetimes;

/// What is stored, and for how long.
pub(in crate::plugin) struct Store {
    pub(in crate::plugin) ttl: Lifetimes,
    /// The largest body, in bytes.
    pub(in crate::plugin) maxsize: u64,
    /// Stored with each item.
    pub(in crate::plugin) flags: u32,
    /// Store whatever the response says about caches.
    pub(in crate::plugin) force: bool,
    pub(in crate::plugin) statuses: Vec<u16>,
    /// Make an entity tag where the response has none.
    pub(in crate::plugin) etag: bool,
    /// Requests that may change something delete items.
    pub(in crate::plugin) invalidate: bool,
}

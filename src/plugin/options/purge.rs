//! Options of purging.

use memcached_core::purge::Mode;

/// How items are purged.
pub(in crate::plugin) struct Purge {
    /// By `memcached.delete`.
    pub(in crate::plugin) mode: Mode,
}

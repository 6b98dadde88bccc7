//! The plugin's type, and what it remembers of a request.

use std::sync::Arc;

use memcached_core::pool::Pool;
use memcached_core::protocol::Key;

use crate::host::{SockAddr, VRequest};

/// `mod_memcached` as the host sees it.
pub(crate) struct Memcached;

/// A request, within one call from the host.
pub(super) type Request<'a> = VRequest<'a, Memcached>;

/// What is remembered of a request that was a hit, until it ends: the item that
/// is sent, which the same request must not store again.
pub(crate) struct RequestMemory {
    pub(super) pool: Arc<Pool<SockAddr>>,
    pub(super) key: Key,
}

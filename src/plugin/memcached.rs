//! The plugin's type, and what it remembers of a request.

use std::sync::Arc;

use memcached_core::pool::Pool;
use memcached_core::protocol::Key;

use crate::client::LookupHandle;
use crate::host::{SockAddr, VRequest};

/// `mod_memcached` as the host sees it.
pub(crate) struct Memcached;

/// A request, within one call from the host.
pub(super) type Request<'a> = VRequest<'a, Memcached>;

/// What is remembered of a request: the item that is looked up, kept by the
/// action while it waits; after a hit, until the request ends, the item that is
/// sent, which the same request must not store again. It is moved from one to
/// the other as it is, because an allocation more for each hit would show.
pub(crate) struct RequestMemory {
    pub(super) pool: Arc<Pool<SockAddr>>,
    pub(super) key: Key,
    /// While it is under way.
    pub(super) lookup: Option<LookupHandle>,
}

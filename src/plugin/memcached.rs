//! The plugin's type, and what it remembers of a request.

use std::sync::Arc;

use memcached_core::pool::Pool;
use memcached_core::protocol::Key;

use super::cache_status::Note;
use crate::host::{SockAddr, VRequest};

/// `mod_memcached` as the host sees it.
pub(crate) struct Memcached;

/// A request, within one call from the host.
pub(super) type Request<'a> = VRequest<'a, Memcached>;

/// The type of a body whose path has none in the configuration.
pub(super) const OTHER_TYPE: &[u8] = b"application/octet-stream";

/// What the last lookup leaves behind of a request, until that ends.
#[derive(Default)]
pub(crate) struct RequestMemory {
    /// The item that is sent, which the same request must not store again.
    pub(super) hit: Option<(Arc<Pool<SockAddr>>, Key)>,
    /// `Content-Type` of a hit, after a miss where items are bodies.
    pub(super) hit_type: Option<Box<[u8]>>,
    /// What `Cache-Status` says or is going to say.
    pub(super) cache_status: Option<Note>,
}

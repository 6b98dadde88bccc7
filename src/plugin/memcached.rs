//! The plugin's type, and what it remembers of a request.

use std::sync::Arc;

use memcached_core::pool::Pool;
use memcached_core::protocol::Key;

use super::cache_status::Note;
use crate::client::LookupHandle;
use crate::host::{SockAddr, VRequest};

/// `mod_memcached` as the host sees it.
pub(crate) struct Memcached;

/// A request, within one call from the host.
pub(super) type Request<'a> = VRequest<'a, Memcached>;

/// The type of a body whose path has none in the configuration.
pub(super) const OTHER_TYPE: &[u8] = b"application/octet-stream";

/// What is remembered of a request: the lookup, kept by the action while it waits;
/// then what it came to, until the request ends. It is moved from one to the other
/// as it is, because an allocation more for each hit would show.
#[derive(Default)]
pub(crate) struct RequestMemory {
    /// The item that is looked up.
    pub(super) item: Option<(Arc<Pool<SockAddr>>, Key)>,
    /// While it is under way.
    pub(super) lookup: Option<LookupHandle>,
    /// The item is sent, and must not be stored again.
    pub(super) is_hit: bool,
    /// `Content-Type` of a hit, after a miss where items are bodies.
    pub(super) hit_type: Option<Box<[u8]>>,
    /// What `Cache-Status` says or is going to say.
    pub(super) cache_status: Option<Note>,
}

//! The plugin's type, and what it remembers of a request.

use std::sync::Arc;

use memcached_core::policy::Bypass;
use memcached_core::protocol::Key;

use super::keys::{Keyed, Keys};
use crate::host::VRequest;

/// `mod_memcached` as the host sees it.
pub(crate) struct Memcached;

/// A request, within one call from the host.
pub(super) type Request<'a> = VRequest<'a, Memcached>;

/// What is remembered of a request until it ends.
#[derive(Default)]
pub(crate) struct RequestMemory {
    /// The last lookup that ran.
    pub(super) lookup: Option<LastLookup>,
    /// The items that the request, which is not safe, makes out of date, as the last
    /// lookup saw it.
    pub(super) outdated: Option<Outdated>,
    /// What `Accept-Encoding` was, while it is another.
    pub(super) accept_encoding: Option<Replaced>,
}

/// A lookup of a request.
pub(super) struct LastLookup {
    pub(super) keys: Arc<Keys>,
    /// The key that it looked up, or why the request is not to be cached.
    pub(super) key: Result<Keyed, Bypass>,
    /// The item is the response.
    pub(super) is_hit: bool,
}

/// Items that a request makes out of date, if it succeeds.
#[derive(Clone)]
pub(super) struct Outdated {
    pub(super) keys: Arc<Keys>,
    /// All keys of its target, or why that has none.
    pub(super) of_target: Result<Vec<Key>, Bypass>,
}

/// The name of a header and its value.
pub(super) type HeaderLine = (Box<[u8]>, Box<[u8]>);

/// The lines of a header that were replaced.
pub(super) struct Replaced {
    pub(super) lines: Vec<HeaderLine>,
    /// Lookups whose store has not run yet.
    pub(super) lookups: usize,
}

//! The plugin's type, and what it remembers of a request.

use std::sync::Arc;

use memcached_core::policy::Bypass;
use memcached_core::protocol::Key;

use super::counting::Unfinished;
use super::keys::{Keyed, Keys};
use super::note::Note;
use crate::client::LookupHandle;
use crate::host::VRequest;

/// `mod_memcached` as the host sees it.
pub(crate) struct Memcached;

/// A request, within one call from the host.
pub(super) type Request<'a> = VRequest<'a, Memcached>;

/// The type of a body whose path has none in the configuration.
pub(super) const OTHER_TYPE: &[u8] = b"application/octet-stream";

/// What is remembered of a request until it ends. A lookup keeps it to itself while
/// it waits; it is moved from one to the other as it is, because an allocation
/// more for each hit would show.
#[derive(Default)]
pub(crate) struct RequestMemory {
    /// The last lookup that ran.
    pub(super) lookup: Option<LastLookup>,
    /// While its key is not known.
    pub(super) counting: Option<Box<Unfinished>>,
    /// While that is under way.
    pub(super) pending: Option<LookupHandle>,
    /// The items that the request, which is not safe, makes out of date, as the last
    /// lookup saw it.
    pub(super) outdated: Option<Box<Outdated>>,
    /// What headers of the request were, while a backend sees others.
    pub(super) replaced: Option<Replaced>,
    /// What `Cache-Status` says or is going to say.
    pub(super) cache_status: Option<Note>,
}

impl RequestMemory {
    /// Memcached is being asked for the item, or for what its key is made of.
    pub(super) fn is_asking(&self) -> bool {
        self.counting.is_some() || self.pending.is_some()
    }

    /// The item of the last lookup is the response.
    pub(super) fn is_hit(&self) -> bool {
        self.lookup
            .as_ref()
            .is_some_and(|lookup| lookup.hit.is_some())
    }
}

/// A lookup of a request.
pub(super) struct LastLookup {
    pub(super) keys: Arc<Keys>,
    /// The key that it looked up, or why the request is not to be cached.
    pub(super) key: Result<Keyed, Bypass>,
    /// The item, if it is the response.
    pub(super) hit: Option<Hit>,
    /// `Content-Type` of a hit, after a miss where items are bodies.
    pub(super) hit_type: Option<Box<[u8]>>,
}

impl LastLookup {
    /// The key, if the request has one.
    pub(super) fn key(&self) -> Option<&Key> {
        self.key.as_ref().ok().map(|keyed| &keyed.key)
    }
}

/// An item that is the response.
#[derive(Clone, Copy)]
pub(super) struct Hit {
    /// When the origin made it, in seconds since 1970, if the item tells.
    pub(super) made_at: Option<u64>,
}

/// Items that a request makes out of date, if it succeeds.
#[derive(Clone)]
pub(super) struct Outdated {
    pub(super) keys: Arc<Keys>,
    /// The texts of all keys of its target, without the count of a namespace, or why
    /// that has none.
    pub(super) of_target: Result<Vec<Vec<u8>>, Bypass>,
}

/// The name of a header and its value.
pub(super) type HeaderLine = (Box<[u8]>, Box<[u8]>);

/// Headers that were replaced.
pub(super) struct Replaced {
    pub(super) headers: Vec<ReplacedHeader>,
    /// Lookups whose store has not run yet.
    pub(super) lookups: usize,
}

/// A header that was replaced.
pub(super) struct ReplacedHeader {
    pub(super) name: &'static [u8],
    /// All of its lines.
    pub(super) lines: Vec<HeaderLine>,
}

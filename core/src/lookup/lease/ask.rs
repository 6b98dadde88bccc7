//! What a request asks for, and by which rules.

use core::time::Duration;

use crate::lookup::coalesce::Target;
use crate::protocol::Key;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Where to ask; what is asked for beside the value is chosen by
    /// [`Leases`](super::Leases).
    pub target: Target,
    /// The key of the item.
    pub key: Key,
    /// How it is to be kept fresh.
    pub rules: Rules,
}

/// How the item of a request is kept fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Seconds after which a lock that nobody renews ends, 2 to 3600; 0 if there
    /// are no locks: then all who miss an item make it.
    pub lock: u32,
    /// Seconds before the end of its freshness from which on a page is made anew.
    pub early: u32,
    /// How long a request waits while another makes what it misses.
    pub lock_wait: Duration,
    /// How long a page may take to be made anew. Whoever does so has ended its run
    /// by then; see [`End::Error`](super::End::Error).
    pub refresh_timeout: Duration,
    /// Seconds for which a marker says that an answer may not be stored.
    pub uncacheable_ttl: u32,
    /// Whether a page can be made anew without the client of this request.
    pub in_background: bool,
    /// Whether the answer to the request may be for itself alone. Then a page that may
    /// be served while another one is made is left to others to make.
    pub is_personal: bool,
    /// What the server understands.
    pub dialect: Dialect,
}

/// What a server understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// It is asked, once until [`Leases::server_came_back`](super::Leases::server_came_back).
    #[default]
    Auto,
    /// Meta commands.
    Meta,
    /// Commands that every server knows. A lock is an item of its own there, and
    /// whoever makes a page does not see that it was purged meanwhile.
    Classic,
}

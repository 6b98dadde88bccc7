//! Options of pages that are made once for all, and served while they are stale.

use std::time::Duration;

use memcached_core::lookup::lease::{Dialect, Rules};
use memcached_core::policy::Windows;

/// How pages stay fresh. Times without a unit in their type are seconds.
pub(in crate::plugin) struct Freshness {
    /// How long one request has the right to make a page before others may take it
    /// over; 0 if each makes its own.
    pub(super) lock: u32,
    /// How long others wait for it.
    pub(in crate::plugin) lock_wait: Duration,
    /// How long a page may be served after its lifetime while it is made anew, if
    /// its response does not say so itself.
    pub(super) stale_while_revalidate: u32,
    /// Likewise if that fails.
    pub(super) stale_if_error: u32,
    /// Percent by which lifetimes are shortened at most.
    pub(super) ttl_jitter: u32,
    /// How long it is remembered that a page may not be stored.
    pub(super) uncacheable_ttl: u32,
    /// How long before the end of its lifetime a page is made anew.
    pub(super) early: u32,
    /// Pages are made anew without a client that waits.
    pub(in crate::plugin) background: bool,
    /// How long that may take.
    pub(in crate::plugin) refresh_timeout: Duration,
    /// How many a worker may make at a time.
    pub(in crate::plugin) refresh_max: usize,
    /// Requests for a part fill the whole item.
    pub(in crate::plugin) whole_on_miss: bool,
    /// What the server is spoken to in.
    pub(super) protocol: Protocol,
}

/// The commands that a server is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plugin) enum Protocol {
    /// Meta commands where an option needs them and the server knows them.
    Auto,
    /// None of them.
    Classic,
    /// Meta commands, without asking whether it knows them.
    Meta,
}

impl Freshness {
    /// Whether pages are made once for all or served while they are stale, so that
    /// items say how long they are fresh.
    pub(in crate::plugin) fn is_on(&self) -> bool {
        self.lock > 0 || self.windows() != Windows::NONE
    }

    /// How many seconds before the end of its lifetime a page is made anew.
    pub(in crate::plugin) fn early(&self) -> u32 {
        self.early
    }

    /// Whether only one request at a time makes a page.
    pub(in crate::plugin) fn locks(&self) -> bool {
        self.lock > 0
    }

    /// The rules for a request whose page can be made anew without its client, or
    /// not, and that may have an answer of its own.
    pub(in crate::plugin) fn rules(&self, can_do_without_client: bool, is_personal: bool) -> Rules {
        Rules {
            lock: self.lock,
            early: self.early,
            lock_wait: self.lock_wait,
            refresh_timeout: self.refresh_timeout,
            uncacheable_ttl: self.uncacheable_ttl,
            in_background: self.background && can_do_without_client,
            is_personal,
            dialect: match self.protocol {
                Protocol::Auto => Dialect::Auto,
                Protocol::Classic => Dialect::Classic,
                Protocol::Meta => Dialect::Meta,
            },
        }
    }

    /// How long pages may be served after their lifetime.
    pub(super) fn windows(&self) -> Windows {
        Windows {
            while_revalidate: self.stale_while_revalidate,
            if_error: self.stale_if_error,
            kept: 0,
        }
    }

    /// Whether meta commands may be sent without asking whether the server knows them.
    pub(in crate::plugin) fn speaks_meta(&self) -> bool {
        self.protocol == Protocol::Meta
    }

    /// Whether an empty item with flags 0 may be a lock, which the server made for
    /// this action or for another that shares its items.
    pub(in crate::plugin) fn meets_locks(&self) -> bool {
        self.lock > 0 || self.speaks_meta()
    }
}

//! How long one item lives.

use super::storable::Storable;
use super::windows::Windows;
use crate::protocol::Ttl;

/// How long an item lives that is stored now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// How long its response is fresh.
    pub ttl: Ttl,
    /// How long it may be served after that.
    pub windows: Windows,
}

impl Life {
    /// The time to live of the item: it is fresh for `ttl`, and stays while it may
    /// be served in some way after that.
    #[must_use]
    pub fn of_item(self) -> Ttl {
        match self.ttl {
            Ttl::Forever => Ttl::Forever,
            Ttl::Secs(secs) => Ttl::Secs(secs.saturating_add(self.windows.longest())),
        }
    }

    /// Until when the response is fresh, in seconds since 1970; `None` for ever.
    #[must_use]
    pub fn fresh_until(self, unix_now_secs: u64) -> Option<u64> {
        match self.ttl {
            Ttl::Forever => None,
            Ttl::Secs(secs) => Some(unix_now_secs.saturating_add(secs.into())),
        }
    }
}

impl Storable {
    /// How long its item lives if it is stored now; `None` if the response is
    /// stale.
    #[must_use]
    pub fn life(&self, unix_now_secs: u64) -> Option<Life> {
        let ttl = self.lifetime.ttl(unix_now_secs)?;
        let windows = self.windows;
        Some(Life { ttl, windows })
    }
}

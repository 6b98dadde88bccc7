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
    /// The same for so many seconds at most, in all.
    #[must_use]
    pub fn at_most(self, secs: u32) -> Self {
        Self {
            lifetime: self.lifetime.at_most(secs),
            windows: Windows::NONE,
            ..self
        }
    }

    /// How long its item lives if it is stored now; `None` if the response is
    /// stale.
    #[must_use]
    pub fn life(&self, unix_now_secs: u64) -> Option<Life> {
        let ttl = self.lifetime.ttl(unix_now_secs)?;
        let windows = self.windows;
        Some(Life { ttl, windows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Lifetime;

    fn storable(ttl: Ttl) -> Storable {
        Storable {
            lifetime: Lifetime::new(ttl, None, None),
            windows: Windows::NONE,
            length: None,
            complete: false,
        }
    }

    #[test]
    fn cut_to_a_few_seconds_in_all() {
        for (ttl, cut) in [
            (Ttl::Forever, Ttl::Secs(10)),
            (Ttl::Secs(11), Ttl::Secs(10)),
            (Ttl::Secs(3), Ttl::Secs(3)),
        ] {
            let windows = Windows {
                while_revalidate: 60,
                if_error: 3600,
                kept: 5,
            };
            let response = Storable {
                windows,
                ..storable(ttl)
            };
            let life = response.at_most(10).life(1_000_000).unwrap();
            assert_eq!((life.ttl, life.of_item()), (cut, cut));
        }
    }
}

//! How long items live, by the status of the response.

use crate::protocol::Ttl;

/// A time to live for all statuses, and others for some.
#[derive(Clone, Debug)]
pub struct Lifetimes {
    /// For statuses that have none of their own.
    pub default: Ttl,
    by_status: Vec<(u16, Ttl)>,
}

impl Lifetimes {
    /// The same for all statuses.
    #[must_use]
    pub const fn of_all(default: Ttl) -> Self {
        Self {
            default,
            by_status: Vec::new(),
        }
    }

    /// Sets one for a status; false if it has one already.
    pub fn add(&mut self, status: u16, ttl: Ttl) -> bool {
        if self.by_status.iter().any(|(known, _)| *known == status) {
            return false;
        }
        self.by_status.push((status, ttl));
        true
    }

    /// Whether some status has one of its own.
    #[must_use]
    pub fn differ_by_status(&self) -> bool {
        !self.by_status.is_empty()
    }

    /// The one of a status.
    #[must_use]
    pub fn of(&self, status: u16) -> Ttl {
        let named = self.by_status.iter().find(|(known, _)| *known == status);
        named.map_or(self.default, |(_, ttl)| *ttl)
    }
}

/// How long one response is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    longest: Ttl,
    fresh_until: Option<u64>,
    jitter: Jitter,
}

impl Lifetime {
    /// Of a response that is fresh until `fresh_until` (seconds since 1970), if
    /// it says so. `ttl` is for responses that do not; without `max_ttl` it is
    /// the longest time for the others too.
    #[must_use]
    pub fn new(ttl: Ttl, max_ttl: Option<Ttl>, fresh_until: Option<u64>) -> Self {
        let longest = match (fresh_until, max_ttl) {
            (_, None) => ttl,
            (None, Some(max)) => shorter(ttl, max),
            (Some(_), Some(max)) => max,
        };
        Self {
            longest,
            fresh_until,
            jitter: Jitter::default(),
        }
    }

    /// That of a response that was made from another item, and by the origin at this
    /// time, in seconds since 1970: no part of it is had twice, however often items
    /// are made of each other.
    #[must_use]
    pub fn counted_from(self, made_at: u64) -> Self {
        let Ttl::Secs(secs) = self.longest else {
            return self;
        };
        let until = made_at.saturating_add(secs.into());
        let fresh_until = self.fresh_until.map_or(until, |fresh| fresh.min(until));
        Self {
            fresh_until: Some(fresh_until),
            ..self
        }
    }

    /// Shortened at random, so that what is stored together does not expire
    /// together. `random` is any number; the one that is given counts from now on.
    #[must_use]
    pub fn shortened(self, percent: u32, random: u64) -> Self {
        Self {
            jitter: Jitter { percent, random },
            ..self
        }
    }

    /// The same, but no longer than `secs`.
    #[must_use]
    pub fn at_most(self, secs: u32) -> Self {
        Self {
            longest: shorter(self.longest, Ttl::Secs(secs)),
            ..self
        }
    }

    /// Whether it never ends.
    #[must_use]
    pub fn is_endless(self) -> bool {
        self.longest == Ttl::Forever && self.fresh_until.is_none()
    }

    /// The time to live of an item that is stored now; `None` if the response is
    /// stale. A body may take long to arrive, and an item must not outlive the
    /// freshness of its response.
    #[must_use]
    pub fn ttl(self, unix_now_secs: u64) -> Option<Ttl> {
        let ttl = match self.fresh_until {
            None => Some(self.longest),
            Some(until) => self.longest.ending_by(until, unix_now_secs),
        };
        ttl.map(|ttl| self.jitter.shorten(ttl))
    }
}

/// What is taken off a lifetime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Jitter {
    percent: u32,
    random: u64,
}

/// No lifetime is made shorter than so many seconds.
const SHORTEST: u32 = 2;

impl Jitter {
    fn shorten(self, ttl: Ttl) -> Ttl {
        let Ttl::Secs(secs) = ttl else {
            return ttl;
        };
        let most = u64::from(secs) * u64::from(self.percent.min(100)) / 100;
        let cut = (u128::from(most + 1) * u128::from(self.random)) >> 64;
        let cut = u32::try_from(cut).unwrap_or(0);
        Ttl::Secs((secs - cut).max(secs.min(SHORTEST)))
    }
}

fn shorter(one: Ttl, other: Ttl) -> Ttl {
    match other {
        Ttl::Forever => one,
        Ttl::Secs(secs) => one.at_most(secs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_status() {
        let mut all = Lifetimes::of_all(Ttl::Secs(30));
        assert!(!all.differ_by_status());
        assert!(all.add(404, Ttl::Secs(10)) && all.add(301, Ttl::Forever));
        assert!(!all.add(404, Ttl::Secs(20)));
        assert!(all.differ_by_status());
        assert_eq!(all.of(200), Ttl::Secs(30));
        assert_eq!(all.of(301), Ttl::Forever);
        assert_eq!(all.of(404), Ttl::Secs(10));
    }

    #[test]
    fn shortened_at_random() {
        use Ttl::{Forever, Secs};
        let ttl = |ttl, percent, random| {
            Lifetime::new(ttl, None, None)
                .shortened(percent, random)
                .ttl(1000)
        };
        for (secs, percent, least) in [
            (1, 90, 1),
            (2, 90, 2),
            (3, 90, 2),
            (10, 0, 10),
            (10, 9, 10),
            (10, 10, 9),
            (30, 10, 27),
            (100, 90, 10),
            (100, 100, 2),
            (u32::MAX, 10, u32::MAX - u32::MAX / 10),
        ] {
            assert_eq!(ttl(Secs(secs), percent, 0), Some(Secs(secs)));
            assert_eq!(ttl(Secs(secs), percent, u64::MAX), Some(Secs(least)));
        }
        // All of the ways to shorten it are as likely.
        let all: Vec<_> = (0..4).map(|at| ttl(Secs(30), 10, at << 62)).collect();
        assert_eq!(all, [30, 29, 28, 27].map(|secs| Some(Secs(secs))));
        assert_eq!(ttl(Forever, 90, u64::MAX), Some(Forever));
        let fresh = Lifetime::new(Forever, None, Some(1100)).shortened(50, u64::MAX);
        assert_eq!(fresh.ttl(1000), Some(Secs(50)));
        assert_eq!(fresh.ttl(1100), None);
        assert!(!fresh.is_endless());
        assert!(Lifetime::new(Forever, None, None).is_endless());
        assert!(!Lifetime::new(Secs(1), None, None).is_endless());
    }

    #[test]
    fn of_one_item() {
        use Ttl::{Forever, Secs};
        for (ttl, max_ttl, fresh, expected) in [
            (Secs(30), None, None, Some(Secs(30))),
            (Forever, None, None, Some(Forever)),
            (Secs(30), None, Some(20), Some(Secs(20))),
            (Secs(30), None, Some(40), Some(Secs(30))),
            (Forever, None, Some(40), Some(Secs(40))),
            (Secs(30), Some(Secs(90)), None, Some(Secs(30))),
            (Secs(30), Some(Secs(9)), None, Some(Secs(9))),
            (Forever, Some(Secs(90)), None, Some(Secs(90))),
            (Secs(30), Some(Secs(90)), Some(60), Some(Secs(60))),
            (Secs(30), Some(Secs(90)), Some(100), Some(Secs(90))),
            (Secs(30), Some(Forever), Some(100), Some(Secs(100))),
            (Secs(30), Some(Forever), None, Some(Secs(30))),
            (Secs(30), None, Some(0), None),
            (Forever, Some(Forever), Some(0), None),
        ] {
            let lifetime = Lifetime::new(ttl, max_ttl, fresh.map(|secs: u64| 1000 + secs));
            assert_eq!(lifetime.ttl(1000), expected, "{lifetime:?}");
        }
        for (lifetime, left) in [
            (Lifetime::new(Secs(30), None, None), Some(Secs(20))),
            (Lifetime::new(Secs(11), None, None), Some(Secs(1))),
            (Lifetime::new(Secs(10), None, None), None),
            (
                Lifetime::new(Secs(30), Some(Secs(25)), None),
                Some(Secs(15)),
            ),
            (Lifetime::new(Secs(30), None, Some(1005)), Some(Secs(5))),
            (Lifetime::new(Secs(30), None, Some(1025)), Some(Secs(20))),
            (Lifetime::new(Forever, None, Some(1025)), Some(Secs(25))),
            (Lifetime::new(Forever, None, None), Some(Forever)),
        ] {
            assert_eq!(lifetime.counted_from(990).ttl(1000), left, "{lifetime:?}");
        }
        let ahead = Lifetime::new(Secs(30), None, None).counted_from(u64::MAX);
        assert_eq!(ahead.ttl(1000), Some(Secs(30)));
        let lifetime = Lifetime::new(Secs(30), None, Some(1060));
        assert_eq!(lifetime.ttl(1050), Some(Secs(10)));
        assert_eq!(lifetime.ttl(1060), None);
        assert_eq!(
            Lifetime::new(Secs(30), None, None).ttl(u64::MAX),
            Some(Secs(30))
        );
    }
}

//! How long an item lives.

use super::limits::{EXPTIME_MAX, RELATIVE_TTL_MAX};

/// A time to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// No expiry: the item stays until it is deleted or evicted.
    Forever,
    /// Seconds, at least 1.
    Secs(u32),
}

impl Ttl {
    /// From seconds as in the configuration, where 0 means no expiry.
    #[must_use]
    pub const fn from_secs(secs: u32) -> Self {
        if secs == 0 {
            Self::Forever
        } else {
            Self::Secs(secs)
        }
    }

    /// What is left of it if the item must be gone at `until`, both times in
    /// seconds since 1970; `None` if that moment has passed.
    #[must_use]
    pub fn ending_by(self, until: u64, unix_now_secs: u64) -> Option<Self> {
        let left = until.checked_sub(unix_now_secs).filter(|&left| left > 0)?;
        Some(self.at_most(u32::try_from(left).unwrap_or(u32::MAX)))
    }

    /// The shorter of the two, but at least 1 second: 0 would mean no expiry.
    #[must_use]
    pub fn at_most(self, secs: u32) -> Self {
        let secs = secs.max(1);
        match self {
            Self::Forever => Self::Secs(secs),
            Self::Secs(own) => Self::Secs(own.min(secs)),
        }
    }
}

/// A time to live as commands carry it: seconds up to 30 days, beyond that a
/// date in seconds since 1970, which the server would take it for anyway
/// (protocol.txt, "Expiration times"). `unix_now_secs` is the current time in
/// seconds since 1970.
///
/// Servers keep the number in 32 bits with a sign, and a later date would wrap
/// into the past. So the item lives until the last date there is, or for 30
/// days if that is later.
#[must_use]
pub fn exptime(ttl: Ttl, unix_now_secs: u64) -> i64 {
    let Ttl::Secs(secs) = ttl else {
        return 0;
    };
    let secs = i64::from(secs.max(1));
    if secs <= RELATIVE_TTL_MAX {
        return secs;
    }
    let now = i64::try_from(unix_now_secs).unwrap_or(i64::MAX);
    if now.saturating_add(RELATIVE_TTL_MAX) > EXPTIME_MAX {
        return RELATIVE_TTL_MAX;
    }
    now.saturating_add(secs).min(EXPTIME_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_thirty_days_is_a_date() {
        let month = 30 * 24 * 60 * 60;
        let now = 1_800_000_000;
        assert_eq!(exptime(Ttl::from_secs(0), now), 0);
        assert_eq!(exptime(Ttl::from_secs(1), now), 1);
        assert_eq!(exptime(Ttl::from_secs(month), now), i64::from(month));
        assert_eq!(
            exptime(Ttl::from_secs(month + 1), now),
            1_800_000_000 + i64::from(month) + 1
        );
        assert_eq!(exptime(Ttl::Secs(0), now), 1, "0 would mean no expiry");
    }

    #[test]
    fn no_date_is_later_than_servers_can_tell() {
        let last = 2_147_483_647;
        let year = 365 * 24 * 60 * 60;
        let ttl = Ttl::from_secs(year);
        let near = last - u64::from(year);
        assert_eq!(exptime(ttl, near), 2_147_483_647);
        assert_eq!(exptime(ttl, near + 1), 2_147_483_647);
        assert_eq!(exptime(Ttl::Secs(u32::MAX), 1_800_000_000), 2_147_483_647);
        // From here on 30 days are more than the last date gives.
        assert_eq!(exptime(ttl, last - 2_592_000), 2_147_483_647);
        for now in [last - 2_591_999, last, last + 1, u64::MAX] {
            assert_eq!(exptime(ttl, now), 2_592_000, "{now}");
        }
    }

    #[test]
    fn an_end_that_is_given() {
        assert_eq!(Ttl::Forever.ending_by(110, 100), Some(Ttl::Secs(10)));
        assert_eq!(Ttl::Secs(5).ending_by(110, 100), Some(Ttl::Secs(5)));
        assert_eq!(Ttl::Secs(50).ending_by(110, 109), Some(Ttl::Secs(1)));
        assert_eq!(Ttl::Forever.ending_by(110, 110), None);
        assert_eq!(Ttl::Forever.ending_by(110, 200), None);
        let far = Ttl::Forever.ending_by(u64::MAX, 0);
        assert_eq!(far, Some(Ttl::Secs(u32::MAX)));
    }

    #[test]
    fn the_shorter_time_counts() {
        assert_eq!(Ttl::Forever.at_most(60), Ttl::Secs(60));
        assert_eq!(Ttl::Secs(30).at_most(60), Ttl::Secs(30));
        assert_eq!(Ttl::Secs(90).at_most(60), Ttl::Secs(60));
        assert_eq!(Ttl::Forever.at_most(0), Ttl::Secs(1));
    }
}

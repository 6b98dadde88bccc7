//! How long replies take on a connection, and when one is late.

use core::time::Duration;

use crate::time::Time;

/// A reply that takes less is never late: hosts are busy for so long at times.
const NEVER_LATE: Duration = Duration::from_millis(20);

/// A reply is late once it takes as long as this many usual ones.
const USUAL_TIMES: u32 = 4;

/// The part of a time-out after which every reply is late, so that enough of it
/// is left to ask somewhere else.
const OF_TIMEOUT: u32 = 4;

/// The usual time of a reply, and when the last one came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    usual: Duration,
    last: Time,
}

impl Pace {
    /// A reply came that was waited for from `since` on.
    pub(super) fn note(&mut self, since: Time, now: Time) {
        let took = now.since(since);
        // Smoothed as TCP smooths its round trips (RFC 6298).
        self.usual = if self.usual.is_zero() {
            took
        } else {
            (self.usual * 7 + took) / 8
        };
        self.last = now;
    }

    /// The least that [`late_after`](Self::late_after) says where somebody waits for so long.
    pub(super) fn soonest_late(timeout: Duration) -> Duration {
        NEVER_LATE.min(timeout / OF_TIMEOUT)
    }

    /// Another connection is to the same server, and has seen more of it.
    pub(super) const fn learn_from(&mut self, other: Self) {
        self.usual = other.usual;
    }

    /// When the last reply came.
    pub(super) const fn last(&self) -> Time {
        self.last
    }

    /// The silence after which a reply is late, where `timeout` is the longest
    /// time-out.
    pub(super) fn late_after(&self, timeout: Duration) -> Duration {
        let most = timeout / OF_TIMEOUT;
        (self.usual * USUAL_TIMES).max(NEVER_LATE).min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn at(ms: u64) -> Time {
        Time::from_micros(ms * 1000)
    }

    #[test]
    fn late_is_far_longer_than_usual_but_not_too_long_to_help() {
        let mut pace = Pace::default();
        assert_eq!(pace.late_after(ms(500)), ms(20));
        assert_eq!(pace.late_after(ms(40)), ms(10));
        for reply in 0..100 {
            pace.note(at(reply * 100), at(reply * 100 + 15));
        }
        assert_eq!(pace.last(), at(9915));
        let late = pace.late_after(ms(500));
        assert_eq!(late, ms(60));
        let mut other = Pace::default();
        other.learn_from(pace);
        assert_eq!(other.late_after(ms(500)), ms(60));
        pace.note(at(20_000), at(23_000));
        assert_eq!(pace.late_after(ms(500)), ms(125));
    }
}

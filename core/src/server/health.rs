//! Whether a server is worth asking: failures in a row, and requests that try a
//! server that is down.
//!
//! Invariants:
//! - The server is down from the third failure in a row to the next good reply.
//! - While it is down, at most one request at a time tries it, and at most one
//!   per retry interval.
//! - Failures are counted for all connections together, because what ends one of
//!   them mostly ends the others. The server has recovered once no connection
//!   has failed since its last good reply.

use core::time::Duration;

use crate::protocol::Lane;
use crate::time::Time;

/// This many failures in a row make a server count as down.
pub const FAILURES_UNTIL_DOWN: u32 = 3;

/// A connection that failed and is not used any more is forgotten after a retry
/// interval and this time, in which it could have failed again.
const FORGET_AFTER: Duration = Duration::from_secs(10);

/// What all connections to one server know of it together.
#[derive(Debug)]
pub(super) struct Health {
    retry: Duration,
    failures: u32,
    /// The failure that made it down, or the last request that tried it.
    last_try: Time,
    /// The request that tries the server.
    probe: Option<u64>,
    /// The first failure of those that are not over.
    failing_since: Option<Time>,
    /// Per lane: it failed and gave no good reply since; holds until this time.
    failing_until: [Option<Time>; Lane::COUNT],
}

impl Health {
    pub(super) const fn new(retry: Duration) -> Self {
        Self {
            retry,
            failures: 0,
            last_try: Time::from_micros(0),
            probe: None,
            failing_since: None,
            failing_until: [None; Lane::COUNT],
        }
    }

    /// Three failures in a row and no good reply since.
    pub(super) const fn is_down(&self) -> bool {
        self.failures >= FAILURES_UNTIL_DOWN
    }

    /// Whether it is down and a request must not try it now.
    pub(super) fn refuses(&self, now: Time) -> bool {
        self.is_down() && (self.probe.is_some() || now < self.last_try + self.retry)
    }

    /// A request tries the server that is down, until
    /// [`request_over`](Self::request_over).
    pub(super) const fn begin_probe(&mut self, now: Time, serial: u64) {
        self.probe = Some(serial);
        self.last_try = now;
    }

    /// The request that tries the server.
    pub(super) const fn probe(&self) -> Option<u64> {
        self.probe
    }

    /// A request is complete or cancelled; it tries the server no longer.
    pub(super) fn request_over(&mut self, serial: u64) {
        if self.probe == Some(serial) {
            self.probe = None;
        }
    }

    /// A connection failed or went silent.
    pub(super) fn failed(&mut self, lane: Lane, now: Time) {
        self.failing_since.get_or_insert(now);
        self.failing_until[lane as usize] = Some(now + self.retry + FORGET_AFTER);
        self.failures = self.failures.saturating_add(1);
        if self.failures == FAILURES_UNTIL_DOWN {
            self.last_try = now;
        }
    }

    /// A good reply came. Returns how long the server had been failing, if that
    /// is over now.
    pub(super) fn succeeded(&mut self, lane: Lane, now: Time) -> Option<Duration> {
        self.failures = 0;
        let since = self.failing_since?;
        self.failing_until[lane as usize] = None;
        let mut failing = self.failing_until.iter().flatten();
        if failing.any(|&until| now < until) {
            return None;
        }
        self.failing_since = None;
        Some(now.since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_micros(ms * 1000)
    }

    fn health() -> Health {
        Health::new(Duration::from_secs(1))
    }

    #[test]
    fn third_failure_makes_down_and_one_probe_per_interval() {
        let mut health = health();
        for ms in [0, 10] {
            health.failed(Lane::Lookup, at(ms));
            assert!(!health.is_down() && !health.refuses(at(ms)));
        }
        health.failed(Lane::Lookup, at(20));
        assert!(health.is_down());
        assert!(health.refuses(at(1019)));
        assert!(!health.refuses(at(1020)));
        health.begin_probe(at(1020), 7);
        // One at a time, however long it takes.
        assert!(health.refuses(at(5000)));
        health.failed(Lane::Lookup, at(5000));
        health.request_over(6);
        assert_eq!(health.probe(), Some(7));
        health.request_over(7);
        assert!(!health.refuses(at(5000)));
        assert_eq!(
            health.succeeded(Lane::Lookup, at(5100)),
            Some(Duration::from_millis(5100))
        );
        assert!(!health.is_down());
        assert_eq!(health.succeeded(Lane::Lookup, at(5200)), None);
    }

    #[test]
    fn a_probe_that_is_over_early_does_not_give_the_interval_back() {
        let mut health = health();
        for _ in 0..FAILURES_UNTIL_DOWN {
            health.failed(Lane::Store, at(0));
        }
        health.begin_probe(at(1000), 1);
        health.request_over(1);
        assert!(health.refuses(at(1999)));
        assert!(!health.refuses(at(2000)));
    }

    #[test]
    fn a_good_reply_between_failures_keeps_it_up() {
        let mut health = health();
        for ms in (0..100).step_by(2) {
            health.failed(Lane::Lookup, at(ms));
            health.failed(Lane::Store, at(ms));
            assert!(!health.is_down());
            health.succeeded(Lane::Script, at(ms + 1));
        }
    }

    #[test]
    fn recovered_is_who_has_no_failing_connection() {
        let mut health = health();
        for ms in (0..60_000).step_by(1000) {
            health.failed(Lane::Store, at(ms));
            assert_eq!(health.succeeded(Lane::Lookup, at(ms + 500)), None);
            assert!(!health.is_down());
        }
        // The last failure was at 59 s; the stores may simply have ended.
        assert_eq!(health.succeeded(Lane::Lookup, at(69_999)), None);
        assert_eq!(
            health.succeeded(Lane::Lookup, at(70_000)),
            Some(Duration::from_secs(70))
        );
        health.failed(Lane::Store, at(80_000));
        assert_eq!(
            health.succeeded(Lane::Store, at(80_001)),
            Some(Duration::from_millis(1))
        );
    }
}

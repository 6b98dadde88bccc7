//! Whether a server is worth asking: failures in a row, back-off, probes.
//!
//! Invariants: the server is down from the third failure in a row to the next
//! good reply; while it is down at most one request at a time tries it, and at
//! most one per retry interval. Failures are counted for all connections
//! together, since most that ends one ends the others; that all is well again is
//! said only when none has failed since its last good reply.

use core::time::Duration;

use super::time::Time;
use crate::protocol::Lane;

/// So many failures in a row make a server count as down.
pub const FAILURES_UNTIL_DOWN: u32 = 3;

/// A connection that failed and is not used any more is forgotten, once it had
/// a retry interval and so much more time to fail again.
const FORGET_AFTER: Duration = Duration::from_secs(10);

/// What all connections to one server know of it together.
#[derive(Debug, Default)]
pub struct Health {
    failures: u32,
    /// The failure that made it down, or the last request that tried it.
    last_try: Time,
    probing: bool,
    /// The first failure of those that are not over.
    failing_since: Option<Time>,
    /// Per lane: it failed and gave no good reply since; holds until this time.
    failing_until: [Option<Time>; Lane::COUNT],
}

impl Health {
    /// Three failures in a row and no good reply since.
    #[must_use]
    pub const fn is_down(&self) -> bool {
        self.failures >= FAILURES_UNTIL_DOWN
    }

    /// Whether it is down and a request must not try it now.
    #[must_use]
    pub fn refuses(&self, now: Time, retry: Duration) -> bool {
        self.is_down() && (self.probing || now < self.last_try + retry)
    }

    /// A request tries the server that is down. [`Health::probe_over`] must
    /// follow when that request is done with.
    pub const fn begin_probe(&mut self, now: Time) {
        self.probing = true;
        self.last_try = now;
    }

    /// The request that tried the server is done with, whatever came of it.
    pub const fn probe_over(&mut self) {
        self.probing = false;
    }

    /// A connection failed or went silent.
    pub fn failed(&mut self, lane: Lane, now: Time, retry: Duration) {
        self.failing_since.get_or_insert(now);
        self.failing_until[lane as usize] = Some(now + retry + FORGET_AFTER);
        self.failures = self.failures.saturating_add(1);
        if self.failures == FAILURES_UNTIL_DOWN {
            self.last_try = now;
        }
    }

    /// A good reply came. Returns how long the server had been failing, if that
    /// is over now.
    pub fn succeeded(&mut self, lane: Lane, now: Time) -> Option<Duration> {
        self.failures = 0;
        let since = self.failing_since?;
        self.failing_until[lane as usize] = None;
        if self
            .failing_until
            .iter()
            .flatten()
            .any(|&until| now < until)
        {
            return None;
        }
        self.failing_since = None;
        Some(now.since(since))
    }
}

/// When one connection may be made again after it was lost: at once if it had
/// worked, else one retry interval after the last attempt.
#[derive(Debug, Default)]
pub struct Pacing {
    last_attempt: Option<Time>,
    worked: bool,
}

impl Pacing {
    /// Whether a new attempt may begin now.
    #[must_use]
    pub fn allows(&self, now: Time, retry: Duration) -> bool {
        self.worked || self.last_attempt.is_none_or(|last| now >= last + retry)
    }

    /// A new attempt begins.
    pub const fn attempt(&mut self, now: Time) {
        self.worked = false;
        self.last_attempt = Some(now);
    }

    /// The present connection gave a good reply.
    pub const fn worked(&mut self) {
        self.worked = true;
    }

    /// Whether the present connection has given a good reply.
    #[must_use]
    pub const fn has_worked(&self) -> bool {
        self.worked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Duration = Duration::from_secs(1);

    fn at(ms: u64) -> Time {
        Time::from_micros(ms * 1000)
    }

    #[test]
    fn third_failure_makes_down_and_one_probe_per_interval() {
        let mut health = Health::default();
        for ms in [0, 10] {
            health.failed(Lane::Lookup, at(ms), RETRY);
            assert!(!health.is_down() && !health.refuses(at(ms), RETRY));
        }
        health.failed(Lane::Lookup, at(20), RETRY);
        assert!(health.is_down());
        assert!(health.refuses(at(1019), RETRY));
        assert!(!health.refuses(at(1020), RETRY));
        // Each asker has an interval of its own.
        assert!(health.refuses(at(1020), RETRY * 2));
        health.begin_probe(at(1020));
        // One at a time, however long it takes.
        assert!(health.refuses(at(5000), RETRY));
        health.failed(Lane::Lookup, at(5000), RETRY);
        health.probe_over();
        assert!(!health.refuses(at(5000), RETRY));
        assert_eq!(
            health.succeeded(Lane::Lookup, at(5100)),
            Some(Duration::from_millis(5100))
        );
        assert!(!health.is_down());
        assert_eq!(health.succeeded(Lane::Lookup, at(5200)), None);
    }

    #[test]
    fn recovered_is_who_has_no_failing_connection() {
        let mut health = Health::default();
        for ms in (0..60_000).step_by(1000) {
            health.failed(Lane::Store, at(ms), RETRY);
            assert_eq!(health.succeeded(Lane::Lookup, at(ms + 500)), None);
            assert!(!health.is_down());
        }
        // The last failure was at 59 s; the stores may simply have ended.
        assert_eq!(health.succeeded(Lane::Lookup, at(69_999)), None);
        assert_eq!(
            health.succeeded(Lane::Lookup, at(70_000)),
            Some(Duration::from_secs(70))
        );
        health.failed(Lane::Store, at(80_000), RETRY);
        assert_eq!(
            health.succeeded(Lane::Store, at(80_001)),
            Some(Duration::from_millis(1))
        );
    }

    #[test]
    fn a_connection_that_worked_is_replaced_at_once_but_only_once() {
        let mut pacing = Pacing::default();
        assert!(pacing.allows(at(0), RETRY));
        pacing.attempt(at(0));
        assert!(!pacing.allows(at(999), RETRY));
        assert!(pacing.allows(at(999), RETRY / 2));
        pacing.worked();
        assert!(pacing.allows(at(999), RETRY));
        pacing.attempt(at(999));
        assert!(!pacing.allows(at(1000), RETRY));
        assert!(pacing.allows(at(1999), RETRY));
    }
}

//! Whether a server is worth asking: failures in a row, back-off, probes.
//!
//! Invariants: the server is down from the third failure in a row to the next
//! good reply; while it is down at most one request at a time tries it, and at
//! most one per retry interval.

use core::time::Duration;

use super::time::Time;

/// So many failures in a row make a server count as down.
pub const FAILURES_UNTIL_DOWN: u32 = 3;

/// What all connections to one server know of it together.
#[derive(Debug, Default)]
pub struct Health {
    failures: u32,
    failing_since: Time,
    next_probe: Time,
    probing: bool,
}

/// What [`Health`] says of a request that wants to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The server is believed to be up.
    Normal,
    /// The server is down and this request is the one that tries it.
    Probe,
    /// The server is down; fail at once.
    Refused,
}

impl Health {
    /// Three failures in a row and no good reply since.
    #[must_use]
    pub const fn is_down(&self) -> bool {
        self.failures >= FAILURES_UNTIL_DOWN
    }

    /// Asks for a request to be let through. [`Admission::Probe`] must be
    /// followed by [`Health::probe_over`] when that request is done with.
    pub fn admit(&mut self, now: Time, retry: Duration) -> Admission {
        if !self.is_down() {
            return Admission::Normal;
        }
        if self.probing || now < self.next_probe {
            return Admission::Refused;
        }
        self.probing = true;
        self.next_probe = now + retry;
        Admission::Probe
    }

    /// The request that tried the server is done with, whatever came of it.
    pub const fn probe_over(&mut self) {
        self.probing = false;
    }

    /// A connection failed or went silent.
    pub fn failed(&mut self, now: Time, retry: Duration) {
        if self.failures == 0 {
            self.failing_since = now;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures == FAILURES_UNTIL_DOWN {
            self.next_probe = now + retry;
        }
    }

    /// A good reply came. Returns how long the server had been failing.
    pub fn succeeded(&mut self, now: Time) -> Option<Duration> {
        if self.failures == 0 {
            return None;
        }
        self.failures = 0;
        Some(now.since(self.failing_since))
    }
}

/// When one connection may be made again after it was lost: at once if it had
/// worked, else one retry interval after the last attempt.
#[derive(Debug, Default)]
pub struct Pacing {
    next_attempt: Time,
    worked: bool,
}

impl Pacing {
    /// Whether a new attempt may begin now; if so it counts as begun.
    pub fn try_attempt(&mut self, now: Time, retry: Duration) -> bool {
        if !self.worked && now < self.next_attempt {
            return false;
        }
        self.worked = false;
        self.next_attempt = now + retry;
        true
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
            health.failed(at(ms), RETRY);
            assert_eq!(health.admit(at(ms), RETRY), Admission::Normal);
        }
        health.failed(at(20), RETRY);
        assert!(health.is_down());
        assert_eq!(health.admit(at(1019), RETRY), Admission::Refused);
        assert_eq!(health.admit(at(1020), RETRY), Admission::Probe);
        // One at a time, however long it takes.
        assert_eq!(health.admit(at(5000), RETRY), Admission::Refused);
        health.failed(at(5000), RETRY);
        health.probe_over();
        assert_eq!(health.admit(at(5000), RETRY), Admission::Probe);
        health.probe_over();
        assert_eq!(
            health.succeeded(at(5100)),
            Some(Duration::from_millis(5100))
        );
        assert!(!health.is_down());
        assert_eq!(health.succeeded(at(5200)), None);
    }

    #[test]
    fn a_connection_that_worked_is_replaced_at_once_but_only_once() {
        let mut pacing = Pacing::default();
        assert!(pacing.try_attempt(at(0), RETRY));
        assert!(!pacing.try_attempt(at(999), RETRY));
        pacing.worked();
        assert!(pacing.try_attempt(at(999), RETRY));
        assert!(!pacing.try_attempt(at(1000), RETRY));
        assert!(pacing.try_attempt(at(1999), RETRY));
    }
}

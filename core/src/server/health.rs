//! Whether a server is worth asking: failures in a row, and attempts at a server
//! that is down.
//!
//! Invariants:
//! - The server is down from the failure that is at least the third in a row and
//!   at least a retry interval after the first of them, to the next good reply.
//! - While it is down, at most one connection at a time tries it, and one attempt
//!   per retry interval begins.
//! - Failures are counted for all connections together, because what ends one of
//!   them mostly ends the others. The server has recovered once no connection
//!   has failed since it last served a request.

use core::time::Duration;

use super::connection_id::ConnectionId;
use crate::time::Time;

/// This many failures in a row make a server count as down, if they span a retry
/// interval.
pub const FAILURES_UNTIL_DOWN: u32 = 3;

/// A connection that failed and is not used any more is forgotten after a retry
/// interval and this time, in which it could have failed again.
const FORGET_AFTER: Duration = Duration::from_secs(10);

/// What all connections to one server know of it together.
#[derive(Debug)]
pub(super) struct Health {
    retry: Duration,
    /// Failures in a row, and when the first of them was.
    failures: u32,
    first_failure: Time,
    is_down: bool,
    /// The failure that made it down, or the last attempt at it.
    last_try: Time,
    /// The connection that tries the server.
    trial: Option<ConnectionId>,
    /// The first failure of those that are not over.
    failing_since: Option<Time>,
    /// For each connection: it failed and has served no request since; holds
    /// until this time.
    failing_until: [Option<Time>; ConnectionId::COUNT],
}

impl Health {
    pub(super) const fn new(retry: Duration) -> Self {
        Self {
            retry,
            failures: 0,
            first_failure: Time::from_micros(0),
            is_down: false,
            last_try: Time::from_micros(0),
            trial: None,
            failing_since: None,
            failing_until: [None; ConnectionId::COUNT],
        }
    }

    /// Whether it counts as down.
    pub(super) const fn is_down(&self) -> bool {
        self.is_down
    }

    /// Whether it is down and must not be tried now.
    pub(super) fn refuses(&self, now: Time) -> bool {
        self.is_down && (self.trial.is_some() || now < self.next_try())
    }

    /// When it may be tried again if it is down.
    pub(super) fn next_try(&self) -> Time {
        self.last_try + self.retry
    }

    /// Whether an attempt at the server is under way.
    pub(super) const fn is_tried(&self) -> bool {
        self.trial.is_some()
    }

    /// An attempt begins; if the server is down, it is the only one until it has
    /// an outcome.
    pub(super) fn attempt(&mut self, id: ConnectionId, now: Time) {
        if self.is_down {
            self.trial = Some(id);
            self.last_try = now;
        }
    }

    /// A connection has ended; it tries the server no longer.
    pub(super) fn ended(&mut self, id: ConnectionId) {
        if self.trial == Some(id) {
            self.trial = None;
        }
    }

    /// A connection failed or went silent.
    pub(super) fn failed(&mut self, id: ConnectionId, now: Time) {
        self.failing_since.get_or_insert(now);
        self.failing_until[id.index()] = Some(now + self.retry + FORGET_AFTER);
        if self.failures == 0 {
            self.first_failure = now;
        }
        self.failures = self.failures.saturating_add(1);
        let long_enough = now >= self.first_failure + self.retry;
        if !self.is_down && self.failures >= FAILURES_UNTIL_DOWN && long_enough {
            self.is_down = true;
            self.last_try = now;
        }
    }

    /// The server said something good.
    pub(super) const fn answered(&mut self) {
        self.failures = 0;
        self.is_down = false;
        self.trial = None;
    }

    /// A request was served. Returns how long the server had been failing, if
    /// that is over now.
    pub(super) fn served(&mut self, id: ConnectionId, now: Time) -> Option<Duration> {
        self.answered();
        let since = self.failing_since?;
        self.failing_until[id.index()] = None;
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
    use crate::protocol::Lane;

    const LOOKUP: ConnectionId = ConnectionId::first_of(Lane::Lookup);
    const STORE: ConnectionId = ConnectionId::STORE;

    fn at(ms: u64) -> Time {
        Time::from_micros(ms * 1000)
    }

    fn health() -> Health {
        Health::new(Duration::from_secs(1))
    }

    #[test]
    fn three_failures_over_an_interval_make_down_and_one_attempt_per_interval() {
        let mut health = health();
        // However many there are in a short time.
        for ms in (10..1010).step_by(10) {
            health.failed(LOOKUP, at(ms));
            assert!(!health.is_down() && !health.refuses(at(ms)));
        }
        health.failed(LOOKUP, at(1010));
        assert!(health.is_down());
        assert!(health.refuses(at(2009)));
        assert!(!health.refuses(at(2010)));
        health.attempt(STORE, at(2010));
        // One at a time, however long it takes.
        assert!(health.refuses(at(5000)) && health.is_tried());
        health.failed(STORE, at(5000));
        health.ended(LOOKUP);
        assert!(health.is_tried());
        health.ended(STORE);
        assert!(!health.refuses(at(5000)));
        assert_eq!(health.served(LOOKUP, at(5100)), None, "the other failed");
        assert!(!health.is_down());
        let failing_for = Some(Duration::from_millis(5090));
        assert_eq!(health.served(STORE, at(5100)), failing_for);
        assert_eq!(health.served(STORE, at(5200)), None);
    }

    #[test]
    fn two_failures_do_not_make_down_however_far_apart() {
        let mut health = health();
        health.failed(LOOKUP, at(0));
        health.failed(LOOKUP, at(60_000));
        assert!(!health.is_down());
        health.failed(LOOKUP, at(60_001));
        assert!(health.is_down());
    }

    #[test]
    fn an_attempt_that_is_over_early_does_not_give_the_interval_back() {
        let mut health = health();
        for ms in [0, 1, 1000] {
            health.failed(STORE, at(ms));
        }
        health.attempt(STORE, at(2000));
        health.ended(STORE);
        assert!(health.refuses(at(2999)));
        assert!(!health.refuses(at(3000)));
    }

    #[test]
    fn a_good_reply_between_failures_keeps_it_up() {
        let mut health = health();
        for ms in (0..5000).step_by(2) {
            health.failed(LOOKUP, at(ms));
            health.failed(STORE, at(ms));
            assert!(!health.is_down());
            health.served(ConnectionId::SCRIPT, at(ms + 1));
        }
    }

    #[test]
    fn recovered_is_who_has_no_failing_connection() {
        let mut health = health();
        for ms in (0..60_000).step_by(1000) {
            health.failed(STORE, at(ms));
            assert_eq!(health.served(LOOKUP, at(ms + 500)), None);
            assert!(!health.is_down());
        }
        // The last failure was at 59 s; the stores may simply have ended.
        assert_eq!(health.served(LOOKUP, at(69_999)), None);
        let failing_for = Some(Duration::from_secs(70));
        assert_eq!(health.served(LOOKUP, at(70_000)), failing_for);
        health.failed(STORE, at(80_000));
        let failing_for = Some(Duration::from_millis(1));
        assert_eq!(health.served(STORE, at(80_001)), failing_for);
    }
}

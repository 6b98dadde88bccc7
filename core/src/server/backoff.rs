//! When a connection may be made again after it was lost: at once if it had
//! worked, else one retry interval after the last attempt began.

use core::time::Duration;

use crate::time::Time;

/// Spaces the attempts to make one connection.
#[derive(Debug)]
pub(super) struct Backoff {
    retry: Duration,
    last_attempt: Option<Time>,
    worked: bool,
}

impl Backoff {
    pub(super) const fn new(retry: Duration) -> Self {
        Self {
            retry,
            last_attempt: None,
            worked: false,
        }
    }

    /// Whether an attempt may begin now.
    pub(super) fn allows(&self, now: Time) -> bool {
        let waited = |last| now >= last + self.retry;
        self.worked || self.last_attempt.is_none_or(waited)
    }

    /// An attempt begins.
    pub(super) const fn attempt(&mut self, now: Time) {
        self.worked = false;
        self.last_attempt = Some(now);
    }

    /// The present connection gave a good reply.
    pub(super) const fn worked(&mut self) {
        self.worked = true;
    }

    /// Whether the present connection, or the last one, gave a good reply.
    pub(super) const fn has_worked(&self) -> bool {
        self.worked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_micros(ms * 1000)
    }

    #[test]
    fn the_first_attempt_is_free_and_a_failed_one_costs_an_interval() {
        let mut backoff = Backoff::new(Duration::from_secs(1));
        assert!(backoff.allows(at(5)));
        backoff.attempt(at(5));
        assert!(!backoff.allows(at(1004)));
        assert!(backoff.allows(at(1005)));
        // Counted from the beginning of the last attempt.
        backoff.attempt(at(1005));
        assert!(!backoff.allows(at(2004)));
        assert!(backoff.allows(at(2005)));
    }

    #[test]
    fn a_connection_that_worked_is_replaced_at_once_but_only_once() {
        let mut backoff = Backoff::new(Duration::from_secs(1));
        backoff.attempt(at(0));
        backoff.worked();
        assert!(backoff.has_worked() && backoff.allows(at(0)));
        backoff.attempt(at(999));
        assert!(!backoff.has_worked());
        assert!(!backoff.allows(at(1998)));
        assert!(backoff.allows(at(1999)));
    }

    #[test]
    fn without_an_interval_every_moment_will_do() {
        let mut backoff = Backoff::new(Duration::ZERO);
        backoff.attempt(at(1));
        assert!(backoff.allows(at(1)));
    }
}

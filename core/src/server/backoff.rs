//! When a connection may be made again after it ended.
//!
//! At once if it had answered something, or if one request has ended every
//! connection that it was sent on; else after a pause that begins with 10
//! ms and doubles with each attempt in vain, up to the retry interval. After
//! silence the next attempt has to be made without a request, because a request
//! would have to wait for the same silence.

use core::time::Duration;

use crate::time::Time;

/// The pause after the first failure.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// Connections that end before they have served a request are replaced at once
/// this many times in a row.
const DEATHS_MAX: u8 = 4;

/// Spaces the attempts to make one connection.
#[derive(Debug)]
pub(super) struct Backoff {
    retry: Duration,
    /// The pause after the next failure.
    pause: Duration,
    not_before: Option<Time>,
    silent: bool,
    answered: bool,
    /// Connections ended by the other side since a request was served, or since
    /// the last pause.
    deaths: u8,
}

impl Backoff {
    pub(super) fn new(retry: Duration) -> Self {
        Self {
            retry,
            pause: FIRST_PAUSE.min(retry),
            not_before: None,
            silent: false,
            answered: false,
            deaths: 0,
        }
    }

    /// Whether an attempt may begin now.
    pub(super) fn allows(&self, now: Time) -> bool {
        self.not_before.is_none_or(|time| time <= now)
    }

    /// When the next attempt may begin, if that is known.
    pub(super) const fn not_before(&self) -> Option<Time> {
        self.not_before
    }

    /// Whether the next attempt has to be made without a request.
    pub(super) const fn needs_probe(&self) -> bool {
        self.silent
    }

    /// An attempt begins.
    pub(super) const fn attempt(&mut self) {
        self.answered = false;
    }

    /// The server answered on the present connection.
    pub(super) const fn answered(&mut self) {
        self.answered = true;
        self.not_before = None;
        self.silent = false;
    }

    /// The present connection served a request.
    pub(super) fn served(&mut self) {
        self.answered();
        self.deaths = 0;
        self.pause = FIRST_PAUSE.min(self.retry);
    }

    /// Whether the server has answered on the present connection.
    pub(super) const fn has_answered(&self) -> bool {
        self.answered
    }

    /// The connection ended, or could not be made; `silent` if the server said
    /// nothing.
    pub(super) fn failed(&mut self, now: Time, silent: bool) {
        self.not_before = Some(now + self.pause);
        self.pause = (self.pause * 2).min(self.retry);
        self.silent = silent;
        self.answered = false;
        self.deaths = 0;
    }

    /// The connection was ended by the other side. A request that ends every
    /// connection may have `explained` it: then that says nothing of the server.
    pub(super) fn ended(&mut self, now: Time, explained: bool) {
        self.deaths = self.deaths.saturating_add(1);
        if !(self.answered || explained) || self.deaths > DEATHS_MAX {
            self.failed(now, false);
        }
        self.answered = false;
    }

    /// Whether the next connection has to show that it answers before requests
    /// are sent: two in a row ended without having served any.
    pub(super) const fn is_doubtful(&self) -> bool {
        self.deaths > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_micros(ms * 1000)
    }

    fn backoff() -> Backoff {
        let mut backoff = Backoff::new(Duration::from_secs(1));
        assert!(backoff.allows(at(0)));
        backoff.attempt();
        backoff
    }

    #[test]
    fn pauses_double_up_to_the_retry_interval() {
        let mut backoff = backoff();
        let mut now = 5;
        for pause in [10, 20, 40, 80, 160, 320, 640, 1000, 1000] {
            backoff.failed(at(now), false);
            assert!(!backoff.allows(at(now + pause - 1)), "{pause}");
            now += pause;
            assert!(backoff.allows(at(now)), "{pause}");
            assert_eq!(backoff.not_before(), Some(at(now)));
            backoff.attempt();
        }
        backoff.served();
        backoff.failed(at(now), false);
        assert!(backoff.allows(at(now + 10)), "they begin again");
    }

    /// It may answer and still hold every request.
    #[test]
    fn an_answer_without_a_request_does_not_shorten_the_pauses() {
        let mut backoff = backoff();
        backoff.failed(at(0), true);
        backoff.attempt();
        backoff.answered();
        assert!(backoff.allows(at(0)));
        backoff.failed(at(100), true);
        assert!(!backoff.allows(at(119)) && backoff.allows(at(120)));
    }

    #[test]
    fn silence_wants_a_probe_until_something_is_answered() {
        let mut backoff = backoff();
        backoff.failed(at(0), true);
        assert!(backoff.needs_probe());
        backoff.attempt();
        assert!(backoff.needs_probe());
        backoff.answered();
        assert!(!backoff.needs_probe());
        // Refused, it costs no visitor time.
        backoff.failed(at(50), true);
        backoff.failed(at(60), false);
        assert!(!backoff.needs_probe());
    }

    #[test]
    fn a_connection_that_answered_is_replaced_at_once_but_only_once() {
        let mut backoff = backoff();
        backoff.served();
        assert!(backoff.has_answered());
        backoff.ended(at(7), false);
        assert!(backoff.allows(at(7)));
        backoff.attempt();
        backoff.ended(at(7), false);
        assert!(!backoff.has_answered() && !backoff.allows(at(16)));
        assert!(backoff.allows(at(17)));
    }

    #[test]
    fn connections_that_die_without_blame_are_replaced_a_few_times_in_a_row() {
        let mut backoff = backoff();
        for answered in [true, false] {
            for death in 1..=DEATHS_MAX {
                if answered {
                    backoff.answered();
                }
                backoff.ended(at(0), !answered);
                assert!(backoff.allows(at(0)));
                assert_eq!(backoff.is_doubtful(), death > 1);
                backoff.attempt();
            }
            backoff.served();
            assert!(!backoff.is_doubtful());
        }
        for _ in 0..=DEATHS_MAX {
            backoff.attempt();
            backoff.answered();
            backoff.ended(at(0), true);
        }
        assert!(!backoff.allows(at(9)));
    }

    #[test]
    fn without_an_interval_every_moment_will_do() {
        let mut backoff = Backoff::new(Duration::ZERO);
        backoff.attempt();
        backoff.failed(at(1), false);
        assert!(backoff.allows(at(1)));
    }
}

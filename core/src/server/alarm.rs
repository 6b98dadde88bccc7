//! When a driver's one timer has to be armed, and what it means that it fires.
//!
//! Invariant: the timer is armed for the earliest time that was asked for, or
//! before it, unless a reprieve is under way; that ends sooner or later in
//! [`Ring::Now`].

use core::time::Duration;

use crate::time::Time;

/// A timer that fires this late shows that the worker was held up, by a script
/// for example. Then there may be replies that it could not read and requests
/// that it could not send, and no server is to blame.
const HELD_UP: Duration = Duration::from_millis(20);

/// For as long as the timer was late, but not longer than this, the worker may
/// attend to them before deadlines count; once, because a machine that is too
/// slow for everything must not wait even longer for that.
const REPRIEVE_MAX: Duration = Duration::from_millis(200);

/// The timer of one driver, without the timer.
#[derive(Debug, Default)]
pub struct Alarm {
    /// When the timer is due.
    at: Option<Time>,
    reprieved: bool,
}

/// What follows when the timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ring {
    /// Deadlines count now.
    Now,
    /// The timer has to be armed again; it fires after this time.
    After(Duration),
}

impl Alarm {
    /// The timer has to fire at a time, or earlier; whether it has to be armed
    /// for that. It is only moved to fire earlier.
    #[must_use]
    pub fn set(&mut self, at: Time) -> bool {
        if self.reprieved || self.at.is_some_and(|armed| armed <= at) {
            return false;
        }
        self.at = Some(at);
        true
    }

    /// The timer fired.
    #[must_use]
    pub fn ring(&mut self, now: Time) -> Ring {
        let late = self.at.take().map_or(Duration::ZERO, |at| now.since(at));
        if late <= HELD_UP || self.reprieved {
            self.reprieved = false;
            return Ring::Now;
        }
        let reprieve = late.min(REPRIEVE_MAX);
        self.reprieved = true;
        self.at = Some(now + reprieve);
        Ring::After(reprieve)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_micros(ms * 1000)
    }

    fn after(ms: u64) -> Ring {
        Ring::After(Duration::from_millis(ms))
    }

    #[test]
    fn it_is_moved_only_to_fire_earlier() {
        let mut alarm = Alarm::default();
        assert!(alarm.set(ms(500)));
        assert!(!alarm.set(ms(500)));
        assert!(!alarm.set(ms(700)));
        assert!(alarm.set(ms(300)));
        assert_eq!(alarm.ring(ms(301)), Ring::Now);
        assert!(alarm.set(ms(500)));
    }

    #[test]
    fn a_worker_that_was_held_up_has_as_much_time_again() {
        for (late, expected) in [
            (0, Ring::Now),
            (20, Ring::Now),
            (21, after(21)),
            (200, after(200)),
            (10_000, after(200)),
        ] {
            let mut alarm = Alarm::default();
            assert!(alarm.set(ms(500)));
            assert_eq!(alarm.ring(ms(500 + late)), expected, "{late} ms late");
        }
    }

    #[test]
    fn there_is_one_reprieve_at_a_time() {
        let mut alarm = Alarm::default();
        assert!(alarm.set(ms(500)));
        assert_eq!(alarm.ring(ms(550)), after(50));
        // Nothing cuts it short.
        assert!(!alarm.set(ms(560)));
        assert_eq!(alarm.ring(ms(9000)), Ring::Now, "however late it is again");
        assert!(alarm.set(ms(9500)));
        assert_eq!(alarm.ring(ms(9600)), after(100));
    }

    #[test]
    fn a_timer_that_nobody_armed_is_not_late() {
        assert_eq!(Alarm::default().ring(ms(1000)), Ring::Now);
    }
}

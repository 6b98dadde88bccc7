//! The longest time-out among the requests of late: a connection on which
//! nothing comes is kept for as long as the most patient of them would wait.

use core::time::Duration;

use crate::time::Time;

/// A time-out counts for one to two spans of this length.
const SPAN: Duration = Duration::from_secs(10);

/// The longest time-out of the present span and of the one before it.
#[derive(Debug, Default)]
pub(super) struct Patience {
    begun: Time,
    present: Duration,
    before: Duration,
}

impl Patience {
    /// A request with this time-out was made.
    pub(super) fn note(&mut self, now: Time, timeout: Duration) {
        // The usual case first, since this is asked for every request.
        let age = now.since(self.begun);
        if age < SPAN && timeout <= self.present {
            return;
        }
        if age >= SPAN {
            let recent = age < SPAN * 2;
            self.before = if recent { self.present } else { Duration::ZERO };
            self.present = Duration::ZERO;
            self.begun = now;
        }
        self.present = self.present.max(timeout);
    }

    /// The longest time-out of late; zero if there was no request.
    pub(super) fn longest(&self, now: Time) -> Duration {
        match now.since(self.begun) {
            age if age < SPAN => self.present.max(self.before),
            age if age < SPAN * 2 => self.present,
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_micros(ms * 1000)
    }

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_longest_counts_for_ten_to_twenty_seconds() {
        let mut patience = Patience::default();
        assert_eq!(patience.longest(at(0)), ms(0));
        patience.note(at(1000), ms(30));
        patience.note(at(9000), ms(1000));
        patience.note(at(9001), ms(30));
        assert_eq!(patience.longest(at(9999)), ms(1000));
        patience.note(at(12_000), ms(30));
        assert_eq!(patience.longest(at(21_999)), ms(1000));
        assert_eq!(patience.longest(at(22_000)), ms(30));
        patience.note(at(22_000), ms(20));
        assert_eq!(patience.longest(at(22_000)), ms(30));
        patience.note(at(60_000), ms(10));
        assert_eq!(patience.longest(at(60_000)), ms(10));
        assert_eq!(patience.longest(at(80_000)), ms(0));
    }
}

//! Log lines that could come with every request: the first at once, then at most
//! one an interval, with the number of those left out.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use crate::time::Time;

/// Limits the lines of one kind. Several threads may share it.
#[derive(Debug)]
pub struct LineLimit {
    interval: Duration,
    /// Microseconds from when on the next line may be written.
    next: AtomicU64,
    left_out: AtomicU64,
}

/// How many lines were left out before one that is written; prints as what is
/// added to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut(pub u64);

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            count => write!(f, " ({count} more not logged)"),
        }
    }
}

impl LineLimit {
    /// One line an interval.
    #[must_use]
    pub const fn new(interval: Duration) -> Self {
        Self {
            interval,
            next: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
        }
    }

    /// There is something to write; `None` if it is to be left out.
    #[must_use]
    pub fn pass(&self, now: Time) -> Option<LeftOut> {
        let next = self.next.load(Ordering::Relaxed);
        let until = (now + self.interval).as_micros();
        let is_due = now.as_micros() >= next;
        // Of several threads that find it due, one writes.
        let won = is_due
            && self
                .next
                .compare_exchange(next, until, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if won {
            return Some(LeftOut(self.left_out.swap(0, Ordering::Relaxed)));
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_at_once_then_one_an_interval_with_a_count() {
        let limit = LineLimit::new(Duration::from_secs(60));
        let at = |secs: u64| Time::from_micros(secs * 1_000_000);
        let pass = |secs| limit.pass(at(secs)).map(|left_out| left_out.to_string());
        assert_eq!(pass(0).as_deref(), Some(""));
        for secs in 1..60 {
            assert_eq!(pass(secs), None);
        }
        assert_eq!(pass(60).as_deref(), Some(" (59 more not logged)"));
        assert_eq!(pass(119), None);
        assert_eq!(pass(500).as_deref(), Some(" (1 more not logged)"));
        assert_eq!(pass(560).as_deref(), Some(""));
    }
}

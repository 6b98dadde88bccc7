//! Whether a server is slow with most answers: they come in time, so that nothing fails,
//! but those who ask wait more than half of what they would wait at most.

use core::time::Duration;

use crate::time::Time;

/// What is judged together takes so long at least,
const LONG_ENOUGH: Duration = Duration::from_secs(5);

/// and is so many answers at least, as one slow moment is none of the server's habits.
const ENOUGH: u32 = 10;

/// From one time that it is told to the next one.
const BETWEEN: Duration = Duration::from_secs(60);

/// Most answers took more than half of the time that was waited for them at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slow {
    /// So many of them did,
    pub slow: u32,
    /// of so many answers.
    pub answers: u32,
    /// The limit of the last one of them.
    pub limit: Duration,
}

/// The answers of late.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slowness {
    since: Time,
    slow: u32,
    answers: u32,
    limit: Duration,
    quiet_until: Time,
}

impl Slowness {
    /// An answer came after `took`, for which `limit` would have been waited. What is to be
    /// told, if it is time for that.
    pub(super) fn note(&mut self, now: Time, took: Duration, limit: Duration) -> Option<Slow> {
        if self.answers == 0 {
            self.since = now;
        }
        self.answers += 1;
        if took > limit / 2 {
            self.slow += 1;
            self.limit = limit;
        }
        if self.answers < ENOUGH || now < self.since + LONG_ENOUGH {
            return None;
        }
        let judged = Slow {
            slow: self.slow,
            answers: self.answers,
            limit: self.limit,
        };
        (self.slow, self.answers) = (0, 0);
        if judged.slow <= judged.answers / 2 || now < self.quiet_until {
            return None;
        }
        self.quiet_until = now + BETWEEN;
        Some(judged)
    }
}

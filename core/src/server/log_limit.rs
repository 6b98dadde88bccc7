//! Which log lines a server's troubles make: the first at once, then at most
//! one a second, with the number of lines left out.

use core::fmt;
use core::time::Duration;

use crate::line_limit::LeftOut;
use crate::time::Time;

/// The shortest time between two lines about one server.
const INTERVAL: Duration = Duration::from_secs(1);

/// A line for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Whether it reports trouble, rather than the end of it.
    pub trouble: bool,
    text: Box<str>,
    left_out: LeftOut,
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, self.left_out)
    }
}

/// Limits the log lines about one server.
#[derive(Debug, Default)]
pub struct LogLimit {
    quiet_until: Time,
    suppressed: u64,
    held: Option<LogLine>,
    logged_trouble: bool,
}

impl LogLimit {
    /// Something is wrong; `text` is called only for a line that will be logged.
    /// What is `grave`, such as a server that counts as down now, is always
    /// logged, at the end of the second if need be, unless it has ended by then.
    pub fn trouble(&mut self, now: Time, grave: bool, text: impl FnOnce() -> String) {
        if grave {
            // Replaces a line that was to be logged.
            self.suppressed += u64::from(self.held.as_ref().is_some_and(|held| held.trouble));
            self.hold(true, text());
            return;
        }
        match &self.held {
            Some(held) if held.trouble => self.suppressed += 1,
            _ if now < self.quiet_until && self.logged_trouble => {
                // A recovery that was not logged yet did not last.
                self.held = None;
                self.suppressed += 1;
            }
            _ => self.hold(true, text()),
        }
    }

    /// The trouble is over; logged only if the trouble was.
    pub fn recovery(&mut self, text: impl FnOnce() -> String) {
        if self.logged_trouble {
            self.hold(false, text());
        } else if self.held.take().is_some() {
            self.suppressed += 1;
        }
    }

    fn hold(&mut self, trouble: bool, text: String) {
        self.held = Some(LogLine {
            trouble,
            text: text.into(),
            left_out: LeftOut::default(),
        });
    }

    /// The line to log now, if one is due.
    #[must_use]
    pub fn poll(&mut self, now: Time) -> Option<LogLine> {
        if now < self.quiet_until {
            return None;
        }
        let mut line = self.held.take()?;
        line.left_out = LeftOut(std::mem::take(&mut self.suppressed));
        self.quiet_until = now + INTERVAL;
        self.logged_trouble = line.trouble;
        Some(line)
    }

    /// When [`poll`](Self::poll) will have a line.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        self.held.as_ref().map(|_| self.quiet_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_micros(ms * 1000)
    }

    fn poll(limit: &mut LogLimit, ms: u64) -> Option<String> {
        limit.poll(at(ms)).map(|line| line.to_string())
    }

    #[test]
    fn first_line_at_once_then_one_a_second_with_a_count() {
        let mut limit = LogLimit::default();
        limit.trouble(at(0), false, || "down".into());
        assert_eq!(poll(&mut limit, 0).as_deref(), Some("down"));
        for ms in 1..1000 {
            limit.trouble(at(ms), false, || {
                unreachable!("no text for a line that is not logged")
            });
            assert_eq!(poll(&mut limit, ms), None);
        }
        limit.trouble(at(1000), false, || "still down".into());
        assert_eq!(
            poll(&mut limit, 1000).as_deref(),
            Some("still down (999 more not logged)")
        );
    }

    #[test]
    fn recovery_is_logged_after_logged_trouble_only_and_waits_its_turn() {
        let mut limit = LogLimit::default();
        limit.recovery(|| unreachable!("nothing was wrong"));
        limit.trouble(at(0), false, || "down".into());
        assert!(poll(&mut limit, 0).is_some());
        limit.recovery(|| "up".into());
        assert_eq!(limit.poll_timeout(), Some(at(1000)));
        assert_eq!(poll(&mut limit, 999), None);
        assert_eq!(poll(&mut limit, 1000).as_deref(), Some("up"));
        // Flapping inside the quiet second: one line, for the last state.
        limit.trouble(at(1100), false, || "down".into());
        assert_eq!(poll(&mut limit, 1100), None);
        assert_eq!(poll(&mut limit, 2000).as_deref(), Some("down"));
        limit.recovery(|| "up".into());
        limit.trouble(at(2100), false, || unreachable!("down was logged"));
        assert_eq!(poll(&mut limit, 3000), None);
        limit.trouble(at(3000), false, || "down".into());
        assert_eq!(
            poll(&mut limit, 3000).as_deref(),
            Some("down (1 more not logged)")
        );
    }

    #[test]
    fn what_is_grave_is_logged_when_the_second_is_over() {
        let mut limit = LogLimit::default();
        limit.trouble(at(0), false, || "refused".into());
        assert!(poll(&mut limit, 0).is_some());
        limit.trouble(at(100), false, || unreachable!());
        limit.trouble(at(200), true, || "refused, down".into());
        limit.trouble(at(300), false, || unreachable!());
        assert_eq!(limit.poll_timeout(), Some(at(1000)));
        assert_eq!(
            poll(&mut limit, 1000).as_deref(),
            Some("refused, down (2 more not logged)")
        );
        // Once, and not at all if it has ended by then.
        assert_eq!(poll(&mut limit, 3000), None);
        limit.trouble(at(3000), false, || "refused".into());
        assert!(poll(&mut limit, 3000).is_some());
        limit.trouble(at(3100), true, || "refused, down".into());
        limit.recovery(|| "up".into());
        assert_eq!(poll(&mut limit, 4000).as_deref(), Some("up"));
    }
}

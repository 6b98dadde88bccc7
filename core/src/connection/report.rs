//! Which log lines a server's troubles make: the first at once, then at most
//! one a second, with the number of those left out.

use core::fmt;
use core::time::Duration;

use super::time::Time;

/// The shortest time between two lines about one server.
const INTERVAL: Duration = Duration::from_secs(1);

/// A line for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether it tells of trouble, not of its end.
    pub trouble: bool,
    text: Box<str>,
    suppressed: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if self.suppressed > 0 {
            write!(f, " ({} more not logged)", self.suppressed)?;
        }
        Ok(())
    }
}

/// Spaces the lines of one server out.
#[derive(Debug, Default)]
pub struct Reporter {
    quiet_until: Time,
    suppressed: u64,
    held: Option<Report>,
    told_trouble: bool,
}

impl Reporter {
    /// Something is wrong; `text` is made only if it will be told. What is
    /// `grave`, such as a server that counts as down now, is told in any case,
    /// if only when the second is over and it is not over itself by then.
    pub fn trouble(&mut self, now: Time, grave: bool, text: impl FnOnce() -> String) {
        if grave {
            // Takes the place of one that would have been told.
            self.suppressed += u64::from(self.held.as_ref().is_some_and(|held| held.trouble));
            self.hold(true, text());
            return;
        }
        match &self.held {
            Some(held) if held.trouble => self.suppressed += 1,
            _ if now < self.quiet_until && self.told_trouble => {
                // A recovery that was not told yet did not last.
                self.held = None;
                self.suppressed += 1;
            }
            _ => self.hold(true, text()),
        }
    }

    /// All is well again; told only if the trouble was.
    pub fn recovery(&mut self, text: impl FnOnce() -> String) {
        if self.told_trouble {
            self.hold(false, text());
        } else if self.held.take().is_some() {
            self.suppressed += 1;
        }
    }

    fn hold(&mut self, trouble: bool, text: String) {
        self.held = Some(Report {
            trouble,
            text: text.into(),
            suppressed: 0,
        });
    }

    /// The line to log now, if there is one and it is time.
    pub fn poll(&mut self, now: Time) -> Option<Report> {
        if now < self.quiet_until {
            return None;
        }
        let mut report = self.held.take()?;
        report.suppressed = std::mem::take(&mut self.suppressed);
        self.quiet_until = now + INTERVAL;
        self.told_trouble = report.trouble;
        Some(report)
    }

    /// When [`poll`](Self::poll) will have something.
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

    fn poll(reporter: &mut Reporter, ms: u64) -> Option<String> {
        reporter.poll(at(ms)).map(|r| r.to_string())
    }

    #[test]
    fn first_line_at_once_then_one_a_second_with_a_count() {
        let mut r = Reporter::default();
        r.trouble(at(0), false, || "down".into());
        assert_eq!(poll(&mut r, 0).as_deref(), Some("down"));
        for ms in 1..1000 {
            r.trouble(at(ms), false, || {
                unreachable!("no text for a line that is not told")
            });
            assert_eq!(poll(&mut r, ms), None);
        }
        r.trouble(at(1000), false, || "still down".into());
        assert_eq!(
            poll(&mut r, 1000).as_deref(),
            Some("still down (999 more not logged)")
        );
    }

    #[test]
    fn recovery_is_told_after_told_trouble_only_and_waits_its_turn() {
        let mut r = Reporter::default();
        r.recovery(|| unreachable!("nothing was wrong"));
        r.trouble(at(0), false, || "down".into());
        assert!(poll(&mut r, 0).is_some());
        r.recovery(|| "up".into());
        assert_eq!(r.poll_timeout(), Some(at(1000)));
        assert_eq!(poll(&mut r, 999), None);
        assert_eq!(poll(&mut r, 1000).as_deref(), Some("up"));
        // Flapping inside the quiet second: told once, as what it ends as.
        r.trouble(at(1100), false, || "down".into());
        assert_eq!(poll(&mut r, 1100), None);
        assert_eq!(poll(&mut r, 2000).as_deref(), Some("down"));
        r.recovery(|| "up".into());
        r.trouble(at(2100), false, || unreachable!("down was told"));
        assert_eq!(poll(&mut r, 3000), None);
        r.trouble(at(3000), false, || "down".into());
        assert_eq!(
            poll(&mut r, 3000).as_deref(),
            Some("down (1 more not logged)")
        );
    }

    #[test]
    fn what_is_grave_is_told_when_the_second_is_over() {
        let mut r = Reporter::default();
        r.trouble(at(0), false, || "refused".into());
        assert!(poll(&mut r, 0).is_some());
        r.trouble(at(100), false, || unreachable!());
        r.trouble(at(200), true, || "refused, down".into());
        r.trouble(at(300), false, || unreachable!());
        assert_eq!(r.poll_timeout(), Some(at(1000)));
        assert_eq!(
            poll(&mut r, 1000).as_deref(),
            Some("refused, down (2 more not logged)")
        );
        // It is told once, and not at all if it is over by then.
        assert_eq!(poll(&mut r, 3000), None);
        r.trouble(at(3000), false, || "refused".into());
        assert!(poll(&mut r, 3000).is_some());
        r.trouble(at(3100), true, || "refused, down".into());
        r.recovery(|| "up".into());
        assert_eq!(poll(&mut r, 4000).as_deref(), Some("up"));
    }
}

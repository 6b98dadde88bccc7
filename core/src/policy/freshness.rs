//! How long a stored response is still fresh, and may be served after that.

use super::control::Control;
use super::exchange::Exchange;
use super::options::Policy;
use super::windows::{Servable, Windows};
use crate::http::{capped, format_date};
use crate::stored::{FreshUntil, Head};

/// How long a stored page may be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLife {
    /// What its item says; `None` if it is fresh as long as its item is there.
    pub line: Option<FreshUntil>,
    /// How long it may be served after its lifetime.
    pub windows: Windows,
}

impl PageLife {
    /// Whether it may be served, by the clock of this machine. It counts where the
    /// server does not say how long an item still lives.
    #[must_use]
    pub fn by_clock(&self, unix_now_secs: u64) -> Servable {
        match self.line {
            Some(line) if line.is_past(unix_now_secs) => {
                self.windows.after(unix_now_secs - line.unix_secs)
            }
            _ => Servable::Fresh,
        }
    }

    /// Whether it may be served if its item still lives for so many seconds, as the
    /// server says.
    #[must_use]
    pub fn by_time_left(&self, secs: u64) -> Servable {
        let past = self
            .line
            .and_then(|line| u64::from(line.extra).checked_sub(secs));
        past.map_or(Servable::Fresh, |past| self.windows.after(past))
    }
}

impl Policy {
    /// How long a stored response may be served.
    #[must_use]
    pub fn page_life(&self, head: &Head<'_>, unix_now_secs: u64) -> PageLife {
        let Some(line) = head.fresh_until() else {
            return PageLife {
                line: None,
                windows: Windows::NONE,
            };
        };
        let control = self.control_of(head, unix_now_secs);
        PageLife {
            line: Some(line),
            windows: if line.is_served {
                self.stored_windows(control.stale, line.extra)
            } else {
                Windows {
                    kept: line.extra,
                    ..Windows::NONE
                }
            },
        }
    }

    /// Seconds for which a stored response is still fresh: by what its item says, or
    /// else by its own headers (RFC 9111 section 4.2); `None` if these name no
    /// lifetime that counts.
    #[must_use]
    pub fn fresh_secs(&self, head: &Head<'_>, unix_now_secs: u64) -> Option<u32> {
        let secs = match head.fresh_until() {
            Some(line) => Some(line.unix_secs.saturating_sub(unix_now_secs)),
            None => self.control_of(head, unix_now_secs).fresh_secs,
        };
        secs.map(capped)
    }

    /// What the headers of a stored response say.
    fn control_of(&self, head: &Head<'_>, unix_now_secs: u64) -> Control {
        let mut exchange = Exchange::new(b"GET", head.status().into());
        for (name, value) in head.headers() {
            exchange.observe_response(name, value);
        }
        // Its age is the time since the origin made it.
        if let Some(times) = head.times(unix_now_secs) {
            exchange.observe_response(b"Date", format_date(times.date).as_bytes());
        }
        Control::of(&exchange, self, unix_now_secs)
    }
}

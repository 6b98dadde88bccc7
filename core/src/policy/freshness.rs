//! How long a stored response is still fresh.

use super::control::Control;
use super::exchange::Exchange;
use super::options::Policy;
use crate::http::{capped, format_date};
use crate::stored::Head;

impl Policy {
    /// Seconds for which a stored response is still fresh by what it says itself
    /// (RFC 9111 section 4.2); `None` if it names no lifetime that counts.
    #[must_use]
    pub fn fresh_secs(&self, head: &Head<'_>, unix_now_secs: u64) -> Option<u32> {
        let mut exchange = Exchange::new(b"GET", head.status().into());
        for (name, value) in head.headers() {
            exchange.observe_response(name, value);
        }
        // Its age is the time since the origin made it.
        if let Some(times) = head.times(unix_now_secs) {
            exchange.observe_response(b"Date", format_date(times.date).as_bytes());
        }
        let control = Control::of(&exchange, self, unix_now_secs);
        control.fresh_secs.map(capped)
    }
}

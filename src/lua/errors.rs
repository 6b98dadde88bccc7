//! Errors of scripts in the log.

use std::time::{Duration, Instant};

use memcached_core::line_limit::LineLimit;
use memcached_core::log_text::log_text;
use memcached_core::time::Time;

use crate::client::Client;
use crate::host::Level;

/// What is shown of one error, in bytes.
const SHOWN_MAX: usize = 1024;

/// Limits the lines about the errors of a worker's scripts to one a second.
pub(super) struct Errors {
    limit: LineLimit,
    epoch: Instant,
}

impl Default for Errors {
    fn default() -> Self {
        Self {
            limit: LineLimit::new(Duration::from_secs(1)),
            epoch: Instant::now(),
        }
    }
}

impl Errors {
    /// Logs an error, with what was being done, unless the last line is too
    /// recent.
    pub(super) fn log(&self, client: &Client, what: &[u8], error: &[u8]) {
        let micros = self.epoch.elapsed().as_micros();
        let now = Time::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        if let Some(left_out) = self.limit.pass(now) {
            let what = String::from_utf8_lossy(what);
            let error = log_text(error, SHOWN_MAX);
            client.log(
                Level::Error,
                &format!("mod_memcached: {what}: {error}{left_out}"),
            );
        }
    }
}

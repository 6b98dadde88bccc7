//! Errors of scripts in the log.

use std::time::Duration;

use memcached_core::line_limit::LineLimit;
use memcached_core::log_text::log_text;

use crate::client::{Client, Epoch};
use crate::host::Level;

/// What is shown of one error, in bytes.
const SHOWN_MAX: usize = 1024;

/// Limits the lines about the errors of a worker's scripts to one a second.
pub(super) struct Errors {
    limit: LineLimit,
    epoch: Epoch,
}

impl Default for Errors {
    fn default() -> Self {
        Self {
            limit: LineLimit::new(Duration::from_secs(1)),
            epoch: Epoch::new(),
        }
    }
}

impl Errors {
    /// Logs an error, with what was being done, unless the last line is too
    /// recent.
    pub(super) fn log(&self, client: &Client, what: &[u8], error: &[u8]) {
        if let Some(left_out) = self.limit.pass(self.epoch.now()) {
            let what = String::from_utf8_lossy(what);
            let error = log_text(error, SHOWN_MAX);
            client.log(
                Level::Error,
                &format!("mod_memcached: {what}: {error}{left_out}"),
            );
        }
    }
}

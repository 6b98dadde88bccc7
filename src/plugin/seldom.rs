//! Lines that would come with every request, and so come seldom.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use memcached_core::line_limit::{LeftOut, LineLimit};

use crate::client::Epoch;

/// A line of an action that comes at most once a minute, whichever worker it is
/// on.
pub(super) struct OnceAMinute(LineLimit);

impl Default for OnceAMinute {
    fn default() -> Self {
        Self(LineLimit::new(Duration::from_secs(60)))
    }
}

impl OnceAMinute {
    /// Whether the line is to be written, and what is added to it.
    pub(super) fn pass(&self) -> Option<LeftOut> {
        static EPOCH: OnceLock<Epoch> = OnceLock::new();
        self.0.pass(EPOCH.get_or_init(Epoch::new).now())
    }
}

/// A line of an action that comes once, whichever worker it is on.
#[derive(Default)]
pub(super) struct Once(AtomicBool);

impl Once {
    /// Whether this is the first call.
    pub(super) fn is_first(&self) -> bool {
        !self.0.load(Ordering::Relaxed) && !self.0.swap(true, Ordering::Relaxed)
    }
}

//! Where the time that the core is told begins.

use std::time::Instant;

use memcached_core::time::Time;

/// A moment from which time is counted.
#[derive(Clone, Copy)]
pub(crate) struct Epoch(Instant);

impl Epoch {
    /// The present moment.
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    /// The time since then.
    pub(crate) fn now(self) -> Time {
        let micros = self.0.elapsed().as_micros();
        Time::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

//! Where the time that the core is told begins: at one moment for all parts, so that one that
//! has looked at the clock can tell another.

use std::sync::OnceLock;
use std::time::Instant;

use memcached_core::time::Time;

/// A moment from which time is counted.
#[derive(Clone, Copy)]
pub(crate) struct Epoch(Instant);

impl Epoch {
    /// The moment in which this was first called.
    pub(crate) fn new() -> Self {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        Self(*FIRST.get_or_init(Instant::now))
    }

    /// The time since then.
    pub(crate) fn now(self) -> Time {
        let micros = self.0.elapsed().as_micros();
        Time::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

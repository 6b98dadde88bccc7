//! Options of what is kept near.

use std::time::Duration;

/// How long hits are answered from the worker's own memory.
pub(in crate::plugin) struct Near {
    /// Since memcached was asked; nothing is kept if that is 0.
    pub(in crate::plugin) most: Duration,
    /// How much longer if memcached cannot be asked.
    pub(super) on_error: Duration,
}

impl Near {
    /// Whether anything is kept.
    pub(in crate::plugin) fn is_on(&self) -> bool {
        !self.most.is_zero()
    }

    /// How long it counts while memcached cannot be asked.
    pub(in crate::plugin) fn most_on_error(&self) -> Duration {
        self.most + self.on_error
    }
}

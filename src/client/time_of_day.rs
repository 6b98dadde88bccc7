//! The time of day, which dates in items and responses are made of.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970; 0 if the system's clock is before that.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

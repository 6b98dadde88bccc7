//! The time of day, which dates in items and responses are made of.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970; 0 if the system's clock is before that.
pub(crate) fn unix_now() -> u64 {
    since_1970().as_secs()
}

/// The same in milliseconds.
pub(super) fn unix_now_ms() -> u64 {
    u64::try_from(since_1970().as_millis()).unwrap_or(u64::MAX)
}

/// The time since 1970; none if the system's clock is before that.
pub(crate) fn since_1970() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or(Duration::ZERO)
}

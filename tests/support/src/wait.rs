//! Waiting for what must come about.

use std::time::{Duration, Instant};

/// How long a test waits for what must happen. A slow machine needs a fraction
/// of it; only a test that fails takes so long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a busy machine may add to any time, in `TEST_SLACK_MS`.
pub fn slack() -> Duration {
    let given = std::env::var("TEST_SLACK_MS").ok();
    let ms = given.map_or(2000, |text| text.parse().expect("milliseconds"));
    Duration::from_millis(ms)
}

const PAUSE: Duration = Duration::from_millis(2);

/// Waits until `condition` holds.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    eventually_some(what, || condition().then_some(()));
}

/// Waits until `attempt` gives something.
pub fn eventually_some<T>(what: &str, find: impl FnMut() -> Option<T>) -> T {
    attempt(find).unwrap_or_else(|| panic!("waited in vain for: {what}"))
}

/// Waits until `find` gives something; `None` after [`PATIENCE`].
pub(crate) fn attempt<T>(mut find: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        let found = find();
        if found.is_some() || Instant::now() >= end {
            return found;
        }
        std::thread::sleep(PAUSE);
    }
}

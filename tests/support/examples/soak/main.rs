//! Load on servers while their memcacheds are stopped, killed, cut off and brought
//! back at random.
//!
//! Arguments: the seconds that each part takes, and the part: `plain`, `fresh` or `fleet`,
//! else one after the other. `TEST_SLACK_MS` is what a busy machine may add to
//! times. Everything is on loopback, and the load is bounded.

mod fleet;
mod fresh;
mod load;
mod plain;
mod samples;

use std::time::Duration;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map_or(60, |text| {
        text.parse().expect("the argument is a number of seconds")
    });
    let part = arguments.next();
    let is_wanted = |name: &str| part.as_ref().is_none_or(|part| part == name);
    if is_wanted("plain") {
        println!("files, lookups and stores");
        plain::run(seconds);
    }
    if is_wanted("fresh") {
        println!("pages that stay fresh");
        fresh::run(seconds);
    }
    if is_wanted("fleet") {
        println!("one cache on five servers");
        fleet::run(seconds);
    }
}

/// What a busy machine may add to times.
fn slack() -> Duration {
    let given = std::env::var("TEST_SLACK_MS").ok();
    let ms = given.map_or(400, |text| text.parse().expect("milliseconds"));
    Duration::from_millis(ms)
}

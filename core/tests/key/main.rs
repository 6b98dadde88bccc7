//! Keys and the requests that carry them.

mod script;

use memcached_core::testing::seeds;

#[test]
fn seeds_and_findings() {
    seeds::replay("key", script::run);
}

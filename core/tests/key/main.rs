//! Keys and the commands that carry them.

use memcached_core::testing::{key, seeds};

#[test]
fn seeds_and_findings() {
    seeds::replay("key", key::run);
}

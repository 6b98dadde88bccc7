//! What the fuzzer starts from, and what it found.

use memcached_core::testing::{lookup, seeds};

#[test]
fn seeds_and_findings() {
    seeds::replay("lookup", lookup::run);
}

//! What the fuzzer starts from, and what it found.

use memcached_core::testing::{seeds, stored};

#[test]
fn seeds_and_findings() {
    seeds::replay("stored", stored::run);
}

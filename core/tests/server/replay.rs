//! What the fuzzer starts from, and what it found.

use memcached_core::testing::{seeds, server::model};

#[test]
fn seeds_and_findings() {
    seeds::replay("server", model::run);
}

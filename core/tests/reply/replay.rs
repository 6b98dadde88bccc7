//! What a fuzzer starts from and what it has found, run once.

use memcached_core::testing::{reply, seeds};

#[test]
fn seeds_and_findings() {
    seeds::replay("reply", reply::run);
    seeds::replay("meta", reply::run_meta);
}

//! What a fuzzer starts from and what it has found, run once.

use memcached_core::testing::seeds;

use super::model;

#[test]
fn seeds_and_findings() {
    seeds::replay("connection", model::run);
}

//! What a fuzzer starts from and what it has found, run once.

use memcached_core::testing::seeds;

use super::script;

#[test]
fn seeds_and_findings() {
    seeds::replay("reply", script::run);
}

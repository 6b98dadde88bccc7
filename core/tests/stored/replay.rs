//! What the fuzzer starts from and what it found.

#[path = "../seeds/mod.rs"]
mod seeds;

use super::script;

#[test]
fn seeds_and_findings() {
    seeds::replay("stored", script::run);
}

//! What a fuzzer starts from and what it has found, run once.

use super::model;

#[path = "../seeds/mod.rs"]
mod seeds;

#[test]
fn seeds_and_findings() {
    seeds::replay("connection", model::run);
}

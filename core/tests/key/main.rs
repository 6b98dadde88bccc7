//! Keys and the requests that carry them.

mod script;

#[path = "../seeds/mod.rs"]
mod seeds;

#[test]
fn seeds_and_findings() {
    seeds::replay("key", script::run);
}

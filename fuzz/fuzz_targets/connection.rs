//! A server's connections against the model; `cargo test` replays the seeds.

#![no_main]

#[path = "../../core/tests/connection/model.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|data: &[u8]| model::run(data));

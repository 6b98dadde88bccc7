//! Stored responses and requests for them; `cargo test` replays the seeds.

#![no_main]

#[path = "../../core/tests/stored/script.rs"]
mod script;

libfuzzer_sys::fuzz_target!(|data: &[u8]| script::run(data));

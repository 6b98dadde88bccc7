//! Keys and the requests that carry them; `cargo test` replays the seeds.

#![no_main]

#[path = "../../core/tests/key/script.rs"]
mod script;

libfuzzer_sys::fuzz_target!(|data: &[u8]| script::run(data));

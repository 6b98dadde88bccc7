//! The reply parser against its naive twin; `cargo test` replays the seeds.

#![no_main]

#[path = "../../core/tests/reply/naive.rs"]
mod naive;
#[path = "../../core/tests/reply/script.rs"]
mod script;
#[path = "../../core/tests/reply/stream.rs"]
mod stream;

libfuzzer_sys::fuzz_target!(|data: &[u8]| script::run(data));

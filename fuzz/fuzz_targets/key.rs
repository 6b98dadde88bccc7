//! Keys and the commands that carry them; `cargo test` replays the seeds.

#![no_main]

use memcached_core::testing::key;

libfuzzer_sys::fuzz_target!(|data: &[u8]| key::run(data));

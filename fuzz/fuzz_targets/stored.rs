//! Stored responses and requests for them; `cargo test` replays the seeds.

#![no_main]

use memcached_core::testing::stored;

libfuzzer_sys::fuzz_target!(|data: &[u8]| stored::run(data));

//! Lookups against their naive twin; `cargo test` replays the seeds.

#![no_main]

use memcached_core::testing::lookup;

libfuzzer_sys::fuzz_target!(|data: &[u8]| lookup::run(data));

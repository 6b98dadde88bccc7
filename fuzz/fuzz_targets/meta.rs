//! The parser of replies to meta commands against its naive twin; `cargo test`
//! replays the seeds.

#![no_main]

use memcached_core::testing::reply;

libfuzzer_sys::fuzz_target!(|data: &[u8]| reply::run_meta(data));

//! A server's connections against the model; `cargo test` replays the seeds.

#![no_main]

use memcached_core::testing::server::model;

libfuzzer_sys::fuzz_target!(|data: &[u8]| model::run(data));

//! TLS between two ends, with somebody in between; `cargo test` replays the seeds.

#![no_main]

use std::sync::OnceLock;

use memcached_tls::testing::Friends;
use testkit::{Authority, Years};

static FRIENDS: OnceLock<Friends> = OnceLock::new();

fn friends() -> Friends {
    let authority = Authority::new("authority");
    let server = authority.certify(&["a"], Years::Now);
    Friends::new(
        authority.certificate(),
        &server.certificate,
        &server.key,
        "a",
    )
}

libfuzzer_sys::fuzz_target!(|script: &[u8]| FRIENDS.get_or_init(friends).run(script));

//! Random scripts for both ends and somebody in between.

use std::sync::OnceLock;

use memcached_core::testing::seeds;
use memcached_tls::testing::Friends;
use proptest::prelude::*;
use testkit::{Authority, Years};

use crate::pair::NAME;

fn friends() -> &'static Friends {
    static FRIENDS: OnceLock<Friends> = OnceLock::new();
    FRIENDS.get_or_init(|| {
        let authority = Authority::new("authority");
        let server = authority.certify(&[NAME], Years::Now);
        Friends::new(
            authority.certificate(),
            &server.certificate,
            &server.key,
            NAME,
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_is_changed_unseen(script in prop::collection::vec(any::<u8>(), 0..200)) {
        friends().run(&script);
    }

    /// With a handshake first.
    #[test]
    fn behind_a_handshake(
        version in any::<u8>(),
        script in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut all = vec![version];
        all.extend([3, 255, 1, 255].repeat(3));
        all.extend(script);
        friends().run(&all);
    }
}

/// What the fuzzer starts from, and what it found.
#[test]
fn seeds_and_findings() {
    seeds::replay("tls", |script| friends().run(script));
}

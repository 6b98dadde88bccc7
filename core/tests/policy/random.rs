//! Any headers.

use memcached_core::policy::{Exchange, Lifetimes, NotStored, Policy};
use memcached_core::protocol::Ttl;
use proptest::prelude::*;

use super::{decide, policy};

fn secs(ttl: Ttl) -> u64 {
    match ttl {
        Ttl::Secs(secs) => u64::from(secs),
        Ttl::Forever => u64::MAX,
    }
}

/// 0 for what is not stored.
fn life(decided: &Result<Ttl, NotStored>) -> u64 {
    decided.as_ref().map_or(0, |&ttl| secs(ttl))
}

proptest! {
    #[test]
    fn any_bytes_are_read(
        fields in proptest::collection::vec((
            proptest::sample::select(&[
                "Cache-Control", "Vary", "Expires", "Age", "Date", "Content-Encoding", "X",
                "Pragma", "Content-Length", "Content-Range", "Set-Cookie", "Authorization",
                "CDN-Cache-Control", "Surrogate-Control", "X-Accel-Expires",
            ][..]),
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..80),
                "[a-z]{0,3}[-a-z0-9=,\"\\\\ ]{0,40}".prop_map(String::into_bytes),
                "(s-maxage|max-age)=\"?[0-9]{0,22}\"?".prop_map(String::into_bytes),
                "Sun, [0-3][0-9] Feb [0-9]{4} [0-2][0-9]:[0-6][0-9]:[0-6][0-9] GMT"
                    .prop_map(String::into_bytes),
            ],
        ), 0..4),
        ttl: u32,
        max_ttl: Option<u32>,
        headers: bool,
        targeted: bool,
        require_lifetime: bool,
        now: u64,
    ) {
        let mut exchange = Exchange::new(b"GET", 200);
        for (name, value) in fields {
            exchange.observe_request(name.as_bytes());
            exchange.observe_response(name.as_bytes(), &value);
        }
        let ttl = Ttl::from_secs(ttl);
        let longest = max_ttl.map(Ttl::from_secs);
        let policy = Policy {
            lifetimes: Lifetimes::of_all(ttl),
            max_ttl: longest,
            headers,
            targeted,
            require_lifetime,
            ..Policy::default()
        };
        let decided = policy.decide(&exchange, now);
        if let Ok(storable) = &decided {
            let ttl_now = storable.lifetime.ttl(now);
            prop_assert!(ttl_now.is_some() && ttl_now != Some(Ttl::Secs(0)));
            let most = longest.unwrap_or(ttl);
            prop_assert!(ttl_now.is_some_and(|ttl| secs(ttl) <= secs(most)));
        }
        let forced = Policy { force: true, require_lifetime: false, ..policy };
        match forced.decide(&exchange, now) {
            Ok(storable) => {
                let most = longest.map_or(secs(ttl), |max| secs(max).min(secs(ttl)));
                prop_assert_eq!(storable.lifetime.ttl(now).map(secs), Some(most));
            }
            Err(why) => prop_assert!(
                matches!(why, NotStored::ContentEncoding | NotStored::TooLarge | NotStored::ContentRange)
            ),
        }
    }

    #[test]
    fn a_restriction_never_makes_it_live_longer(
        lines in proptest::collection::vec(prop_oneof![
            Just("Cache-Control: max-age=60"), Just("Cache-Control: max-age=900"),
            Just("Cache-Control: public"), Just("Age: 30"), Just("Vary: Accept-Encoding"),
            Just("Expires: Tue, 24 Nov 2026 12:01:00 GMT"),
        ], 0..4),
        restriction in prop_oneof![
            Just("Cache-Control: private"), Just("Cache-Control: no-store"),
            Just("Cache-Control: max-age=5"), Just("Set-Cookie: a=b"), Just("Vary: *"),
            Just("Age: 59"), Just("Content-Encoding: gzip"),
                Just("Cache-Control: s-maxage=0"), Just("Set-Cookie2: a=b"),
                Just("Cache-Control: max-age=900; private"), Just("Content-Range: bytes 0-1/2"), Just("Cache-Control: x=\"a, no-store"),
                Just("Expires: 0"), Just("Date: Tue, 24 Nov 2026 11:59:30 GMT"),
                Just(">Authorization: x"),
        ],
    ) {
        let lines = lines.join("\n");
        let before = decide(&policy(), &lines);
        // Age counts from the Date, and where there is none from now. A lifetime
        // in seconds comes before a date.
        let replaces = |header, other| lines.contains(header) && restriction.contains(other);
        if replaces("Age", "Date") || replaces("Expires", "max-age") {
            return Ok(());
        }
        let after = decide(&policy(), &format!("{lines}\n{restriction}"));
        prop_assert!(life(&after) <= life(&before), "{:?} then {:?}", before, after);
    }
}

//! What may be stored, and for how long.

use memcached_core::policy::{Exchange, NotStored, Policy, Scope, VaryBy};
use memcached_core::protocol::Ttl;
use memcached_core::stored::Unstorable;
use proptest::prelude::*;

/// 2026-11-24 12:00:00 GMT, a Tuesday.
const NOW: u64 = 1_795_521_600;
const NOW_TEXT: &str = "Tue, 24 Nov 2026 12:00:00 GMT";
const IN_A_MINUTE: &str = "Tue, 24 Nov 2026 12:01:00 GMT";

fn exchange(lines: &str) -> Exchange {
    let mut exchange = Exchange::default();
    for line in lines.split('\n').filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap();
        match name.strip_prefix('>') {
            Some(name) => exchange.observe_request(name.as_bytes(), value.as_bytes()),
            None => exchange.observe_response(name.as_bytes(), value.as_bytes()),
        }
    }
    exchange
}

fn decide(lines: &str) -> Result<Ttl, NotStored> {
    exchange(lines).decide(Policy::default(), Ttl::Secs(600), NOW)
}

#[test]
fn refused_unless_forced() {
    let vary = |name: &str| NotStored::Vary(name.into());
    for (lines, reason) in [
        ("Cache-Control: private", NotStored::CacheControl("private")),
        (
            "cache-control: a, No-Store",
            NotStored::CacheControl("no-store"),
        ),
        (
            "Cache-Control: no-cache",
            NotStored::CacheControl("no-cache"),
        ),
        (
            "Cache-Control: no-cache=\"Set-Cookie\"",
            NotStored::CacheControl("no-cache"),
        ),
        (
            "Cache-Control: max-age=0",
            NotStored::CacheControl("max-age=0"),
        ),
        (
            "Cache-Control: s-maxage=0, max-age=9",
            NotStored::CacheControl("s-maxage=0"),
        ),
        (
            "Cache-Control: s-maxage=9, max-age=0",
            NotStored::CacheControl("max-age=0"),
        ),
        ("Set-Cookie: a=b", NotStored::SetCookie),
        ("Vary: Cookie", vary("Cookie")),
        ("Vary: *", vary("*")),
        ("Vary: accept-encoding, X-Y\nVary: Z", vary("X-Y")),
        (">Authorization: Basic eDp5", NotStored::Authorization),
        (
            ">authorization: Basic eDp5\nCache-Control: max-age=9",
            NotStored::Authorization,
        ),
        ("Expires: 0", NotStored::Expired),
        ("Expires: Tue, 24 Nov 2026 11:59:59 GMT", NotStored::Expired),
        ("Expires: ", NotStored::Expired),
        ("Expires: Tue, 24 Nov 1969 12:00:00 GMT", NotStored::Expired),
        ("Cache-Control: max-age=60\nAge: 60", NotStored::Expired),
        (
            "Cache-Control: max-age=60\nAge: 99999999999999999999",
            NotStored::Expired,
        ),
        (
            "Cache-Control: max-age=60\nDate: Tue, 24 Nov 2026 11:59:00 GMT",
            NotStored::Expired,
        ),
        (
            "Date: Tue, 24 Nov 2026 11:00:00 GMT\nExpires: Tue, 24 Nov 2026 11:30:00 GMT",
            NotStored::Expired,
        ),
    ] {
        assert_eq!(decide(lines), Err(reason), "{lines}");
        let forced = exchange(lines).decide(
            Policy {
                force: true,
                ..Policy::default()
            },
            Ttl::Forever,
            NOW,
        );
        assert_eq!(forced, Ok(Ttl::Forever), "{lines}");
    }
}

#[test]
fn an_encoded_body_is_not_stored_even_when_forced() {
    for lines in ["Content-Encoding: gzip", "content-encoding: identity, br"] {
        for force in [false, true] {
            let decided = exchange(lines).decide(
                Policy {
                    force,
                    ..Policy::default()
                },
                Ttl::Forever,
                NOW,
            );
            assert_eq!(decided, Err(NotStored::ContentEncoding), "{lines}");
        }
    }
    assert_eq!(decide("Content-Encoding: identity"), Ok(Ttl::Secs(600)));
}

fn decide_whole(vary: &[&str], force: bool, lines: &str) -> Result<Ttl, NotStored> {
    let mut by = VaryBy::default();
    for name in vary {
        assert!(by.add(name.as_bytes()));
    }
    let scope = Scope::Whole(&by);
    exchange(lines).decide(Policy { force, scope }, Ttl::Secs(600), NOW)
}

#[test]
fn whole_responses() {
    let gzip = "Content-Encoding: gzip\nVary: Accept-Encoding";
    let coding = Err(NotStored::ContentEncoding);
    let ttl = Ok(Ttl::Secs(600));
    for (vary, lines, expected) in [
        (&[][..], "", &ttl),
        (&[], "Vary: Accept-Encoding", &ttl),
        (&[], gzip, &coding),
        (&[], &format!(">Accept-Encoding: gzip\n{gzip}"), &coding),
        (
            &["accept-encoding"],
            &format!(">Accept-Encoding: gzip\n{gzip}"),
            &ttl,
        ),
        (
            &["Accept-Encoding"],
            ">accept-encoding: br, x-gzip\ncontent-encoding: GZIP",
            &ttl,
        ),
        (
            &["accept-encoding"],
            ">Accept-Encoding: gzip\nContent-Encoding: gzip, br",
            &coding,
        ),
        (
            &["accept-encoding"],
            ">Accept-Encoding: gzip;q=0\nContent-Encoding: gzip",
            &coding,
        ),
        (
            &["accept-encoding"],
            ">Accept-Encoding: own\nContent-Encoding: own",
            &coding,
        ),
        (
            &["accept-encoding"],
            ">Accept-Encoding: br\nContent-Encoding: identity",
            &ttl,
        ),
        (&["accept-encoding"], gzip, &coding),
        (
            &["accept-language"],
            "Vary: Accept-Language, accept-encoding",
            &ttl,
        ),
        (
            &["accept-language"],
            "Vary: Accept-Language, Cookie",
            &Err(NotStored::Vary("Cookie".into())),
        ),
        (&["accept-language"], gzip, &coding),
        (&["cookie"], "Vary: *", &Err(NotStored::Vary("*".into()))),
        (&[], "Set-Cookie: a=b", &Err(NotStored::SetCookie)),
    ] {
        assert_eq!(
            &decide_whole(vary, false, lines),
            expected,
            "{vary:?} {lines}"
        );
        assert_eq!(decide_whole(vary, true, lines), ttl, "{vary:?} {lines}");
    }
}

#[test]
fn freshness_has_an_end() {
    let until = |lines: &str, force| {
        let policy = Policy {
            force,
            ..Policy::default()
        };
        exchange(lines).fresh_until(policy, NOW)
    };
    assert_eq!(
        until("Cache-Control: max-age=60\nAge: 20", false),
        Some(NOW + 40)
    );
    assert_eq!(
        until(&format!("Expires: {IN_A_MINUTE}"), false),
        Some(NOW + 60)
    );
    assert_eq!(until("Cache-Control: public", false), None);
    assert_eq!(until("Cache-Control: max-age=60", true), None);
}

#[test]
fn ages() {
    for (lines, age) in [
        ("", 0),
        ("Age: 20", 20),
        ("Date: Tue, 24 Nov 2026 11:59:30 GMT", 30),
        ("Date: Tue, 24 Nov 2026 11:59:30 GMT\nAge: 20", 30),
        ("Date: Tue, 24 Nov 2026 11:59:30 GMT\nAge: 40", 40),
        ("Date: Tue, 24 Nov 2026 12:59:30 GMT", 0),
        ("Date: Tue, 24 Nov 1970 11:59:30 GMT", 1_767_225_630),
        ("Age: 20, 30\nAge: 40", 20),
        ("Age: -20, 30", 30),
        ("Age: soon", 1 << 31),
        ("Age: 2147483649", 1 << 31),
        ("Age: 99999999999999999999", 1 << 31),
    ] {
        assert_eq!(exchange(lines).age(NOW), age, "{lines}");
    }
}

#[test]
fn stored_for_as_long_as_allowed() {
    let expires = format!("Expires: {IN_A_MINUTE}");
    let date = format!("Date: {NOW_TEXT}");
    for (lines, secs) in [
        ("", 600),
        ("Cache-Control: public", 600),
        ("Cache-Control: max-age=60", 60),
        ("Cache-Control: max-age=6000", 600),
        ("Cache-Control: max-age=60, s-maxage=90", 90),
        ("Cache-Control: max-age=90, s-maxage=60", 60),
        ("Cache-Control: max-age=60\nAge: 20", 40),
        ("Cache-Control: max-age=60\nAge: +20", 40),
        ("Cache-Control: max-age=60\nAge: 20, 50", 40),
        ("Cache-Control: max-age=60\nAge: 20\nAge: 10", 40),
        (
            "Cache-Control: max-age=60\nDate: Tue, 24 Nov 2026 11:59:50 GMT",
            50,
        ),
        (
            "Cache-Control: max-age=60\nDate: Tue, 24 Nov 2026 11:59:50 GMT\nAge: 9",
            50,
        ),
        (
            "Cache-Control: max-age=60\nDate: Tue, 24 Nov 2026 12:30:00 GMT",
            60,
        ),
        ("Cache-Control: max-age=60\nDate: today", 60),
        ("Expires: Tuesday, 24-Nov-26 12:01:00 GMT", 60),
        ("Expires: Tue Nov 24 12:01:00 2026", 60),
        (
            &format!("Date: Tue, 24 Nov 2026 11:59:50 GMT\n{expires}"),
            60,
        ),
        (
            &format!("Date: Tue, 24 Nov 2026 12:00:10 GMT\n{expires}"),
            50,
        ),
        (&expires, 60),
        (
            &format!("{expires}\nExpires: Tue, 24 Nov 2026 12:02:00 GMT"),
            60,
        ),
        (&format!("{date}\n{expires}"), 60),
        (
            &format!("{expires}\nExpires: {NOW_TEXT}\nCache-Control: max-age=7"),
            7,
        ),
        ("Vary: Accept-Encoding", 600),
        ("Vary: , accept-encoding,\nVary: ", 600),
        (">Authorization: x\nCache-Control: public", 600),
        (">Authorization: x\nCache-Control: s-maxage=5", 5),
        (">Authorization: x\nCache-Control: must-revalidate", 600),
        (">Cookie: a=b", 600),
        ("Pragma: no-cache", 600),
    ] {
        assert_eq!(decide(lines), Ok(Ttl::Secs(secs)), "{lines}");
    }
    let forever = exchange("Cache-Control: max-age=60");
    let decided = forever.decide(Policy::default(), Ttl::Forever, NOW);
    assert_eq!(decided, Ok(Ttl::Secs(60)));
}

#[test]
fn a_long_name_in_vary_is_shown_in_part() {
    let lines = format!("Vary: {}", "n".repeat(5000));
    assert_eq!(decide(&lines), Err(NotStored::Vary("n".repeat(40).into())));
}

#[test]
fn what_the_log_says() {
    for (reason, text) in [
        (NotStored::Method, "method"),
        (NotStored::Head, "HEAD"),
        (NotStored::Status(404), "status 404"),
        (NotStored::FromCache, "comes from this item"),
        (NotStored::ContentEncoding, "Content-Encoding"),
        (
            NotStored::CacheControl("no-store"),
            "Cache-Control: no-store",
        ),
        (NotStored::SetCookie, "Set-Cookie"),
        (NotStored::Vary("Cookie".into()), "Vary: Cookie"),
        (NotStored::Authorization, "Authorization in the request"),
        (NotStored::Expired, "expired"),
        (NotStored::TooLarge, "larger than maxsize"),
        (NotStored::Cut, "body cut short"),
        (
            NotStored::Unreadable("EIO".into()),
            "body cannot be read: EIO",
        ),
        (NotStored::TooLate, "response is being sent already"),
        (
            NotStored::Headers(Unstorable::TooLarge),
            "headers larger than 64 KiB",
        ),
    ] {
        assert_eq!(reason.to_string(), text);
    }
}

fn secs(decided: &Result<Ttl, NotStored>) -> u64 {
    match decided {
        Err(_) => 0,
        Ok(Ttl::Secs(secs)) => u64::from(*secs),
        Ok(Ttl::Forever) => u64::MAX,
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(
        headers in proptest::collection::vec((
            proptest::sample::select(&[
                "Cache-Control", "Vary", "Expires", "Age", "Date", "Content-Encoding", "X",
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
        now: u64,
    ) {
        let mut exchange = Exchange::default();
        for (name, value) in headers {
            exchange.observe_request(name.as_bytes(), &value);
            exchange.observe_response(name.as_bytes(), &value);
        }
        let ttl = Ttl::from_secs(ttl);
        let decided = exchange.decide(Policy::default(), ttl, now);
        prop_assert!(secs(&decided) <= secs(&Ok(ttl)));
        prop_assert!(decided != Ok(Ttl::Secs(0)));
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
                Just("Cache-Control: s-maxage=0"), Just("Cache-Control: x=\"a, no-store"),
                Just("Expires: 0"), Just("Date: Tue, 24 Nov 2026 11:59:30 GMT"),
                Just(">Authorization: x"),
        ],
    ) {
        let lines = lines.join("\n");
        let before = decide(&lines);
        // Age counts from the Date, and where there is none from now. A lifetime
        // in seconds comes before a date.
        let replaces = |header, other| lines.contains(header) && restriction.contains(other);
        if replaces("Age", "Date") || replaces("Expires", "max-age") {
            return Ok(());
        }
        let after = decide(&format!("{lines}\n{restriction}"));
        prop_assert!(secs(&after) <= secs(&before), "{:?} then {:?}", before, after);
    }
}

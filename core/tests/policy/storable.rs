//! What may be stored: rules that a response breaks.

use memcached_core::policy::identity::{Encodings, KeyCodings};
use memcached_core::policy::{NotStored, Provenance};
use memcached_core::protocol::Ttl;
use memcached_core::stored::Unstorable;

use super::{NOW, decide, decided, directive, exchange, exchange_of, forced, policy, whole};

#[test]
fn refused_unless_forced() {
    let vary = |name: &str| NotStored::Vary(name.into());
    for (lines, reason) in [
        (
            "Cache-Control: private",
            directive("Cache-Control", "private"),
        ),
        (
            "cache-control: a, No-Store",
            directive("Cache-Control", "no-store"),
        ),
        (
            "Cache-Control: no-cache",
            directive("Cache-Control", "no-cache"),
        ),
        (
            "Cache-Control: no-cache=\"Set-Cookie\"",
            directive("Cache-Control", "no-cache"),
        ),
        (
            "Cache-Control: max-age=0",
            directive("Cache-Control", "max-age=0"),
        ),
        (
            "Cache-Control: s-maxage=0, max-age=9",
            directive("Cache-Control", "s-maxage=0"),
        ),
        (
            "Cache-Control: max-age=0, s-maxage=0",
            directive("Cache-Control", "s-maxage=0"),
        ),
        (
            "Cache-Control: private; max-age=60",
            directive("Cache-Control", "private"),
        ),
        (
            "Cache-Control: max-age=soon",
            directive("Cache-Control", "max-age=0"),
        ),
        ("Pragma: no-cache", directive("Pragma", "no-cache")),
        (
            "pragma: x, No-Cache\nCache-Control: ,",
            directive("Pragma", "no-cache"),
        ),
        (
            "Pragma: no-cache\nExpires: Tue, 24 Nov 2026 13:00:00 GMT",
            directive("Pragma", "no-cache"),
        ),
        ("Set-Cookie: a=b", NotStored::SetCookie),
        ("Set-Cookie2: a=b", NotStored::SetCookie2),
        ("Vary: Cookie", vary("Cookie")),
        ("Vary: *", vary("*")),
        ("Vary: accept-encoding, X-Y\nVary: Z", vary("X-Y")),
        (">Authorization: Basic eDp5", NotStored::Authorization),
        (
            ">authorization: Basic eDp5\nCache-Control: max-age=9",
            NotStored::Authorization,
        ),
        (
            ">Authorization: x\nCache-Control: proxy-revalidate",
            NotStored::Authorization,
        ),
        ("Cache-Control: max-age=60\nAge: 60, 0", NotStored::Expired),
        ("Cache-Control: max-age=60\nAge: -60", NotStored::Expired),
        ("Cache-Control: max-age=60\nAge: soon", NotStored::Expired),
        (
            "Cache-Control: max-age=99999999999\nAge: 99999999999",
            NotStored::Expired,
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
        assert_eq!(decide(&policy(), lines), Err(reason), "{lines}");
        let forced = decide(&forced(policy()), lines);
        assert_eq!(forced, Ok(Ttl::Secs(600)), "{lines}");
    }
}

#[test]
fn no_policy_stores_what_a_hit_could_not_reproduce() {
    let part = "Content-Range: bytes 0-9/100";
    for (method, status, lines, reason) in [
        (&b"HEAD"[..], 200, "", NotStored::Head),
        (b"POST", 200, "", NotStored::Method),
        (b"get", 200, "", NotStored::Method),
        (b"GET", 404, "", NotStored::Status(404)),
        (b"GET", 0, "", NotStored::Status(0)),
        (b"GET", -1, "", NotStored::Status(-1)),
        (b"GET", 65_736, "", NotStored::Status(65_736)),
        (b"GET", 200, part, NotStored::ContentRange),
        (b"GET", 200, "Content-Length: 65537", NotStored::TooLarge),
        (
            b"GET",
            200,
            "Content-Encoding: gzip",
            NotStored::ContentEncoding,
        ),
        (
            b"GET",
            200,
            "content-encoding: identity, br",
            NotStored::ContentEncoding,
        ),
    ] {
        for policy in [policy(), forced(policy())] {
            let exchange = exchange_of(method, status, lines);
            assert_eq!(decided(&policy, &exchange), Err(reason.clone()), "{lines}");
        }
    }
    let made_at = Some(NOW - 600);
    for (provenance, reason) in [
        (Provenance::SameItem, NotStored::SameItem),
        (
            Provenance::OtherItem { made_at: None },
            NotStored::UnknownAge,
        ),
        (Provenance::OtherItem { made_at }, NotStored::TooOld),
    ] {
        let mut from_item = exchange_of(b"GET", 200, "");
        from_item.provenance = provenance;
        for policy in [policy(), forced(policy())] {
            assert_eq!(decided(&policy, &from_item), Err(reason.clone()));
        }
    }
    for lines in ["Content-Length: 65536", "Content-Encoding: identity"] {
        assert_eq!(decide(&policy(), lines), Ok(Ttl::Secs(600)), "{lines}");
    }
    let mut policy = policy();
    policy.statuses.push(404);
    assert!(decided(&policy, &exchange_of(b"GET", 404, part)).is_ok());
}

#[test]
fn whole_responses() {
    let ttl = Ok(Ttl::Secs(600));
    for (vary, lines, expected) in [
        (&[][..], "", &ttl),
        (&[], "Vary: Accept-Encoding", &ttl),
        (
            &[],
            "Content-Encoding: gzip\nVary: Accept-Encoding",
            &Err(NotStored::ContentEncoding),
        ),
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
        (&["cookie"], "Vary: *", &Err(NotStored::Vary("*".into()))),
        (&[], "Set-Cookie: a=b", &Err(NotStored::SetCookie)),
    ] {
        let policy = whole(vary);
        assert_eq!(&decide(&policy, lines), expected, "{vary:?} {lines}");
        assert_eq!(decide(&forced(policy), lines), ttl, "{vary:?} {lines}");
    }
}

#[test]
fn codings_that_the_key_names() {
    let encodings = Encodings::default();
    for (accepted, lines, is_stored) in [
        ("gzip", "Content-Encoding: gzip", true),
        ("br, x-gzip", "content-encoding: GZIP", true),
        ("gzip", "Content-Encoding: gzip, br", false),
        ("gzip, br", "Content-Encoding: gzip, br", true),
        (
            "gzip, br",
            "Content-Encoding: gzip\nContent-Encoding: zstd",
            false,
        ),
        ("gzip;q=0", "Content-Encoding: gzip", false),
        ("own", "Content-Encoding: own", false),
        ("deflate", "Content-Encoding: deflate", false),
        ("br", "Content-Encoding: identity", true),
        ("", "Content-Encoding: gzip", false),
        ("", "", true),
    ] {
        let mut exchange = exchange(lines);
        let set = encodings.accepted([accepted.as_bytes()].into_iter());
        exchange.key_codings = set.map(|set| KeyCodings {
            encodings: &encodings,
            set,
        });
        let expected = if is_stored {
            Ok(Ttl::Secs(600))
        } else {
            Err(NotStored::ContentEncoding)
        };
        let policy = whole(&["accept-encoding"]);
        assert_eq!(decided(&policy, &exchange), expected, "{accepted}: {lines}");
        assert_eq!(
            decided(&forced(policy), &exchange),
            expected,
            "{accepted}: {lines}"
        );
    }
}

#[test]
fn cookies_that_make_no_difference() {
    let lines = "Vary: Cookie, Accept-Encoding";
    let mut policy = policy();
    assert_eq!(
        decide(&policy, lines),
        Err(NotStored::Vary("Cookie".into()))
    );
    policy.bypasses_cookies = true;
    assert_eq!(decide(&policy, lines), Ok(Ttl::Secs(600)));
    assert_eq!(
        decide(&policy, "Vary: cookie, X"),
        Err(NotStored::Vary("X".into()))
    );
}

#[test]
fn a_long_name_in_vary_is_shown_in_part() {
    let lines = format!("Vary: {}", "n".repeat(5000));
    assert_eq!(
        decide(&policy(), &lines),
        Err(NotStored::Vary(format!("{}...", "n".repeat(40)).into()))
    );
}

#[test]
fn what_the_log_says() {
    for (reason, text) in [
        (NotStored::Method, "method"),
        (NotStored::Head, "HEAD"),
        (NotStored::Status(404), "status 404"),
        (NotStored::SameItem, "comes from this item"),
        (NotStored::TooOld, "comes from an item that is too old"),
        (NotStored::UnknownAge, "comes from an item of unknown age"),
        (NotStored::ContentEncoding, "Content-Encoding"),
        (
            directive("Cache-Control", "no-store"),
            "Cache-Control: no-store",
        ),
        (NotStored::SetCookie, "Set-Cookie"),
        (NotStored::SetCookie2, "Set-Cookie2"),
        (NotStored::NoLifetime, "no lifetime"),
        (NotStored::ContentRange, "Content-Range"),
        (NotStored::UnknownLength, "unknown length"),
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

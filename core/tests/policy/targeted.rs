//! Fields that speak to this cache alone.

use memcached_core::policy::{NotStored, Policy, Rule};
use memcached_core::protocol::Ttl;
use memcached_core::stored::HeadWriter;

use super::{NOW, decide, directive, exchange, forced, ignoring, policy, whole};

fn targeted() -> Policy {
    Policy {
        targeted: true,
        ..policy()
    }
}

#[test]
fn the_first_valid_field_decides() {
    let cdn = |what| Err(directive("CDN-Cache-Control", what));
    let surrogate = |what| Err(directive("Surrogate-Control", what));
    for (lines, expected) in [
        // RFC 9213 section 3.1.
        (
            "Cache-Control: max-age=60, s-maxage=120\nCDN-Cache-Control: max-age=500",
            Ok(Ttl::Secs(500)),
        ),
        (
            "Cache-Control: no-store\nCDN-Cache-Control: max-age=500",
            Ok(Ttl::Secs(500)),
        ),
        (
            "Cache-Control: max-age=60\nCDN-Cache-Control: no-store",
            cdn("no-store"),
        ),
        (
            "CDN-Cache-Control: max-age=500\nExpires: 0\nPragma: no-cache",
            Ok(Ttl::Secs(500)),
        ),
        (
            "Surrogate-Control: max-age=500\nExpires: 0\nCache-Control: private",
            Ok(Ttl::Secs(500)),
        ),
        (
            "Surrogate-Control: no-store\nCache-Control: max-age=60",
            surrogate("no-store"),
        ),
        (
            "Surrogate-Control: max-age=0\nCache-Control: max-age=60",
            surrogate("max-age=0"),
        ),
        (
            "X-Accel-Expires: 500\nExpires: 0\nCache-Control: private",
            Ok(Ttl::Secs(500)),
        ),
        (
            "X-Accel-Expires: 0\nCache-Control: max-age=60",
            Err(directive("X-Accel-Expires", "0")),
        ),
        (
            "X-Accel-Expires: @1795521700\nCache-Control: no-store",
            Ok(Ttl::Secs(100)),
        ),
        (
            "X-Accel-Expires: @1795521600\nCache-Control: max-age=60",
            Err(NotStored::Expired),
        ),
        (
            "X-Accel-Expires: 5\nSurrogate-Control: max-age=6\nCDN-Cache-Control: max-age=7",
            Ok(Ttl::Secs(7)),
        ),
        (
            "X-Accel-Expires: 5\nSurrogate-Control: max-age=6",
            Ok(Ttl::Secs(6)),
        ),
        // A field that decides without a lifetime: neither does Cache-Control.
        (
            "CDN-Cache-Control: public\nCache-Control: max-age=60, private",
            Ok(Ttl::Secs(600)),
        ),
        (
            "CDN-Cache-Control: x\nSurrogate-Control: no-store",
            Ok(Ttl::Secs(600)),
        ),
    ] {
        assert_eq!(decide(&targeted(), lines), expected, "{lines}");
    }
}

#[test]
fn malformed_and_empty_fields_are_ignored() {
    let control = |what| Err(directive("Cache-Control", what));
    for (lines, expected) in [
        (
            "CDN-Cache-Control: \nCache-Control: max-age=60",
            Ok(Ttl::Secs(60)),
        ),
        (
            "CDN-Cache-Control: Max-Age=9\nCache-Control: max-age=60",
            Ok(Ttl::Secs(60)),
        ),
        (
            "CDN-Cache-Control: max-age=soon\nCache-Control: no-store",
            control("no-store"),
        ),
        (
            "CDN-Cache-Control: max-age=\"9\"\nSurrogate-Control: max-age=60",
            Ok(Ttl::Secs(60)),
        ),
        (
            "CDN-Cache-Control: max-age=9.5\nX-Accel-Expires: 60",
            Ok(Ttl::Secs(60)),
        ),
        (
            "CDN-Cache-Control: max-age=9, no-store private\nX-Accel-Expires: 60",
            Ok(Ttl::Secs(60)),
        ),
        (
            "Surrogate-Control: max-age=soon\nCache-Control: max-age=60",
            Ok(Ttl::Secs(60)),
        ),
        (
            "Surrogate-Control: max-age=9;other\nCache-Control: max-age=60",
            Ok(Ttl::Secs(60)),
        ),
        (
            "Surrogate-Control: content=\"ESI/1.0\"\nCache-Control: no-store",
            control("no-store"),
        ),
        (
            "X-Accel-Expires: off\nCache-Control: max-age=60",
            Ok(Ttl::Secs(60)),
        ),
        (
            "X-Accel-Expires: 5\nX-Accel-Expires: 6\nCache-Control: max-age=60",
            Ok(Ttl::Secs(60)),
        ),
        (
            "X-Accel-Expires: 5\nX-Accel-Expires: 5\nCache-Control: max-age=60",
            Ok(Ttl::Secs(5)),
        ),
    ] {
        assert_eq!(decide(&targeted(), lines), expected, "{lines}");
    }
}

#[test]
fn directives_of_the_deciding_field() {
    let cdn = |what| Err(directive("CDN-Cache-Control", what));
    for (value, expected) in [
        ("max-age=60, s-maxage=90", Ok(Ttl::Secs(90))),
        ("max-age=0, s-maxage=90", Ok(Ttl::Secs(90))),
        ("max-age=0", cdn("max-age=0")),
        ("max-age=-5", cdn("max-age=0")),
        ("s-maxage=0, max-age=9", cdn("s-maxage=0")),
        ("private", cdn("private")),
        ("private=\"x\", max-age=60", cdn("private")),
        ("no-cache, max-age=60", cdn("no-cache")),
        ("no-store=?0, private=?0, max-age=60", Ok(Ttl::Secs(60))),
        ("max-age=60;x=1, ext=(1 2)", Ok(Ttl::Secs(60))),
        ("max-age=60, max-age=90", Ok(Ttl::Secs(90))),
    ] {
        let lines = format!("CDN-Cache-Control: {value}");
        assert_eq!(decide(&targeted(), &lines), expected, "{value}");
    }
    let two_lines = "CDN-Cache-Control: max-age=60\nCDN-Cache-Control: no-store";
    assert_eq!(decide(&targeted(), two_lines), cdn("no-store"));
}

#[test]
fn age_and_credentials_count_as_ever() {
    for (lines, expected) in [
        ("CDN-Cache-Control: max-age=60\nAge: 20", Ok(Ttl::Secs(40))),
        (
            "Surrogate-Control: max-age=3600\nAge: 7200",
            Err(NotStored::Expired),
        ),
        ("X-Accel-Expires: 60\nAge: 20", Ok(Ttl::Secs(40))),
        ("X-Accel-Expires: @1795521700\nAge: 20", Ok(Ttl::Secs(100))),
        (
            ">Authorization: x\nCDN-Cache-Control: max-age=60\nCache-Control: public",
            Err(NotStored::Authorization),
        ),
        (
            ">Authorization: x\nX-Accel-Expires: 60\nCache-Control: public",
            Err(NotStored::Authorization),
        ),
        (
            ">Authorization: x\nCDN-Cache-Control: public, max-age=60",
            Ok(Ttl::Secs(60)),
        ),
        (
            ">Authorization: x\nCDN-Cache-Control: s-maxage=60",
            Ok(Ttl::Secs(60)),
        ),
        (
            ">Authorization: x\nCDN-Cache-Control: public=1, max-age=60",
            Err(NotStored::Authorization),
        ),
        (
            "CDN-Cache-Control: max-age=60\nSet-Cookie: a=b",
            Err(NotStored::SetCookie),
        ),
        (
            "CDN-Cache-Control: max-age=60\nVary: X",
            Err(NotStored::Vary("X".into())),
        ),
    ] {
        assert_eq!(decide(&targeted(), lines), expected, "{lines}");
    }
    let required = Policy {
        require_lifetime: true,
        ..targeted()
    };
    let lines = "CDN-Cache-Control: public\nCache-Control: max-age=60";
    assert_eq!(decide(&required, lines), Err(NotStored::NoLifetime));
    assert_eq!(decide(&required, "X-Accel-Expires: 60"), Ok(Ttl::Secs(60)));
}

#[test]
fn unless_the_option_is_set_they_are_headers_like_any_other() {
    let lines = "CDN-Cache-Control: no-store\nSurrogate-Control: max-age=0\nX-Accel-Expires: 0\n\
                 Cache-Control: max-age=60";
    assert_eq!(decide(&policy(), lines), Ok(Ttl::Secs(60)));
    let ignored = ignoring(targeted(), &[Rule::Targeted]);
    assert_eq!(decide(&ignored, lines), Ok(Ttl::Secs(60)));
    assert_eq!(decide(&forced(targeted()), lines), Ok(Ttl::Secs(600)));
    // Cache-Control can be left out, and the fields that go before it count.
    let deaf = ignoring(targeted(), &[Rule::CacheControl]);
    let expected = Err(directive("CDN-Cache-Control", "no-store"));
    assert_eq!(decide(&deaf, lines), expected);
}

#[test]
fn two_of_them_end_here() {
    let lines = "CDN-Cache-Control: max-age=60\nsurrogate-control: max-age=60\nX-Accel-Expires: 60\n\
                 X-Memcached-Fresh-Until: 1 2";
    let stored = |policy: Policy| {
        let mut head = HeadWriter::default();
        for line in lines.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            head.push(name.as_bytes(), value.as_bytes());
        }
        let exchange = exchange(lines);
        let response = policy.decide(&exchange, NOW).unwrap();
        let item = policy.new_item(&head, &exchange, &response, NOW).unwrap();
        let text = String::from_utf8(item.finish()).unwrap();
        let stored: Vec<bool> = lines.lines().map(|line| text.contains(line)).collect();
        (stored, policy.headers_ending_here().to_vec())
    };
    let with = Policy {
        targeted: true,
        ..whole(&[])
    };
    let private = "X-Memcached-Fresh-Until";
    let ending = [private, "Surrogate-Control", "X-Accel-Expires"];
    assert_eq!(
        stored(with.clone()),
        (vec![true, false, false, false], ending.to_vec())
    );
    for without in [whole(&[]), ignoring(with, &[Rule::Targeted])] {
        assert_eq!(
            stored(without),
            (vec![true, true, true, false], vec![private])
        );
    }
}

//! Options that change single rules.

use memcached_core::http::HeaderNames;
use memcached_core::policy::{NotStored, Policy, Rule};
use memcached_core::protocol::Ttl;
use memcached_core::stored::HeadWriter;

use super::{
    IN_A_MINUTE, NOW, decide, decided, directive, exchange, exchange_of, ignoring, policy, whole,
};

#[test]
fn each_rule_can_be_ignored() {
    let later = format!("Expires: {IN_A_MINUTE}");
    let both = format!("Cache-Control: max-age=5\n{later}");
    for (rule, lines, secs) in [
        (
            Rule::CacheControl,
            "Cache-Control: no-store, private, max-age=0",
            600,
        ),
        (Rule::CacheControl, "Cache-Control: max-age=5", 600),
        (Rule::CacheControl, &both, 60),
        (Rule::CacheControl, "Pragma: no-cache", 600),
        (
            Rule::CacheControl,
            ">Authorization: x\nCache-Control: public, no-cache",
            600,
        ),
        (Rule::Expires, "Expires: 0", 600),
        (Rule::Expires, &later, 600),
        (Rule::Expires, "Expires: 0\nCache-Control: max-age=5", 5),
        (Rule::Vary, "Vary: Cookie, X", 600),
        (Rule::Vary, "Vary: *", 600),
        (Rule::Authorization, ">Authorization: x", 600),
        (Rule::SetCookie, "Set-Cookie: a=b\nSet-Cookie2: a=b", 600),
    ] {
        let policy = ignoring(policy(), &[rule]);
        assert_eq!(
            decide(&policy, lines),
            Ok(Ttl::Secs(secs)),
            "{rule:?} {lines}"
        );
    }
}

#[test]
fn the_other_rules_stay() {
    let breaches = [
        (
            Rule::CacheControl,
            "Cache-Control: private",
            directive("Cache-Control", "private"),
        ),
        (Rule::Expires, "Expires: 0", NotStored::Expired),
        (Rule::Vary, "Vary: X", NotStored::Vary("X".into())),
        (
            Rule::Authorization,
            ">Authorization: x",
            NotStored::Authorization,
        ),
        (Rule::SetCookie, "Set-Cookie: a=b", NotStored::SetCookie),
    ];
    for (kept, lines, reason) in breaches {
        let others: Vec<Rule> = Rule::ALL.into_iter().filter(|&rule| rule != kept).collect();
        let policy = ignoring(policy(), &others);
        assert_eq!(decide(&policy, lines), Err(reason), "{lines}");
    }
    for lines in ["Content-Encoding: gzip", "Content-Range: bytes 0-1/2"] {
        assert!(decide(&ignoring(whole(&[]), &Rule::ALL), lines).is_err());
    }
}

#[test]
fn the_length_of_a_body_can_be_required() {
    let policy = Policy {
        known_length: true,
        ..policy()
    };
    for lines in [
        "",
        "Content-Length: x",
        "Content-Length: +1",
        "Content-Length: 1\nContent-Length: 2",
    ] {
        assert_eq!(
            decide(&policy, lines),
            Err(NotStored::UnknownLength),
            "{lines}"
        );
    }
    for lines in [
        "Content-Length: 0",
        "Content-Length: 12",
        "Content-Length: 1\nContent-Length: 1",
    ] {
        assert_eq!(decide(&policy, lines), Ok(Ttl::Secs(600)), "{lines}");
    }
}

#[test]
fn lengths() {
    let length = |lines: &str| policy().decide(&exchange(lines), NOW).unwrap().length;
    assert_eq!(length(""), None);
    assert_eq!(length("Content-Length: 12"), Some(12));
    assert_eq!(length("Content-Length: 12\nContent-Length: 13"), None);
    assert_eq!(length("Content-Length: x\nContent-Length: 13"), None);
}

#[test]
fn a_response_without_a_body_is_complete_at_once() {
    let mut policy = Policy {
        known_length: true,
        ..whole(&[])
    };
    policy.statuses.extend([204, 205]);
    for status in [204, 205] {
        for lines in ["", "Content-Length: 0", "Content-Length: 99999999"] {
            let exchange = exchange_of(b"GET", status, lines);
            let storable = policy.decide(&exchange, NOW).unwrap();
            assert!(
                storable.complete && storable.length == Some(0),
                "{status} {lines}"
            );
        }
    }
    let storable = policy.decide(&exchange("Content-Length: 0"), NOW).unwrap();
    assert!(!storable.complete);
    let unlisted = decided(&whole(&[]), &exchange_of(b"GET", 204, ""));
    assert_eq!(unlisted, Err(NotStored::Status(204)));
}

#[test]
fn headers_that_are_not_stored() {
    let lines =
        "X-Cache: Miss\nX-Other: 1\nSet-Cookie: a=b\nSet-Cookie2: c=d\nETag: \"1\"\nAge: 30";
    let mut without = HeaderNames::default();
    assert!(without.add(b"x-cache") && without.add(b"etag"));
    let mut policy = Policy {
        store_without: without,
        ..ignoring(whole(&[]), &[Rule::SetCookie])
    };
    let stored = |policy: &Policy| {
        let mut head = HeadWriter::default();
        for line in lines.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            head.push(name.as_bytes(), value.as_bytes());
        }
        let exchange = exchange(lines);
        let response = policy.decide(&exchange, NOW).unwrap();
        let item = policy.new_item(&head, &exchange, &response, NOW).unwrap();
        String::from_utf8(item.finish()).unwrap()
    };
    let head =
        "HTTP/1.1 200 OK\r\nX-Other: 1\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\nAge: 30\r\n";
    assert_eq!(stored(&policy), format!("{head}\r\n"));
    policy.etag = true;
    assert!(stored(&policy).starts_with(&format!("{head}ETag: \"da39a3ee")));
    policy.headers = false;
    assert_eq!(stored(&policy), "");
}

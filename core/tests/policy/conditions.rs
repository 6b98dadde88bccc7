//! What a hit answers to conditions and ranges.

use memcached_core::policy::{Answer, Conditions};
use memcached_core::stored::Head;
use proptest::prelude::*;

/// A body of 10 bytes, stored on 2026-11-24.
const STORED: &str = "200 OK
ETag: \"a\"
Last-Modified: Mon, 23 Nov 2026 12:00:00 GMT
Date: Tue, 24 Nov 2026 12:00:00 GMT";

const PART: Answer = Answer::Part { first: 2, last: 4 };

fn answer_of(method: &str, stored: &str, request: &str) -> Answer {
    let value = format!("HTTP/1.1 {stored}\n\n").replace('\n', "\r\n") + "0123456789";
    let pieces = [value.as_bytes()];
    let head = Head::parse(pieces.iter(), 0).unwrap();
    conditions(request).answer(method.as_bytes(), &head, 10)
}

fn conditions(request: &str) -> Conditions {
    let mut conditions = Conditions::default();
    for line in request.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        conditions.observe(name.as_bytes(), value.as_bytes());
    }
    conditions
}

#[test]
fn conditions_on_what_the_client_has() {
    use Answer::{NotModified, Whole};
    let before = "If-Modified-Since: Mon, 23 Nov 2026 11:59:59 GMT";
    let exactly = "if-modified-since: Mon, 23 Nov 2026 12:00:00 GMT";
    let obsolete = "If-Modified-Since: Monday, 23-Nov-26 12:00:00 GMT";
    for (request, expected) in [
        ("", Whole),
        ("If-None-Match: \"a\"", NotModified),
        ("If-None-Match: W/\"a\"", NotModified),
        ("If-None-Match: \"b\"\nIf-None-Match: \"a\"", NotModified),
        ("If-None-Match: *", NotModified),
        ("If-None-Match: \"b\"", Whole),
        ("If-None-Match: a", Whole),
        (exactly, NotModified),
        (obsolete, NotModified),
        (
            "If-Modified-Since: Tue, 24 Nov 2026 00:00:00 GMT",
            NotModified,
        ),
        (before, Whole),
        ("If-Modified-Since: yesterday", Whole),
        (&format!("{exactly}\n{exactly}"), Whole),
        (&format!("If-None-Match: \"b\"\n{exactly}"), Whole),
        (&format!("If-None-Match: \"a\"\n{before}"), NotModified),
        ("If-None-Match: \"a\"\nRange: bytes=2-4", NotModified),
        ("If-None-Match: \"b\"\nRange: bytes=2-4", PART),
    ] {
        assert_eq!(answer_of("GET", STORED, request), expected, "{request}");
        let other = answer_of("HEAD", STORED, request);
        let no_range = if expected == PART { Whole } else { expected };
        assert_eq!(other, no_range, "HEAD {request}");
        assert_eq!(answer_of("POST", STORED, request), Whole, "POST {request}");
    }
}

#[test]
fn without_a_validator_nothing_is_known() {
    let stored = "200 OK\nDate: Tue, 24 Nov 2026 12:00:00 GMT";
    for request in [
        "If-None-Match: \"a\"",
        "If-Modified-Since: Tue, 24 Nov 2026 12:00:00 GMT",
    ] {
        assert_eq!(
            answer_of("GET", stored, request),
            Answer::Whole,
            "{request}"
        );
    }
    for etag in ["ETag: a", "ETag: \"a\"\nETag: \"a\"", "ETag: \"a"] {
        let stored = format!("200 OK\n{etag}");
        let answer = answer_of("GET", &stored, "If-None-Match: \"a\"");
        assert_eq!(answer, Answer::Whole, "{etag}");
    }
}

#[test]
fn ranges() {
    use Answer::{NotSatisfiable, Whole};
    let date = "If-Range: Mon, 23 Nov 2026 12:00:00 GMT";
    for (request, expected) in [
        ("Range: bytes=2-4", PART),
        ("Range: bytes=10-", NotSatisfiable),
        ("Range: bytes=0-1,3-4", Whole),
        ("Range: bytes=2-4\nRange: bytes=2-4", Whole),
        ("Range: bytes=2-4\nIf-Range: \"a\"", PART),
        ("Range: bytes=2-4\nIf-Range: W/\"a\"", Whole),
        ("Range: bytes=2-4\nIf-Range: \"b\"", Whole),
        ("Range: bytes=10-\nIf-Range: \"b\"", Whole),
        ("Range: bytes=2-4\nIf-Range: \"a\"\nIf-Range: \"a\"", Whole),
        (&format!("Range: bytes=2-4\n{date}"), PART),
        (
            "Range: bytes=2-4\nIf-Range: Mon, 23 Nov 2026 12:00:01 GMT",
            Whole,
        ),
        ("Range: bytes=2-4\nIf-Range: junk", Whole),
        ("If-Range: \"a\"", Whole),
    ] {
        assert_eq!(answer_of("GET", STORED, request), expected, "{request}");
        assert_eq!(answer_of("HEAD", STORED, request), Whole, "HEAD {request}");
    }
}

#[test]
fn weak_validators_do_not_allow_a_range() {
    let weak = "200 OK\nETag: W/\"a\"";
    assert_eq!(answer_of("GET", weak, "Range: bytes=2-4"), PART);
    for tag in ["W/\"a\"", "\"a\""] {
        let request = format!("Range: bytes=2-4\nIf-Range: {tag}");
        assert_eq!(answer_of("GET", weak, &request), Answer::Whole);
    }
    // Changed in the second in which it was stored, or nobody knows when.
    let date = "Mon, 23 Nov 2026 12:00:00 GMT";
    let request = format!("Range: bytes=2-4\nIf-Range: {date}");
    for stored in [format!("\nDate: {date}"), String::new()] {
        let stored = format!("200 OK\nLast-Modified: {date}{stored}");
        assert_eq!(answer_of("GET", &stored, &request), Answer::Whole);
    }
}

#[test]
fn other_statuses() {
    let with = |status: &str| STORED.replace("200", status);
    let (none_match, range) = ("If-None-Match: \"a\"", "Range: bytes=2-4");
    assert_eq!(
        answer_of("GET", &with("203"), none_match),
        Answer::NotModified
    );
    assert_eq!(answer_of("GET", &with("203"), range), Answer::Whole);
    for status in ["301", "404", "500"] {
        assert_eq!(answer_of("GET", &with(status), none_match), Answer::Whole);
        assert_eq!(answer_of("GET", &with(status), range), Answer::Whole);
    }
}

#[test]
fn conditions_for_the_origin() {
    assert!(conditions("if-match: *").are_for_origin());
    assert!(conditions("If-Unmodified-Since: x").are_for_origin());
    assert!(!conditions("If-None-Match: *\nRange: x").are_for_origin());
}

#[test]
fn headers_of_each_answer() {
    let part = Answer::Part { first: 0, last: 0 };
    for (name, whole, part_has, not_modified) in [
        ("Content-Type", true, true, false),
        ("content-encoding", true, true, false),
        ("Content-Range", true, false, false),
        ("Content-Location", true, true, true),
        ("Content-Security-Policy", true, true, true),
        ("ETag", true, true, true),
        ("Cache-Control", true, true, true),
        ("X-Own", true, true, true),
    ] {
        let name = name.as_bytes();
        assert_eq!(Answer::Whole.keeps(name), whole);
        assert_eq!(part.keeps(name), part_has);
        assert_eq!(Answer::NotModified.keeps(name), not_modified);
        assert!(!Answer::NotSatisfiable.keeps(name));
    }
}

proptest! {
    #[test]
    fn any_request_gets_an_answer_within_the_body(
        fields in proptest::collection::vec((
            proptest::sample::select(&[
                "If-None-Match", "If-Modified-Since", "Range", "If-Range", "If-Match",
            ][..]),
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..30),
                "(W/)?\"[a-c]?\"?,? ?(W/)?\"a\"".prop_map(String::into_bytes),
                "bytes=[0-9]{0,2}-[0-9]{0,2}".prop_map(String::into_bytes),
            ],
        ), 0..5),
        len in 0u64..12,
    ) {
        let mut conditions = Conditions::default();
        for (name, value) in &fields {
            conditions.observe(name.as_bytes(), value);
        }
        let value = b"HTTP/1.1 200 OK\r\nETag: \"a\"\r\n\r\n";
        let pieces = [&value[..]];
        let head = Head::parse(pieces.iter(), 0).unwrap();
        match conditions.answer(b"GET", &head, len) {
            Answer::Part { first, last } => prop_assert!(first <= last && last < len),
            Answer::NotModified => prop_assert!(fields.iter().any(|(name, _)| *name == "If-None-Match")),
            Answer::Whole | Answer::NotSatisfiable => {}
        }
    }
}

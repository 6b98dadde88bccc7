//! Bodies that are stored without their headers.

use memcached_core::policy::{BodyHeaders, Difference, NotStored, Policy, Rule};
use proptest::prelude::*;

use super::{forced, ignoring, policy, whole};

fn check<'a>(
    policy: &Policy,
    lines: &'a str,
    hit_type: &'a str,
) -> Result<Option<Difference<'a>>, NotStored> {
    let mut headers = BodyHeaders::default();
    for line in lines.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        headers.observe(name.as_bytes(), value.as_bytes());
    }
    policy.check_body_only(&headers, hit_type.as_bytes())
}

fn differs<'a>(response: &'a str, hit: &'a str) -> Difference<'a> {
    let (response, hit) = (response.as_bytes(), hit.as_bytes());
    Difference::MediaType { response, hit }
}

#[test]
fn no_hit_makes_browsers_run_a_body() {
    for (response, hit) in [
        ("text/plain", "text/html"),
        ("Text/Plain; charset=utf-8", "text/html; charset=utf-8"),
        ("application/octet-stream", "image/svg+xml"),
        ("image/png", "application/xhtml+xml"),
        ("application/json", "text/javascript"),
        ("text/csv", "application/xml"),
        ("text/plain", "text/xsl"),
        ("text/plain", "multipart/x-mixed-replace"),
        ("text/html,application/json", "text/html"),
        // A callback's name in a script may be a page.
        ("text/javascript", "text/html"),
        ("nonsense", "text/html"),
    ] {
        let lines = format!("content-type: {response}");
        let refused = check(&policy(), &lines, hit);
        assert!(
            matches!(refused, Err(NotStored::BodyOnly { .. })),
            "{response} {hit}"
        );
        for lifted in [ignoring(policy(), &[Rule::BodyOnly]), forced(policy())] {
            let found = check(&lifted, &lines, hit);
            assert!(
                matches!(found, Ok(Some(Difference::MediaType { .. }))),
                "{response} {hit}"
            );
        }
        assert_eq!(check(&whole(&[]), &lines, hit), Ok(None));
    }
    let two = "Content-Type: text/html\nContent-Type: text/plain";
    let why = check(&policy(), two, "text/html").unwrap_err();
    assert_eq!(
        why.to_string(),
        "a hit would be text/html instead of text/plain"
    );
}

#[test]
fn other_differences_are_worth_a_warning() {
    for (lines, hit, expected) in [
        ("Content-Type: text/html", "text/html; charset=utf-8", None),
        ("Content-Type: Text/Html; charset=latin1", "TEXT/HTML", None),
        (
            "Content-Type: text/html",
            "application/octet-stream",
            Some(differs("text/html", "application/octet-stream")),
        ),
        (
            "Content-Type: text/html",
            "text/javascript",
            Some(differs("text/html", "text/javascript")),
        ),
        (
            "Content-Type: text/plain",
            "text/css",
            Some(differs("text/plain", "text/css")),
        ),
        // Not given.
        ("X: 1", "text/html", None),
        ("Content-Type: ", "text/html", None),
        (
            "Content-Disposition: attachment",
            "text/html",
            Some(Difference::Lost(b"Content-Disposition")),
        ),
        (
            "content-security-policy: x",
            "text/html",
            Some(Difference::Lost(b"content-security-policy")),
        ),
        (
            "X-Content-Type-Options: nosniff",
            "text/html",
            Some(Difference::Lost(b"X-Content-Type-Options")),
        ),
        (
            "Access-Control-Allow-Origin: *",
            "text/html",
            Some(Difference::Lost(b"Access-Control-Allow-Origin")),
        ),
        ("Access-Contro: *\nAccess: 1", "text/html", None),
    ] {
        assert_eq!(check(&policy(), lines, hit), Ok(expected), "{lines} {hit}");
    }
    let shown = |difference: Option<Difference<'_>>| difference.unwrap().to_string();
    let php = Some(differs("text/html", "application/octet-stream"));
    assert_eq!(
        shown(php),
        "a hit is application/octet-stream instead of text/html"
    );
    let php = Some(differs("Text/HTML", "Application/Octet-Stream"));
    assert_eq!(
        shown(php),
        "a hit is application/octet-stream instead of text/html"
    );
    let lost = check(&policy(), "Content-Disposition: x", "text/html").unwrap();
    assert_eq!(shown(lost), "a hit has no Content-Disposition");
}

proptest! {
    #[test]
    fn a_hit_of_the_same_type_is_never_refused(value in "[ -~]{0,20}") {
        let lines = format!("Content-Type: {value}");
        prop_assert_eq!(check(&policy(), &lines, &value), Ok(None));
    }
}

//! What a 304 makes of a stored response.

use memcached_core::policy::{NotStored, Policy, Rule, Windows};
use memcached_core::protocol::Ttl;
use memcached_core::stored::{Head, Renewal};

use super::{NOW, NOW_TEXT, directive, ignoring, whole};

const OLD: &str = "Content-Type: text/plain|ETag: \"a\"|Cache-Control: max-age=5|\
                   Date: Tue, 24 Nov 2026 11:00:00 GMT|Age: 20|";

/// The time to live after a 304 with these lines, and the new item with its body.
fn renewed(policy: &Policy, old: &str, new: &str) -> Result<(Ttl, String), NotStored> {
    let text = format!(
        "HTTP/1.1 404 Not Found\r\n{}\r\nbody",
        old.replace('|', "\r\n")
    );
    let pieces = [text];
    let head = Head::parse(pieces.iter(), 0).unwrap();
    let mut renewal = Renewal::new(&head);
    for line in new.split('|').filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap();
        renewal.push(name.as_bytes(), value.as_bytes());
    }
    let (response, mut item) = policy.renew(&renewal, 4, None, None, NOW)?;
    assert_eq!((response.length, response.complete), (Some(4), false));
    item.push_body(b"body");
    let ttl = response.lifetime.ttl(NOW).unwrap();
    Ok((ttl, String::from_utf8(item.finish()).unwrap()))
}

/// Whole responses with status 404 too.
fn policy() -> Policy {
    Policy {
        statuses: vec![200, 404],
        known_length: true,
        ..whole(&[])
    }
}

#[test]
fn it_lives_again_with_the_headers_of_the_304() {
    let date = format!("Date: {NOW_TEXT}\r\n");
    let start = "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nETag: \"a\"\r\n";
    assert_eq!(
        renewed(&policy(), OLD, ""),
        Ok((
            Ttl::Secs(5),
            format!("{start}Cache-Control: max-age=5\r\n{date}\r\nbody")
        ))
    );
    let new = "Date: Tue, 24 Nov 2026 11:59:50 GMT|Cache-Control: max-age=60|X-A: b|";
    assert_eq!(
        renewed(&policy(), OLD, new),
        Ok((
            Ttl::Secs(50),
            format!("{start}Cache-Control: max-age=60\r\nX-A: b\r\n{date}Age: 10\r\n\r\nbody")
        ))
    );
    // Without an entity-tag of the backend it keeps ours.
    let tagged = Policy {
        etag: true,
        ..policy()
    };
    let (_, text) = renewed(&tagged, "X-A: b|", "").unwrap();
    let tag = "ETag: \"02083f4579e08a612425c0c1a17ee47add783b94\"";
    assert!(text.contains(&format!("\r\n{tag}\r\n")), "{text}");
    let (_, again) = renewed(&tagged, &format!("X-A: b|{tag}|"), "").unwrap();
    assert_eq!(again.matches(tag).count(), 1, "{again}");
}

#[test]
fn it_may_be_stale_as_the_304_says() {
    let stale = Policy {
        stale: Some(Windows::NONE),
        ..policy()
    };
    let (_, text) = renewed(&stale, OLD, "Cache-Control: max-age=60, stale-if-error=7|").unwrap();
    assert!(
        text.contains("\r\nX-Memcached-Fresh-Until: 0000000000 7\r\n"),
        "{text}"
    );
}

#[test]
fn what_does_not_renew() {
    for (new, reason) in [
        ("ETag: \"b\"|", NotStored::OtherResponse),
        ("Set-Cookie: a=b|", NotStored::SetCookie),
        ("Set-Cookie2: a=b|", NotStored::SetCookie2),
        (
            "Cache-Control: private|",
            directive("Cache-Control", "private"),
        ),
        (
            "Cache-Control: no-store|",
            directive("Cache-Control", "no-store"),
        ),
        (
            "Cache-Control: max-age=0|",
            directive("Cache-Control", "max-age=0"),
        ),
        ("Vary: Cookie|", NotStored::Vary("Cookie".into())),
        ("Age: 5|", NotStored::Expired),
    ] {
        assert_eq!(renewed(&policy(), OLD, new), Err(reason), "{new}");
    }
    let status = renewed(&whole(&[]), OLD, "");
    assert_eq!(status, Err(NotStored::Status(404)));
    let ignoring = ignoring(policy(), &[Rule::SetCookie, Rule::CacheControl]);
    let (ttl, text) = renewed(&ignoring, OLD, "Set-Cookie: a=b|Cache-Control: private|").unwrap();
    assert!(
        ttl == Ttl::Secs(600) && !text.contains("Set-Cookie"),
        "{text}"
    );
}

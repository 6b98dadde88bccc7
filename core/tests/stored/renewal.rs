//! What the headers of a 304 change.

use memcached_core::stored::{Head, Renewal};

/// The headers that a response with `old` has after a 304 with `new`; lines end
/// with `|`.
fn renewed(old: &str, new: &str) -> (bool, String) {
    let text = format!("HTTP/1.1 200 OK\r\n{}\r\n", old.replace('|', "\r\n"));
    let pieces = [text];
    let head = Head::parse(pieces.iter(), 0).unwrap();
    let mut renewal = Renewal::new(&head);
    for line in new.split('|').filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap();
        renewal.push(name.as_bytes(), value.as_bytes());
    }
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let lines = renewal
        .headers()
        .map(|(name, value)| format!("{}: {}|", text(name), text(value)));
    (renewal.is_of_this(), lines.collect())
}

#[test]
fn lines_of_the_304_replace_those_of_the_same_name() {
    for (old, new, expected) in [
        ("A: 1|B: 2|", "", "A: 1|B: 2|"),
        ("A: 1|B: 2|", "a: 3|", "B: 2|a: 3|"),
        ("A: 1|A: 2|B: 3|", "A: 4|A: 5|", "B: 3|A: 4|A: 5|"),
        ("A: 1|", "B: 2|", "A: 1|B: 2|"),
        (
            "Content-Type: text/plain|",
            "Content-Type: text/html|",
            "Content-Type: text/html|",
        ),
        (
            "Cache-Control: no-cache|",
            "Cache-Control: max-age=1|",
            "Cache-Control: max-age=1|",
        ),
        // They are made afresh when it is stored.
        ("Date: x|Age: 5|A: 1|", "Age: 7|", "A: 1|Age: 7|"),
        // Of the body.
        (
            "Content-Encoding: gzip|A: 1|",
            "Content-Encoding: br|Content-Length: 0|Content-Range: bytes */9|",
            "Content-Encoding: gzip|A: 1|",
        ),
        // Of the connection.
        (
            "X-Hop: 1|",
            "Connection: close, x-hop|X-Hop: 2|",
            "X-Hop: 1|",
        ),
    ] {
        assert_eq!(renewed(old, new), (true, expected.into()), "{old} {new}");
    }
}

#[test]
fn a_304_for_another_response() {
    let (monday, tuesday) = (
        "Last-Modified: Mon, 23 Nov 2026 12:00:00 GMT|",
        "Last-Modified: Tue, 24 Nov 2026 12:00:00 GMT|",
    );
    let both = format!("ETag: \"a\"|{monday}");
    for (old, new, is_of_this) in [
        ("", "", true),
        ("ETag: \"a\"|", "", true),
        ("ETag: \"a\"|", "ETag: \"a\"|", true),
        ("ETag: \"a\"|", "ETag: \"b\"|", false),
        ("ETag: \"a\"|", "ETag: W/\"a\"|", true),
        ("ETag: W/\"a\"|", "ETag: W/\"a\"|", true),
        ("ETag: W/\"a\"|", "ETag: \"a\"|", false),
        ("", "ETag: \"a\"|", false),
        ("ETag: \"a\"|", "ETag: a|", false),
        ("ETag: \"a\"|", "ETag: \"a\"|ETag: \"a\"|", false),
        (monday, monday, true),
        (monday, tuesday, false),
        (monday, "Last-Modified: today|", false),
        ("", monday, true),
        (&both, tuesday, false),
        // Entity-tags go first.
        (
            &both,
            "ETag: \"a\"|Last-Modified: Tue, 24 Nov 2026 12:00:00 GMT|",
            true,
        ),
        (
            &both,
            "ETag: \"b\"|Last-Modified: Mon, 23 Nov 2026 12:00:00 GMT|",
            false,
        ),
    ] {
        assert_eq!(renewed(old, new).0, is_of_this, "{old} {new}");
    }
}

//! What a backend is asked whether a stored response is still right.

use memcached_core::policy::validators;
use memcached_core::stored::Head;

/// The conditions for a response with the body `abc`, in parts.
fn conditions(status: u16, lines: &str) -> String {
    let text = format!("HTTP/1.1 {status} \r\n{}\r\n", lines.replace('|', "\r\n"));
    let pieces = [text];
    let head = Head::parse(pieces.iter(), 0).unwrap();
    let found = validators(&head, [&b"a"[..], b"bc"]);
    let text = |(name, value): &(&str, &[u8])| format!("{name}: {}|", value.escape_ascii());
    found.iter().map(text).collect()
}

#[test]
fn of_the_stored_response() {
    let date = "Mon, 23 Nov 2026 12:00:00 GMT";
    let modified = format!("Last-Modified: {date}|");
    let since = format!("If-Modified-Since: {date}|");
    let own = "ETag: \"a9993e364706816aba3e25717850c26c9cd0d89d\"|";
    for (status, lines, expected) in [
        (200, String::new(), String::new()),
        (
            200,
            "ETag: W/\"a\"|".into(),
            "If-None-Match: W/\\\"a\\\"|".into(),
        ),
        (200, modified.clone(), since.clone()),
        (
            203,
            format!("{modified}ETag: \"a\"|"),
            format!("If-None-Match: \\\"a\\\"|{since}"),
        ),
        // What cannot be compared.
        (200, "ETag: a|Last-Modified: today|".into(), String::new()),
        (200, "ETag: \"a\"|ETag: \"b\"|".into(), String::new()),
        // A tag that the backend does not know.
        (200, format!("{own}{modified}"), since.clone()),
        (
            200,
            own.replace("a99", "b99"),
            own.replace("a99", "b99")
                .replace("ETag", "If-None-Match")
                .replace('"', "\\\""),
        ),
        // Only a success can be revalidated (RFC 9110, 13.1.2 and 13.1.3).
        (404, format!("{modified}ETag: \"a\"|"), String::new()),
    ] {
        assert_eq!(conditions(status, &lines), expected, "{status} {lines}");
    }
}

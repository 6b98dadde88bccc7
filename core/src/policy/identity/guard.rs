//! Headers that make backends answer with another page than the target names.

use super::parts::{append_name, append_separator, append_value, is_same_variable, lower_case};
use super::vary::VaryBy;

/// Their names, sorted: they tell host, scheme, path or method of a request as a
/// proxy got it, and frameworks believe them.
const NAMES: [&str; 36] = [
    "cf-visitor",
    "cloudfront-forwarded-proto",
    "forwarded",
    "front-end-https",
    "script-name",
    "x-arr-ssl",
    "x-forwarded-context",
    "x-forwarded-host",
    "x-forwarded-https",
    "x-forwarded-method",
    "x-forwarded-path",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-protocol",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-ssl",
    "x-forwarded-uri",
    "x-forwarded-url",
    "x-host",
    "x-http-method",
    "x-http-method-override",
    "x-https",
    "x-method-override",
    "x-original-host",
    "x-original-method",
    "x-original-proto",
    "x-original-scheme",
    "x-original-uri",
    "x-original-url",
    "x-real-host",
    "x-rewrite-url",
    "x-scheme",
    "x-script-name",
    "x-url-scheme",
];

/// Those of them that tell another method. Requests with one are made out of date
/// by none: they change something themselves.
const METHOD_NAMES: [&str; 5] = [
    "x-forwarded-method",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-method",
];

/// Whether a backend may take the header for one that tells another method.
pub(super) fn overrides_method(name: &[u8]) -> bool {
    METHOD_NAMES
        .iter()
        .any(|known| is_same_variable(known.as_bytes(), name))
}

/// Whether a backend may take the header for one of these.
fn is_guarded(name: &[u8]) -> bool {
    NAMES
        .iter()
        .any(|known| is_same_variable(known.as_bytes(), name))
}

/// Appends a part for each of these headers that the request has, sorted by name,
/// except those that `vary` covers.
pub(super) fn append<'h>(
    key: &mut Vec<u8>,
    vary: &VaryBy,
    headers: impl Iterator<Item = (&'h [u8], &'h [u8])>,
) {
    let mut found: Vec<_> = headers
        .filter(|(name, _)| is_guarded(name) && !vary.covers(name))
        .map(|(name, value)| (lower_case(name), value))
        .collect();
    // Lines of one name stay in the order in which they came.
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut last = None;
    for (name, value) in &found {
        if last == Some(name) {
            append_separator(key);
        } else {
            append_name(key, name);
            key.push(b'=');
        }
        append_value(key, value);
        last = Some(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vary: &[&str], headers: &[(&str, &str)]) -> String {
        let mut by = VaryBy::default();
        for name in vary {
            assert!(by.add(name.as_bytes()));
        }
        let mut key = Vec::new();
        let headers = headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes()));
        append(&mut key, &by, headers);
        String::from_utf8(key).unwrap()
    }

    #[test]
    fn names_are_sorted() {
        assert!(NAMES.is_sorted());
        assert!(METHOD_NAMES.iter().all(|name| NAMES.contains(name)));
    }

    #[test]
    fn parts() {
        for (headers, expected) in [
            (&[][..], ""),
            (&[("Host", "a"), ("X-Forwarded-For", "1.2.3.4")], ""),
            (
                &[("X-Forwarded-Host", "evil.test")],
                "#x-forwarded-host=evil.test",
            ),
            (&[("X-FORWARDED-HOST", "")], "#x-forwarded-host="),
            (
                &[
                    ("X-Original-URL", "/admin?a#b"),
                    ("Forwarded", "host=a;by=b"),
                ],
                "#forwarded=host=a%3Bby=b#x-original-url=/admin%3Fa%23b",
            ),
            (
                &[("X-Host", "b"), ("x-host", "a"), ("X-Rewrite-Url", "/")],
                "#x-host=b;a#x-rewrite-url=/",
            ),
            // One to some backends, another to all others.
            (
                &[("X_Forwarded.Host", "evil.test")],
                "#x_forwarded.host=evil.test",
            ),
            (&[("X Host", "a")], "#x%20host=a"),
            (
                &[("X-Forwarded-Ssl", "on"), ("Front_End_Https", "on")],
                "#front_end_https=on#x-forwarded-ssl=on",
            ),
        ] {
            assert_eq!(of(&[], headers), expected);
        }
    }

    #[test]
    fn what_varies_anyway() {
        let headers = &[("X-Host", "a"), ("X_Host", "b"), ("X-Forwarded-Host", "c")];
        assert_eq!(of(&["X-Host"], headers), "#x-forwarded-host=c");
    }
}

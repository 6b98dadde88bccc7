//! Media types (RFC 9110 section 8.3.1).

/// Subtypes of `text` and `application` that browsers run.
const ACTIVE: [&str; 8] = [
    "javascript",
    "ecmascript",
    "x-javascript",
    "x-ecmascript",
    "jscript",
    "livescript",
    "xml",
    "html",
];

/// The type and subtype that a `Content-Type` names, in small letters and without
/// parameters; `None` if it names nothing.
#[must_use]
pub fn media_type(value: &[u8]) -> Option<Vec<u8>> {
    let end = value.iter().position(|&byte| byte == b';');
    let essence = value[..end.unwrap_or(value.len())].trim_ascii();
    (!essence.is_empty()).then(|| essence.to_ascii_lowercase())
}

/// Whether browsers run what they find in a body of this type, given in small
/// letters: HTML, XML with SVG and every other `+xml`, scripts.
#[must_use]
pub fn is_active(media_type: &[u8]) -> bool {
    let subtype = media_type
        .strip_prefix(b"text/")
        .or_else(|| media_type.strip_prefix(b"application/"));
    // Names such as text/javascript1.5 are scripts too.
    let without_version = |subtype: &[u8]| {
        let version = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
        let len = subtype.iter().rposition(|byte| !version(byte));
        ACTIVE
            .iter()
            .any(|known| known.as_bytes() == &subtype[..len.map_or(0, |at| at + 1)])
    };
    media_type.ends_with(b"+xml") || subtype.is_some_and(without_version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn essences() {
        for (value, expected) in [
            ("text/html", Some("text/html")),
            (" Text/HTML ; charset=utf-8", Some("text/html")),
            ("text/html;", Some("text/html")),
            ("x", Some("x")),
            ("", None),
            (" ", None),
            ("; charset=utf-8", None),
        ] {
            let found = media_type(value.as_bytes());
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{value}");
        }
    }

    #[test]
    fn what_browsers_run() {
        for active in [
            "text/html",
            "application/xhtml+xml",
            "text/xml",
            "application/xml",
            "image/svg+xml",
            "application/atom+xml",
            "text/javascript",
            "application/javascript",
            "application/x-javascript",
            "text/ecmascript",
            "text/javascript1.5",
            "text/jscript",
            "text/livescript",
        ] {
            assert!(is_active(active.as_bytes()), "{active}");
        }
        for inert in [
            "text/plain",
            "text/css",
            "application/json",
            "application/octet-stream",
            "image/png",
            "image/svg",
            "text/htmlx",
            "text/",
            "text/1.5",
            "html",
            "javascript",
            "x/html",
            "application/pdf",
            "",
        ] {
            assert!(!is_active(inert.as_bytes()), "{inert}");
        }
    }
}

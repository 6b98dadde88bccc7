//! Media types (RFC 9110 section 8.3.1).

/// Subtypes of `text` and `application` that are scripts.
const SCRIPTS: [&str; 6] = [
    "javascript",
    "ecmascript",
    "x-javascript",
    "x-ecmascript",
    "jscript",
    "livescript",
];

/// Subtypes of `text` and `application` that are pages with scripts in them.
const PAGES: [&str; 3] = ["html", "xml", "xsl"];

/// What browsers do with a body, the least dangerous first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Activity {
    /// They run nothing of it.
    Inert,
    /// They run it where a page asks for it; by itself it is a text.
    Script,
    /// They run the scripts in it in the name of the site: HTML, XML with SVG and
    /// every other `+xml`, and bodies whose parts may be such.
    Page,
}

/// The type and subtype that a `Content-Type` names, in small letters and without
/// parameters; `None` if it names nothing.
#[must_use]
pub fn media_type(value: &[u8]) -> Option<Vec<u8>> {
    let end = value.iter().position(|&byte| byte == b';');
    let essence = value[..end.unwrap_or(value.len())].trim_ascii();
    (!essence.is_empty()).then(|| essence.to_ascii_lowercase())
}

/// What browsers do with a body of this type, given in small letters.
#[must_use]
pub fn activity(media_type: &[u8]) -> Activity {
    if media_type.ends_with(b"+xml") || media_type == b"multipart/x-mixed-replace" {
        return Activity::Page;
    }
    let subtype = media_type
        .strip_prefix(b"text/")
        .or_else(|| media_type.strip_prefix(b"application/"));
    let is_one_of = |known: &[&str], found: &[u8]| known.iter().any(|it| it.as_bytes() == found);
    match subtype {
        Some(subtype) if is_one_of(&PAGES, subtype) => Activity::Page,
        // Names such as text/javascript1.5 are scripts too.
        Some(subtype) if is_one_of(&SCRIPTS, without_version(subtype)) => Activity::Script,
        _ => Activity::Inert,
    }
}

/// A subtype without the number at its end.
fn without_version(subtype: &[u8]) -> &[u8] {
    let version = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let last = subtype.iter().rposition(|byte| !version(byte));
    &subtype[..last.map_or(0, |at| at + 1)]
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
        for page in [
            "text/html",
            "application/xhtml+xml",
            "text/xml",
            "application/xml",
            "text/xsl",
            "application/xslt+xml",
            "image/svg+xml",
            "application/atom+xml",
            "multipart/x-mixed-replace",
        ] {
            assert_eq!(activity(page.as_bytes()), Activity::Page, "{page}");
        }
        for script in [
            "text/javascript",
            "application/javascript",
            "application/x-javascript",
            "text/x-javascript",
            "text/ecmascript",
            "text/x-ecmascript",
            "application/ecmascript",
            "text/javascript1.5",
            "text/jscript",
            "text/livescript",
        ] {
            assert_eq!(activity(script.as_bytes()), Activity::Script, "{script}");
        }
        for inert in [
            "text/plain",
            "text/css",
            "text/cache-manifest",
            "application/json",
            "application/octet-stream",
            "image/png",
            "image/svg",
            "text/htmlx",
            // What browsers make of these is not sure: only as an answer's own type,
            // which a hit must not go beyond, do they occur.
            "text/html,application/json",
            "text/html x",
            "text/",
            "text/1.5",
            "html",
            "javascript",
            "x/html",
            "application/pdf",
            "",
        ] {
            assert_eq!(activity(inert.as_bytes()), Activity::Inert, "{inert}");
        }
        assert!(Activity::Inert < Activity::Script && Activity::Script < Activity::Page);
    }
}

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

/// The type and subtype that a `Content-Type` names, without parameters and in letters of
/// any case; `None` if it names nothing.
#[must_use]
pub fn media_type(value: &[u8]) -> Option<&[u8]> {
    let end = memchr::memchr(b';', value);
    let essence = value[..end.unwrap_or(value.len())].trim_ascii();
    (!essence.is_empty()).then_some(essence)
}

/// What browsers do with a body of this type.
#[must_use]
pub fn activity(media_type: &[u8]) -> Activity {
    let ends_with = |end: &[u8]| {
        let start = media_type.len().checked_sub(end.len());
        start.is_some_and(|start| media_type[start..].eq_ignore_ascii_case(end))
    };
    if ends_with(b"+xml") || media_type.eq_ignore_ascii_case(b"multipart/x-mixed-replace") {
        return Activity::Page;
    }
    let without = |prefix: &[u8]| {
        let (start, rest) = media_type.split_at_checked(prefix.len())?;
        start.eq_ignore_ascii_case(prefix).then_some(rest)
    };
    let subtype = without(b"text/").or_else(|| without(b"application/"));
    let is_one_of = |known: &[&str], found: &[u8]| {
        let mut known = known.iter();
        known.any(|it| it.as_bytes().eq_ignore_ascii_case(found))
    };
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
            (" Text/HTML ; charset=utf-8", Some("Text/HTML")),
            ("text/html;", Some("text/html")),
            ("x", Some("x")),
            ("", None),
            (" ", None),
            ("; charset=utf-8", None),
        ] {
            let found = media_type(value.as_bytes());
            assert_eq!(found, expected.map(str::as_bytes), "{value}");
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
            "Text/HTML",
            "IMAGE/SVG+XML",
            "Multipart/X-Mixed-Replace",
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
            "Application/JavaScript",
            "TEXT/JAVASCRIPT1.5",
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

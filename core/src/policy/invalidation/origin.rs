//! References to resources of the same origin (RFC 3986, section 5; RFC 6454).

use crate::decimal;
use crate::policy::identity::split_host;

/// Scheme, host and port of a request.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Whether the scheme is https.
    pub is_secure: bool,
    /// The value of `Host`.
    pub host: &'a [u8],
}

impl Origin<'_> {
    /// The scheme's name.
    pub(super) fn scheme(&self) -> &'static [u8] {
        if self.is_secure { b"https" } else { b"http" }
    }

    /// Path and query, as a client would send them, of what a reference in the
    /// response to a request for `base` names, itself a path and a query. `None` if
    /// that has another origin, or the reference is none.
    ///
    /// Bytes outside ASCII, which no reference may have, are escaped as browsers do
    /// it.
    #[must_use]
    pub fn resolve(&self, base: &[u8], reference: &[u8]) -> Option<Vec<u8>> {
        let reference = escaped(reference.trim_ascii())?;
        let end = memchr::memchr(b'#', &reference).unwrap_or(reference.len());
        let mut rest = &reference[..end];
        let (scheme, after) = split_scheme(rest)?;
        if let Some(scheme) = scheme {
            if !scheme.eq_ignore_ascii_case(self.scheme()) || !after.starts_with(b"//") {
                return None;
            }
            rest = after;
        }
        let authority = rest.strip_prefix(b"//");
        if let Some(after) = authority {
            let end = after.iter().position(|byte| matches!(byte, b'/' | b'?'));
            let (authority, after) = after.split_at(end.unwrap_or(after.len()));
            if !self.is_at(authority) {
                return None;
            }
            rest = after;
        }
        let (path, query) = split_query(rest);
        let (base_path, base_query) = split_query(base);
        let mut target = Vec::with_capacity(base.len() + rest.len());
        let mut query = query;
        if authority.is_some() || path.starts_with(b"/") {
            append_without_dots(&mut target, path);
        } else if path.is_empty() {
            target.extend_from_slice(base_path);
            query = query.or(base_query);
        } else {
            let folder = memchr::memrchr(b'/', base_path).map_or(0, |at| at + 1);
            append_without_dots(&mut target, &[&base_path[..folder], path].concat());
        }
        if let Some(query) = query {
            target.push(b'?');
            target.extend_from_slice(query);
        }
        Some(target)
    }

    /// Whether a host and port, or a host with the scheme's usual one, are this.
    fn is_at(&self, authority: &[u8]) -> bool {
        let (name, port) = split_host(authority);
        let (own_name, own_port) = split_host(self.host);
        !own_name.is_empty()
            && name.eq_ignore_ascii_case(own_name)
            && self
                .port(port)
                .is_some_and(|port| self.port(own_port) == Some(port))
    }

    /// The number of a port, that of the scheme if there is none.
    fn port(&self, text: Option<&[u8]>) -> Option<u16> {
        match text {
            None | Some(b"") => Some(if self.is_secure { 443 } else { 80 }),
            Some(digits) => decimal::parse(digits).ok()?.try_into().ok(),
        }
    }
}

/// A reference with the bytes outside ASCII escaped; `None` if it has other bytes
/// that it may not have, or an escape that is none.
fn escaped(reference: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(reference.len());
    let mut rest = reference;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'%' if !matches!(after, [a, b, ..] if is_hex(*a) && is_hex(*b)) => return None,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => return None,
            b'!'..=b'~' => out.push(byte),
            0x80.. => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
            _ => return None,
        }
    }
    Some(out)
}

const fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// The scheme, if there is one, and what follows it. A path that could pass for one
/// is no reference (RFC 3986, section 4.2).
fn split_scheme(reference: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let end = reference
        .iter()
        .position(|byte| matches!(byte, b':' | b'/' | b'?'));
    let Some(end) = end.filter(|&at| reference[at] == b':') else {
        return Some((None, reference));
    };
    let (scheme, after) = (&reference[..end], &reference[end + 1..]);
    let may_follow = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let begins = scheme.first().is_some_and(u8::is_ascii_alphabetic);
    (begins && scheme.iter().all(may_follow)).then_some((Some(scheme), after))
}

/// Path and query.
fn split_query(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'?', target) {
        Some(at) => (&target[..at], Some(&target[at + 1..])),
        None => (target, None),
    }
}

/// Appends a path, which begins with `/` or is empty, without dot segments
/// (RFC 3986, section 5.2.4). The empty one is sent as `/`.
fn append_without_dots(out: &mut Vec<u8>, path: &[u8]) {
    let start = out.len();
    let mut segments = path.split(|&byte| byte == b'/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_dots = matches!(segment, b"." | b"..");
        if segment == b".." {
            let last = memchr::memrchr(b'/', &out[start..]);
            out.truncate(start + last.unwrap_or(0));
        }
        if !is_dots {
            out.push(b'/');
            out.extend_from_slice(segment);
        } else if segments.peek().is_none() {
            out.push(b'/');
        }
    }
    if out.len() == start {
        out.push(b'/');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resolve(origin: Origin<'_>, base: &str, reference: &str) -> Option<String> {
        let target = origin.resolve(base.as_bytes(), reference.as_bytes())?;
        Some(String::from_utf8(target).unwrap())
    }

    const PLAIN: Origin<'_> = Origin {
        is_secure: false,
        host: b"a",
    };

    /// The examples of RFC 3986, sections 5.4.1 and 5.4.2, with the base
    /// `http://a/b/c/d;p?q`.
    #[test]
    fn examples_of_the_standard() {
        for (reference, expected) in [
            ("g:h", None),
            ("g", Some("/b/c/g")),
            ("./g", Some("/b/c/g")),
            ("g/", Some("/b/c/g/")),
            ("/g", Some("/g")),
            ("//g", None),
            ("?y", Some("/b/c/d;p?y")),
            ("g?y", Some("/b/c/g?y")),
            ("#s", Some("/b/c/d;p?q")),
            ("g#s", Some("/b/c/g")),
            ("g?y#s", Some("/b/c/g?y")),
            (";x", Some("/b/c/;x")),
            ("g;x", Some("/b/c/g;x")),
            ("g;x?y#s", Some("/b/c/g;x?y")),
            ("", Some("/b/c/d;p?q")),
            (".", Some("/b/c/")),
            ("./", Some("/b/c/")),
            ("..", Some("/b/")),
            ("../", Some("/b/")),
            ("../g", Some("/b/g")),
            ("../..", Some("/")),
            ("../../", Some("/")),
            ("../../g", Some("/g")),
            ("../../../g", Some("/g")),
            ("../../../../g", Some("/g")),
            ("/./g", Some("/g")),
            ("/../g", Some("/g")),
            ("g.", Some("/b/c/g.")),
            (".g", Some("/b/c/.g")),
            ("g..", Some("/b/c/g..")),
            ("..g", Some("/b/c/..g")),
            ("./../g", Some("/b/g")),
            ("./g/.", Some("/b/c/g/")),
            ("g/./h", Some("/b/c/g/h")),
            ("g/../h", Some("/b/c/h")),
            ("g;x=1/./y", Some("/b/c/g;x=1/y")),
            ("g;x=1/../y", Some("/b/c/y")),
            ("g?y/./x", Some("/b/c/g?y/./x")),
            ("g?y/../x", Some("/b/c/g?y/../x")),
            ("g#s/./x", Some("/b/c/g")),
            // Not as parsers of old times read it.
            ("http:g", None),
        ] {
            let found = resolve(PLAIN, "/b/c/d;p?q", reference);
            assert_eq!(found.as_deref(), expected, "{reference}");
        }
    }

    #[test]
    fn addresses_of_an_origin() {
        let secure = Origin {
            is_secure: true,
            host: b"Example.test",
        };
        let with_port = Origin {
            is_secure: false,
            host: b"example.test:8080",
        };
        let numeric = Origin {
            is_secure: false,
            host: b"[::1]:8080",
        };
        let none = Origin {
            is_secure: false,
            host: b"",
        };
        for (origin, reference, expected) in [
            (PLAIN, "http://a", Some("/")),
            (PLAIN, "http://a?q", Some("/?q")),
            (PLAIN, "HTTP://A/x", Some("/x")),
            (PLAIN, "http://a:80/x", Some("/x")),
            (PLAIN, "http://a:/x", Some("/x")),
            (PLAIN, "//a/x/../y?z#w", Some("/y?z")),
            (PLAIN, "http://a//x", Some("//x")),
            (PLAIN, "https://a/x", None),
            (PLAIN, "http://a:81/x", None),
            (PLAIN, "http://a:65616/x", None),
            (PLAIN, "http://a:x/x", None),
            (PLAIN, "http://b/x", None),
            (PLAIN, "http://a.b/x", None),
            (PLAIN, "http://a./x", None),
            (PLAIN, "http://u@a/x", None),
            (PLAIN, "http:///x", None),
            (PLAIN, "ftp://a/x", None),
            (secure, "https://example.test/x", Some("/x")),
            (secure, "https://example.test:443/x", Some("/x")),
            (secure, "http://example.test/x", None),
            (secure, "http://example.test:443/x", None),
            (with_port, "http://example.test:8080/x", Some("/x")),
            (with_port, "http://example.test:08080/x", Some("/x")),
            (with_port, "http://example.test/x", None),
            (numeric, "http://[::1]:8080/x", Some("/x")),
            (numeric, "http://[::2]:8080/x", None),
            (none, "/x", Some("/x")),
            (none, "///x", None),
            (none, "http:///x", None),
        ] {
            let found = resolve(origin, "/", reference);
            assert_eq!(found.as_deref(), expected, "{origin:?} {reference}");
        }
    }

    #[test]
    fn what_references_are_written_with() {
        for (reference, expected) in [
            ("  /x\t", Some("/x")),
            ("/caf\u{e9}", Some("/caf%C3%A9")),
            ("/a%20b", Some("/a%20b")),
            ("/a?b[]=1", Some("/a?b[]=1")),
            ("/a b", None),
            ("/a\u{1}", None),
            ("/a%2", None),
            ("/a%zz", None),
            ("/a\\b", None),
            ("/<a>", None),
            (":a", None),
            ("1:a", None),
            ("a/b:c", Some("/a/b:c")),
        ] {
            let found = resolve(PLAIN, "/", reference);
            assert_eq!(found.as_deref(), expected, "{reference}");
        }
    }

    proptest! {
        /// A target names itself, and what names something is a target.
        #[test]
        fn targets_stay_what_they_are(
            reference in "(/|//a|\\.\\./|\\./|b|;|\\?|#|%41|http:){0,6}",
        ) {
            if let Some(target) = resolve(PLAIN, "/x/y?z", &reference) {
                prop_assert!(target.starts_with('/'));
                let path = target.split('?').next().unwrap();
                prop_assert!(path.split('/').all(|segment| segment != "." && segment != ".."));
                let again = resolve(PLAIN, "/", &format!("http://a{target}"));
                prop_assert_eq!(again, Some(target));
            }
        }
    }
}

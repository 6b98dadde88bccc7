//! Spellings of a path that the host simplifies and a backend may not.

/// Whether a backend could take the path for another one than what the host makes
/// of it: it has an escape that is none (the host deletes it), one of a byte that
/// means something in a target (RFC 3986, section 2.2) or is a control byte, a dot
/// segment, an empty segment, or a backslash.
///
/// All other escapes mean the same as their byte to everybody.
pub(super) fn is_ambiguous(path: &[u8]) -> bool {
    let mut segment = Segment::default();
    let mut rest = path.strip_prefix(b"/").unwrap_or(path);
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'/' if segment.is_empty() || segment.is_dots() => return true,
            b'/' => segment = Segment::default(),
            b'%' => {
                let Some((decoded, after)) = decode(rest) else {
                    return true;
                };
                if is_special(decoded) {
                    return true;
                }
                rest = after;
                segment.push(decoded);
            }
            b'\\' => return true,
            _ if byte.is_ascii_control() => return true,
            _ => segment.push(byte),
        }
    }
    segment.is_dots()
}

/// Whether a path that is not ambiguous is this one when it is decoded.
pub(super) fn decodes_to(path: &[u8], decoded: &[u8]) -> bool {
    let mut expected = decoded;
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let mut byte = byte;
        if byte == b'%' {
            let Some((plain, after)) = decode(rest) else {
                return false;
            };
            byte = plain;
            rest = after;
        }
        match expected.split_first() {
            Some((&same, after)) if same == byte => expected = after,
            _ => return false,
        }
    }
    expected.is_empty()
}

/// What the host makes of a path: it decodes escapes, has `_` for control bytes,
/// then takes out empty and dot segments. `None` if an escape is none.
pub(in crate::policy) fn simplified(path: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let mut byte = byte;
        if byte == b'%' {
            (byte, rest) = decode(rest)?;
        }
        decoded.push(if byte.is_ascii_control() { b'_' } else { byte });
    }
    let mut simple = Vec::with_capacity(decoded.len());
    let mut is_folder = true;
    for segment in decoded.split(|&byte| byte == b'/') {
        is_folder = matches!(segment, b"" | b"." | b"..");
        if segment == b".." {
            simple.truncate(memchr::memrchr(b'/', &simple).unwrap_or(0));
        } else if !is_folder {
            simple.push(b'/');
            simple.extend_from_slice(segment);
        }
    }
    if is_folder {
        simple.push(b'/');
    }
    Some(simple)
}

/// What has been read of a segment.
#[derive(Default)]
struct Segment {
    len: usize,
    has_other: bool,
}

impl Segment {
    fn push(&mut self, byte: u8) {
        self.len += 1;
        self.has_other |= byte != b'.';
    }

    fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether it is `.` or `..`.
    fn is_dots(&self) -> bool {
        matches!(self.len, 1 | 2) && !self.has_other
    }
}

/// Whether an escape of this byte is not the same as the byte.
fn is_special(byte: u8) -> bool {
    byte.is_ascii_control() || matches!(byte, b'/' | b'\\' | b'?' | b'#' | b'%' | b';')
}

/// The byte of an escape whose `%` has been read, and what follows.
fn decode(text: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], after) = text.split_first_chunk()?;
    Some(((digit(high)? << 4) | digit(low)?, after))
}

fn digit(byte: u8) -> Option<u8> {
    let value = char::from(byte).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::super::naive::{self, PIECES, meaning};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_that_mean_one_thing() {
        for path in [
            "/",
            "/a",
            "/a/",
            "/a/b.html",
            "/a%20b",
            "/wiki/Talk%3AFoo",
            "/wiki/Talk%3afoo",
            "/a%2Bb",
            "/%C3%A9",
            "/%7Euser",
            "/a%2eb",
            "/%2ehidden",
            "/...",
            "/.../",
            "/%2e%2e%2e",
            "/.a/..b/c..",
            "/a;b=c",
            "/%26%3D%40%2C%24%21%22%27",
            "/%ff",
        ] {
            assert!(!is_ambiguous(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn paths_that_a_backend_may_read_otherwise() {
        for path in [
            "//",
            "//a",
            "/a//b",
            "/a//",
            "/.",
            "/./a",
            "/..",
            "/x/..",
            "/x/../",
            "/x/./y",
            "/%2e",
            "/%2E/a",
            "/.%2e",
            "/%2e%2e/a",
            "/x/%2e.",
            "/a%2Fb",
            "/a%2fb",
            "/x/..%2F..%2F",
            "/a\\b",
            "/a%5Cb",
            "/search%3Fq=what",
            "/a%23b",
            "/%23accept-encoding=gzip",
            "/a%25b",
            "/%252e",
            "/a%3Bb",
            "/p%00",
            "/a%0d%0ab",
            "/a%1F",
            "/a%7f",
            "/ne%zzws",
            "/a%",
            "/a%2",
            "/a%2g",
            "/%%41",
            "/a\x01",
        ] {
            assert!(is_ambiguous(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn decoding() {
        for (path, decoded, same) in [
            ("/", "/", true),
            ("/a%20b", "/a b", true),
            ("/a%20b", "/a%20b", false),
            ("/%C3%A9", "/\u{e9}", true),
            ("/a", "/ab", false),
            ("/ab", "/a", false),
            ("/a/", "/a/index.html", false),
            ("/a%", "/a", false),
        ] {
            assert_eq!(
                decodes_to(path.as_bytes(), decoded.as_bytes()),
                same,
                "{path}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_shared_means_the_same(one in PIECES, two in PIECES) {
            let (one, two) = (format!("/{one}"), format!("/{two}"));
            let (one, two) = (one.as_bytes(), two.as_bytes());
            if !is_ambiguous(one) {
                prop_assert!(decodes_to(one, &naive::simplified(one)));
                prop_assert_eq!(meaning(one), naive::simplified(one));
                if !is_ambiguous(two) && naive::simplified(one) == naive::simplified(two) {
                    prop_assert_eq!(meaning(one), meaning(two));
                }
            }
        }

        #[test]
        fn simplified_as_the_host_does_it(path in PIECES) {
            let path = format!("/{path}");
            let path = path.as_bytes();
            let expected = meaning_len(path).map(|_| naive::simplified(path));
            prop_assert_eq!(simplified(path), expected);
        }

        #[test]
        fn what_is_simplified_is_ambiguous(path in PIECES) {
            let path = format!("/{path}");
            let path = path.as_bytes();
            // Whatever the host does beyond decoding single bytes shows.
            if meaning_len(path) != Some(naive::simplified(path).len()) {
                prop_assert!(is_ambiguous(path));
            }
        }
    }

    /// Bytes of the decoded path, if all its escapes are some.
    fn meaning_len(path: &[u8]) -> Option<usize> {
        let mut len = 0;
        let mut rest = path;
        while let Some((&byte, after)) = rest.split_first() {
            rest = if byte == b'%' {
                decode(after)?.1
            } else {
                after
            };
            len += 1;
        }
        Some(len)
    }
}

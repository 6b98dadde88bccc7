//! What the key of a request depends on beside its pattern and headers.

use crate::policy::bypass::Bypass;

/// A request as the client sent it, and what became of its path.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The target of the request line, unchanged.
    pub raw: &'a [u8],
    /// Path and query of the target, unchanged; `raw` unless that has a scheme.
    pub target: &'a [u8],
    /// Path and query as they are sent on to a proxied backend: `target`, unless
    /// something has rewritten it.
    pub sent_on: &'a [u8],
    /// The path as it is now: decoded, simplified, perhaps rewritten.
    pub path: &'a [u8],
    /// The value of `Host`.
    pub host: Option<&'a [u8]>,
    /// Whether the scheme is https.
    pub is_secure: bool,
    /// The port that the connection came to; none on a unix socket.
    pub listener_port: Option<u16>,
}

impl<'a> Request<'a> {
    /// Refuses targets that the host and a backend are known to read differently:
    /// those with a scheme and a host of their own (RFC 9112, section 3.2.2),
    /// whose host counts for the key while the backend gets `Host`, and those with
    /// a fragment.
    ///
    /// # Errors
    /// The reason to leave the cache out of it.
    pub fn check_target(&self) -> Result<(), Bypass> {
        if self.raw.first() != Some(&b'/') {
            return Err(Bypass::AbsoluteForm);
        }
        if memchr::memchr(b'#', self.raw).is_some() {
            return Err(Bypass::Fragment);
        }
        Ok(())
    }

    /// Whether it was sent, and still is, a path of bytes that mean themselves, without a query:
    /// most are, and nothing else has to be looked at then.
    pub(super) fn is_plain(&self) -> bool {
        let same = self.target;
        is_plain(same) && self.raw == same && self.sent_on == same && self.path == same
    }

    /// The target's path.
    pub(super) fn target_path(&self) -> &'a [u8] {
        self.split_target().0
    }

    /// Whether the target has a query.
    pub(super) fn has_query(&self) -> bool {
        self.split_target().1
    }

    fn split_target(&self) -> (&'a [u8], bool) {
        match memchr::memchr(b'?', self.target) {
            Some(end) => (&self.target[..end], true),
            None => (self.target, false),
        }
    }
}

/// Whether a target is a path with one spelling: no escape, no query, no fragment, no segment that
/// is empty or begins with a dot.
fn is_plain(target: &[u8]) -> bool {
    let mut before = 0;
    for &byte in target {
        let is_fine = match PLAIN[usize::from(byte)] {
            Plain::Never => false,
            Plain::Within => before != b'/',
            Plain::Always => true,
        };
        if !is_fine {
            return false;
        }
        before = byte;
    }
    target.first() == Some(&b'/')
}

/// Where a byte can stand in a plain target.
#[derive(Clone, Copy)]
enum Plain {
    Never,
    /// Not after a slash.
    Within,
    Always,
}

/// A table, because every request is looked at byte by byte.
const PLAIN: [Plain; 256] = {
    let mut table = [Plain::Never; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        table[byte as usize] = match byte {
            b'/' | b'.' => Plain::Within,
            b'-' | b'_' | b'~' | b',' | b'=' | b':' | b'+' | b'*' => Plain::Always,
            _ if byte.is_ascii_alphanumeric() => Plain::Always,
            _ => Plain::Never,
        };
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ones() {
        for target in [
            "/",
            "/a",
            "/a/b.html",
            "/a/",
            "/a-b_c~d,e=f:g+h*i",
            "/a..b/c.",
        ] {
            assert!(is_plain(target.as_bytes()), "{target}");
        }
        for target in [
            "",
            "a",
            "*",
            "//",
            "/a//b",
            "/.",
            "/../a",
            "/.a",
            "/a/.",
            "/a?b",
            "/a?",
            "/a#b",
            "/a%20b",
            "/a\\b",
            "/a;b",
            "/a b",
            "/\u{e9}",
            "/a\n",
            "/a@b",
            "http://a/",
            "/a&b",
        ] {
            assert!(!is_plain(target.as_bytes()), "{target}");
        }
    }

    #[test]
    fn plain_is_what_was_sent_and_not_changed() {
        let plain = Request {
            raw: b"/a",
            target: b"/a",
            sent_on: b"/a",
            path: b"/a",
            host: None,
            is_secure: false,
            listener_port: None,
        };
        assert!(plain.is_plain());
        assert!(
            !Request {
                raw: b"http://b/a",
                ..plain
            }
            .is_plain()
        );
        assert!(
            !Request {
                sent_on: b"/b",
                ..plain
            }
            .is_plain()
        );
        assert!(
            !Request {
                path: b"/b",
                ..plain
            }
            .is_plain()
        );
    }

    #[test]
    fn targets() {
        for (raw, expected) in [
            ("/", Ok(())),
            ("/a?b=http://c/", Ok(())),
            ("//a", Ok(())),
            ("http://victim.test/a", Err(Bypass::AbsoluteForm)),
            ("http://u:p@victim.test:1337/", Err(Bypass::AbsoluteForm)),
            ("HTTPS://victim.test", Err(Bypass::AbsoluteForm)),
            ("victim.test:443", Err(Bypass::AbsoluteForm)),
            ("*", Err(Bypass::AbsoluteForm)),
            ("", Err(Bypass::AbsoluteForm)),
            ("/a#b", Err(Bypass::Fragment)),
            ("/a?b#", Err(Bypass::Fragment)),
            ("http://a/#b", Err(Bypass::AbsoluteForm)),
        ] {
            let request = Request {
                raw: raw.as_bytes(),
                target: b"/",
                sent_on: b"/",
                path: b"/",
                host: None,
                is_secure: false,
                listener_port: None,
            };
            assert_eq!(request.check_target(), expected, "{raw}");
        }
    }
}

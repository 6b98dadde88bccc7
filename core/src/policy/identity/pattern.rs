//! What a key's pattern is made of.

/// What the pattern of a key says of the requests that share it.
///
/// The host completes names: it takes `%{req.pa}` for `%{req.path}`, and of
/// several that begin so the first in its own order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a placeholder")]
pub struct PatternTraits {
    /// It has the simplified path, or what may be derived from it: a capture, a
    /// file's path, a variable of the environment.
    pub path: bool,
    /// It has the path by its own name.
    pub own_path: bool,
    /// It has the path and the query as they were sent.
    pub raw_path: bool,
    /// It has the query, or what may be derived from it.
    pub query: bool,
    /// It has the host's name, in small letters and without its port.
    pub host: bool,
    /// It has the header `Host`.
    pub host_header: bool,
    /// It has the method, or a variable of the environment, which may have it.
    pub method: bool,
    /// How many `#` it has outside of placeholders.
    pub hashes: usize,
}

/// Names of what a request has, in the order in which the host looks for them.
const NAMES: [&str; 15] = [
    "localip",
    "localport",
    "remoteip",
    "remoteport",
    "path",
    "raw_path",
    "host",
    "scheme",
    "query",
    "method",
    "length",
    "header",
    "environment",
    "env",
    "is_handled",
];

impl PatternTraits {
    /// Reads the text of a pattern that the host has accepted.
    #[must_use]
    pub fn of(pattern: &[u8]) -> Self {
        let mut traits = Self::default();
        for part in parts(pattern) {
            match part {
                Part::Hash => traits.hashes += 1,
                Part::Capture => traits.derived(),
                Part::Placeholder { name, key } => traits.record(name, key),
            }
        }
        traits
    }

    /// What a pattern says that the target follows, path and query as the client sent
    /// them, which nothing has changed.
    #[must_use]
    pub fn followed_by_target(self) -> Self {
        Self {
            query: true,
            ..self
        }
    }

    fn record(&mut self, name: &[u8], key: &[u8]) {
        if name.starts_with(b"phys.") || name.starts_with(b"physical.") {
            return self.derived();
        }
        match placeholder(name) {
            Some("path") => {
                self.path = true;
                self.own_path = true;
            }
            Some("raw_path") => {
                self.raw_path = true;
                self.query = true;
            }
            Some("query") => self.query = true,
            Some("host") => self.host = true,
            Some("header") if key.eq_ignore_ascii_case(b"Host") => self.host_header = true,
            Some("method") => self.method = true,
            Some("environment" | "env") => {
                self.derived();
                self.method = true;
            }
            _ => {}
        }
    }

    /// It has a text that something before it took from elsewhere.
    fn derived(&mut self) {
        self.path = true;
        self.query = true;
    }

    /// Whether targets that the host simplifies need items of their own.
    pub(super) fn simplifies_path(&self) -> bool {
        self.path && !self.raw_path
    }

    /// Whether hosts that the host simplifies need items of their own.
    pub(super) fn simplifies_host(&self) -> bool {
        self.host && !self.host_header
    }
}

/// Whether the text of a pattern that the host has accepted has a header of the
/// request.
#[must_use]
pub fn names_header(pattern: &[u8], header: &[u8]) -> bool {
    parts(pattern).any(|part| match part {
        Part::Placeholder { name, key } => {
            placeholder(name) == Some("header") && key.eq_ignore_ascii_case(header)
        }
        Part::Hash | Part::Capture => false,
    })
}

/// What counts in a pattern.
enum Part<'a> {
    /// A `#` outside of placeholders.
    Hash,
    /// `%1` or `%[1-3]`.
    Capture,
    /// `%{NAME}` or `%{NAME[KEY]}`.
    Placeholder { name: &'a [u8], key: &'a [u8] },
}

/// What counts in the text of a pattern, in its order.
fn parts(pattern: &[u8]) -> impl Iterator<Item = Part<'_>> {
    let mut rest = pattern;
    core::iter::from_fn(move || {
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'\\' => rest = after.get(1..).unwrap_or_default(),
                b'%' => {
                    let (part, after) = read_placeholder(after);
                    rest = after;
                    return Some(part);
                }
                b'#' => return Some(Part::Hash),
                _ => {}
            }
        }
        None
    })
}

/// Reads what follows a `%`, and gives what follows the placeholder too.
fn read_placeholder(text: &[u8]) -> (Part<'_>, &[u8]) {
    let Some(inner) = text.strip_prefix(b"{") else {
        // A capture: "1" or "[1-3]", which has no `#`.
        return (Part::Capture, text.get(1..).unwrap_or_default());
    };
    let inner = inner.strip_prefix(b"enc:").unwrap_or(inner);
    let name_len = inner
        .iter()
        .position(|byte| matches!(byte, b'[' | b'}'))
        .unwrap_or(inner.len());
    let (name, rest) = inner.split_at(name_len);
    let (key, rest) = match rest.strip_prefix(b"[") {
        Some(key) => split_at_byte(key, b']'),
        None => (&b""[..], rest),
    };
    let rest = rest.strip_prefix(b"}").unwrap_or(rest);
    (Part::Placeholder { name, key }, rest)
}

/// The full name of what a request has, for a placeholder's name such as
/// `req.pa`; `None` if it is of another group, such as `phys.path`.
pub(in crate::policy) fn placeholder(name: &[u8]) -> Option<&'static str> {
    let field = name
        .strip_prefix(b"req.")
        .or_else(|| name.strip_prefix(b"request."))?;
    let mut names = NAMES.into_iter();
    names.find(|known| known.as_bytes().starts_with(field))
}

/// What stands before and after the first such byte.
fn split_at_byte(text: &[u8], byte: u8) -> (&[u8], &[u8]) {
    match memchr::memchr(byte, text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, b""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> PatternTraits {
        PatternTraits::of(pattern.as_bytes())
    }

    fn named(set: impl FnOnce(&mut PatternTraits)) -> PatternTraits {
        let mut traits = PatternTraits::default();
        set(&mut traits);
        traits
    }

    #[test]
    fn placeholders() {
        let path = named(|t| (t.path, t.own_path) = (true, true));
        let raw_path = named(|t| (t.raw_path, t.query) = (true, true));
        let derived = named(|t| (t.path, t.query) = (true, true));
        let variable = PatternTraits {
            method: true,
            ..derived
        };
        for (pattern, expected) in [
            ("%{req.path}", path),
            ("%{enc:req.path}", path),
            ("%{request.path}", path),
            ("%{req.p}", path),
            ("%{req.raw_path}", raw_path),
            ("%{enc:req.raw_path}", raw_path),
            ("%{req.ra}", raw_path),
            ("%{req.host}", named(|t| t.host = true)),
            ("%{req.h}", named(|t| t.host = true)),
            ("%{req.header[Host]}", named(|t| t.host_header = true)),
            ("%{req.he[hOST]}", named(|t| t.host_header = true)),
            ("%{req.header[X-Host]}", named(|_| {})),
            ("%{req.query}", named(|t| t.query = true)),
            ("%{req.}", named(|_| {})),
            ("%{req.r}", named(|_| {})),
            ("%{req.scheme}", named(|_| {})),
            ("%{req.method}", named(|t| t.method = true)),
            ("%{enc:req.m}", named(|t| t.method = true)),
            ("%{req.environment[CACHE_KEY]}", variable),
            ("%{req.env[CACHE_KEY]}", variable),
            ("%{phys.path}", derived),
            ("%{physical.pathinfo}", derived),
            ("%1", derived),
            ("%[1-2]", derived),
            ("front page", named(|_| {})),
            (r"\%{req.path}", named(|_| {})),
            (r"\\%{req.path}", path),
        ] {
            assert_eq!(of(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn headers() {
        for (pattern, expected) in [
            ("%{req.header[Cookie]}", true),
            ("%{request.header[cookie]}", true),
            ("%{enc:req.header[COOKIE]}", true),
            ("%{req.he[Cookie]}", true),
            ("%{req.path}#%{req.header[X-A]}%{req.header[Cookie]}", true),
            ("%{req.header[X-Cookie-Consent]}", false),
            ("%{req.header[Cookie2]}", false),
            ("%{req.header[]}", false),
            ("%{req.header}Cookie", false),
            ("%{req.environment[Cookie]}", false),
            ("%{resp.header[Cookie]}", false),
            ("%{phys.header[Cookie]}", false),
            ("/cookie-shop%{req.path}", false),
            (r"\%{req.header[Cookie]}", false),
            ("req.header[Cookie]", false),
            ("", false),
        ] {
            let found = names_header(pattern.as_bytes(), b"Cookie");
            assert_eq!(found, expected, "{pattern}");
        }
    }

    #[test]
    fn several() {
        let traits = of("%{req.scheme}://%{req.host}%{req.path}?%{req.query}");
        assert!(traits.host && traits.path && traits.query && !traits.raw_path);
        assert!(traits.simplifies_host() && traits.simplifies_path());
        let traits = of("%{req.header[host]}%{req.host}%{req.raw_path}%{req.path}");
        assert!(!traits.simplifies_host() && !traits.simplifies_path());
    }

    #[test]
    fn hashes() {
        for (pattern, expected) in [
            ("", 0),
            ("%{req.path}", 0),
            ("#", 1),
            ("a#%{req.path}#%1#", 3),
            ("%{req.environment[a#b]}", 0),
            ("%{req.environment[a#b]}#", 1),
            ("%{req.header[a}#b]}#", 1),
            ("%1#%[0-2]#$1#", 3),
            (r"\\#", 1),
        ] {
            assert_eq!(of(pattern).hashes, expected, "{pattern}");
        }
    }
}

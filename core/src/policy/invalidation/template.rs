//! Patterns that can be evaluated for an address.

use super::origin::Origin;
use crate::policy::identity::{placeholder, plain_host, simplified};

/// The pattern of a key, if it is made of parts of an address: scheme, host, path
/// and query.
#[derive(Clone, Debug)]
pub struct KeyTemplate(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Text(Vec<u8>),
    Part {
        part: Part,
        /// Of the form `%{enc:...}`.
        is_escaped: bool,
    },
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Scheme,
    Host,
    Path,
    RawPath,
    Query,
}

impl KeyTemplate {
    /// Reads the text of a pattern that the host has accepted; `None` if it has
    /// something that an address does not tell, such as a capture or a header.
    #[must_use]
    pub fn of(pattern: &[u8]) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut text = Vec::new();
        let mut rest = pattern;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'\\' => {
                    let (&escaped, after) = rest.split_first()?;
                    text.push(escaped);
                    rest = after;
                }
                b'%' => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    let inner = rest.strip_prefix(b"{")?;
                    let end = memchr::memchr(b'}', inner)?;
                    pieces.push(Piece::of(&inner[..end])?);
                    rest = &inner[end + 1..];
                }
                b'$' => return None,
                _ => text.push(byte),
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Some(Self(pieces))
    }

    /// The same pattern, which the target follows: path and query as they were sent.
    #[must_use]
    pub fn followed_by_target(mut self) -> Self {
        self.0.push(Piece::Part {
            part: Part::RawPath,
            is_escaped: false,
        });
        self
    }

    /// What the pattern gives for a GET with this target, a path and a query, of an
    /// origin; with the path that the host makes of it. `None` if it is not known
    /// what that is, since an escape is none.
    #[must_use]
    pub fn eval(&self, origin: &Origin<'_>, target: &[u8]) -> Option<Evaluated> {
        let end = memchr::memchr(b'?', target);
        let path = simplified(&target[..end.unwrap_or(target.len())])?;
        let query = end.map_or(&b""[..], |end| &target[end + 1..]);
        let mut text = Vec::new();
        for piece in &self.0 {
            let (part, is_escaped) = match piece {
                Piece::Text(bytes) => {
                    text.extend_from_slice(bytes);
                    continue;
                }
                Piece::Part { part, is_escaped } => (part, is_escaped),
            };
            let host;
            let value = match part {
                Part::Scheme => origin.scheme(),
                Part::Host => {
                    host = plain_host(origin.host);
                    &host
                }
                Part::Path => &path,
                Part::RawPath => target,
                Part::Query => query,
            };
            if *is_escaped {
                append_escaped(&mut text, value);
            } else {
                text.extend_from_slice(value);
            }
        }
        Some(Evaluated { text, path })
    }
}

/// What a pattern gives for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluated {
    /// The text.
    pub text: Vec<u8>,
    /// The path, decoded and simplified as the host does it.
    pub path: Vec<u8>,
}

impl Piece {
    /// The placeholder with this between its braces.
    fn of(inner: &[u8]) -> Option<Self> {
        let plain = inner.strip_prefix(b"enc:");
        let part = match placeholder(plain.unwrap_or(inner))? {
            "scheme" => Part::Scheme,
            "host" => Part::Host,
            "path" => Part::Path,
            "raw_path" => Part::RawPath,
            "query" => Part::Query,
            _ => return None,
        };
        Some(Self::Part {
            part,
            is_escaped: plain.is_some(),
        })
    }
}

/// As the host escapes what is in `%{enc:...}`.
fn append_escaped(out: &mut Vec<u8>, value: &[u8]) {
    for &byte in value {
        if byte.is_ascii_alphanumeric() || b"-._/!()*".contains(&byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("%{byte:02x}").as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Origin<'_> = Origin {
        is_secure: true,
        host: b"WWW.Example.test.:8443",
    };

    fn eval(pattern: &str, target: &str) -> Option<String> {
        let template = KeyTemplate::of(pattern.as_bytes())?;
        let text = template.eval(&ORIGIN, target.as_bytes())?.text;
        Some(String::from_utf8(text).unwrap())
    }

    #[test]
    fn patterns() {
        for (pattern, expected) in [
            ("%{req.path}", "/a b/c"),
            ("%{request.path}", "/a b/c"),
            ("%{req.p}", "/a b/c"),
            ("%{req.raw_path}", "/a%20b/c?d=%20&e"),
            ("%{req.query}", "d=%20&e"),
            ("%{enc:req.path}", "/a%20b/c"),
            ("%{enc:req.query}", "d%3d%2520%26e"),
            (
                "%{req.scheme}://%{req.host}%{req.path}",
                "https://www.example.test/a b/c",
            ),
            (r"v1\%\\#%{req.path}!", r"v1%\#/a b/c!"),
            ("", ""),
            ("one page", "one page"),
        ] {
            let found = eval(pattern, "/a%20b/c?d=%20&e");
            assert_eq!(found.as_deref(), Some(expected), "{pattern}");
        }
    }

    #[test]
    fn the_target_can_follow() {
        let url =
            KeyTemplate::of(b"%{req.scheme}://%{req.host}").map(KeyTemplate::followed_by_target);
        let evaluated = url.and_then(|url| url.eval(&ORIGIN, b"/a%20b//?c"));
        let text = evaluated.map(|it| String::from_utf8(it.text).unwrap());
        assert_eq!(text.as_deref(), Some("https://www.example.test/a%20b//?c"));
    }

    #[test]
    fn patterns_that_need_a_request() {
        for pattern in [
            "%1",
            "%[1-2]",
            "$1",
            "%{req.path}%{req.header[Host]}",
            "%{req.method}",
            "%{req.environment[X]}",
            "%{req.remoteip}",
            "%{phys.path}",
            "%{req.path[x]}",
            "%{resp.status}",
            "%{req.}",
            r"\",
            "%{req.path",
        ] {
            assert!(KeyTemplate::of(pattern.as_bytes()).is_none(), "{pattern}");
        }
    }

    #[test]
    fn paths() {
        for (target, expected) in [
            ("/", Some("/")),
            ("/?x", Some("/")),
            ("/a//b/%2e%2e/c", Some("/a/c")),
            ("/a%2fb", Some("/a/b")),
            ("/a%00", Some("/a_")),
            ("/a%", None),
            ("/a%zz", None),
        ] {
            let found = eval("%{req.path}", target);
            assert_eq!(found.as_deref(), expected, "{target}");
        }
    }
}

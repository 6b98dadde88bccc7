//! `Cache-Status` (RFC 9211): what a cache says about its handling of a request.

use core::fmt::{self, Write as _};

/// The name under which a cache speaks of itself: a token or a string of
/// structured headers (RFC 9211 section 2, RFC 9651 sections 3.3.3 and 3.3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheName(Box<str>);

impl CacheName {
    /// A name of printable ASCII; `None` for any other, and for an empty one.
    #[must_use]
    pub fn new(name: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(name).ok()?;
        let printable = !text.is_empty() && text.bytes().all(is_printable);
        printable.then(|| Self(text.into()))
    }
}

impl fmt::Display for CacheName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_token(&self.0) {
            f.write_str(&self.0)
        } else {
            write_string(f, &self.0)
        }
    }
}

/// Why a request was not answered from the cache (RFC 9211 section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forward {
    /// The cache is not to handle it.
    Bypass,
    /// Its method.
    Method,
    /// There is nothing for its URL.
    UriMiss,
    /// There is nothing that could be used, for whatever reason.
    Miss,
    /// There is something that is not fresh any more.
    Stale,
}

/// Where the response comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the cache.
    Hit,
    /// From the origin.
    Forwarded(Forward),
}

/// One member of the header's list, which a cache appends to those of the caches
/// before it. Prints as it is sent.
#[derive(Clone, Debug)]
pub struct CacheStatus<'a> {
    /// The cache.
    pub name: &'a CacheName,
    /// Where the response comes from.
    pub source: Source,
    /// It is being stored.
    pub stored: bool,
    /// It is what another forwarded request got (section 2.6).
    pub collapsed: bool,
    /// Seconds for which it is still fresh.
    pub ttl: Option<u32>,
    /// The cache's key of it.
    pub key: Option<&'a str>,
    /// What else there is to say.
    pub detail: Option<&'a str>,
}

impl fmt::Display for CacheStatus<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            Source::Hit => "hit",
            Source::Forwarded(Forward::Bypass) => "fwd=bypass",
            Source::Forwarded(Forward::Method) => "fwd=method",
            Source::Forwarded(Forward::UriMiss) => "fwd=uri-miss",
            Source::Forwarded(Forward::Miss) => "fwd=miss",
            Source::Forwarded(Forward::Stale) => "fwd=stale",
        };
        write!(f, "{}; {source}", self.name)?;
        if self.stored {
            f.write_str("; stored")?;
        }
        if self.collapsed {
            f.write_str("; collapsed")?;
        }
        if let Some(ttl) = self.ttl {
            write!(f, "; ttl={ttl}")?;
        }
        for (name, text) in [("key", self.key), ("detail", self.detail)] {
            if let Some(text) = text {
                write!(f, "; {name}=")?;
                write_string(f, text)?;
            }
        }
        Ok(())
    }
}

/// Whether a name can stand without quotes.
fn is_token(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte);
    let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'*';
    name.bytes().next().is_some_and(first) && name.bytes().all(allowed)
}

const fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Writes a string in quotes; what no string may have becomes a question mark.
fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            ' '..='~' => f.write_char(c)?,
            _ => f.write_char('?')?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use crate::http::{Dictionary, Item};

    fn name(text: &str) -> CacheName {
        CacheName::new(text.as_bytes()).expect("a name")
    }

    fn status(name: &CacheName, source: Source) -> CacheStatus<'_> {
        CacheStatus {
            name,
            source,
            stored: false,
            collapsed: false,
            ttl: None,
            key: None,
            detail: None,
        }
    }

    #[test]
    fn names() {
        for (text, expected) in [
            ("lighttpd", "lighttpd"),
            ("*", "*"),
            ("edge-1.example:80/a", "edge-1.example:80/a"),
            ("1st", "\"1st\""),
            ("my cache", "\"my cache\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("a,b;c=d", "\"a,b;c=d\""),
        ] {
            assert_eq!(name(text).to_string(), expected);
        }
        for bad in ["", "a\tb", "a\r\nb", "\u{fc}", "\x7f"] {
            assert_eq!(CacheName::new(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(CacheName::new(b"\xff"), None);
    }

    #[test]
    fn members() {
        let name = name("c");
        let hit = status(&name, Source::Hit);
        assert_eq!(hit.to_string(), "c; hit");
        let with_ttl = CacheStatus {
            ttl: Some(7),
            key: Some("/a\"b"),
            ..hit
        };
        assert_eq!(with_ttl.to_string(), r#"c; hit; ttl=7; key="/a\"b""#);
        for (forward, expected) in [
            (Forward::Bypass, "c; fwd=bypass"),
            (Forward::Method, "c; fwd=method"),
            (Forward::UriMiss, "c; fwd=uri-miss"),
            (Forward::Miss, "c; fwd=miss"),
            (Forward::Stale, "c; fwd=stale"),
        ] {
            let forwarded = status(&name, Source::Forwarded(forward));
            assert_eq!(forwarded.to_string(), expected);
        }
        let stored = CacheStatus {
            stored: true,
            ttl: Some(30),
            ..status(&name, Source::Forwarded(Forward::UriMiss))
        };
        assert_eq!(stored.to_string(), "c; fwd=uri-miss; stored; ttl=30");
        let collapsed = CacheStatus {
            collapsed: true,
            ttl: Some(30),
            ..status(&name, Source::Forwarded(Forward::UriMiss))
        };
        assert_eq!(collapsed.to_string(), "c; fwd=uri-miss; collapsed; ttl=30");
        let failed = CacheStatus {
            detail: Some("a \\ \u{fc}\n"),
            ..status(&name, Source::Forwarded(Forward::Miss))
        };
        assert_eq!(failed.to_string(), r#"c; fwd=miss; detail="a \\ ??""#);
    }

    proptest! {
        /// Whatever is put in, what comes out is one member with parameters.
        #[test]
        fn is_always_well_formed(cache in "[ -~]{1,12}", key in ".{0,12}", detail in ".{0,12}") {
            let name = name(&cache);
            let member = CacheStatus {
                ttl: Some(1),
                stored: true,
                collapsed: true,
                key: Some(&key),
                detail: Some(&detail),
                ..status(&name, Source::Hit)
            };
            let as_dictionary = format!("m={member}");
            let members = Dictionary::parse(as_dictionary.as_bytes());
            let found = members.and_then(|members| members.get("m"));
            prop_assert_eq!(found, Some(Item::Other), "{}", as_dictionary);
        }
    }
}

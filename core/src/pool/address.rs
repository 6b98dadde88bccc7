//! Addresses of servers as the configuration and scripts write them.
//!
//! Other clients hash the text of an address, not what it means: `::1` and `0::1`
//! are two names. So it is kept as it was written.

use thiserror::Error;

use super::DEFAULT_PORT;
use crate::decimal;

/// What a server is written as: `ADDRESS` or `NAME=ADDRESS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerText<'a> {
    /// Its name in the ring, if it is not that of its address.
    pub name: Option<&'a [u8]>,
    /// What stands behind the name.
    pub address: &'a [u8],
}

/// Why a text does not name a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the name before \"=\" must consist of letters, digits, dots, hyphens and underscores")]
pub struct BadName;

impl<'a> ServerText<'a> {
    /// Takes a text apart: the first `=` before any `:` or `/` ends a name.
    ///
    /// # Errors
    /// The name is empty or has other bytes than a name may have.
    pub fn parse(text: &'a [u8]) -> Result<Self, BadName> {
        let end = text.iter().position(|byte| b"=:/".contains(byte));
        let Some(end) = end.filter(|&end| text[end] == b'=') else {
            return Ok(Self {
                name: None,
                address: text,
            });
        };
        let name = &text[..end];
        let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_".contains(byte);
        if name.is_empty() || !name.iter().all(is_allowed) {
            return Err(BadName);
        }
        Ok(Self {
            name: Some(name),
            address: &text[end + 1..],
        })
    }
}

/// The parts of an address, as it was written. It need not be one that is any good;
/// what has another form is all host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written<'a> {
    /// The path of a unix socket.
    Unix(&'a [u8]),
    /// A host and a port.
    Inet {
        /// Without brackets.
        host: &'a [u8],
        /// Whether it had brackets.
        in_brackets: bool,
        port: u16,
    },
}

impl<'a> Written<'a> {
    pub(super) fn of(address: &'a [u8]) -> Self {
        if let Some(path) = address.strip_prefix(b"unix:") {
            return Self::Unix(path);
        }
        let inet = |host, in_brackets, port| Self::Inet {
            host,
            in_brackets,
            port,
        };
        if let Some((host, rest)) = address
            .strip_prefix(b"[")
            .and_then(|rest| split_at(rest, b']'))
        {
            let port = rest.strip_prefix(b":").and_then(port);
            return inet(host, true, port.unwrap_or(DEFAULT_PORT));
        }
        match split_at(address, b':') {
            // An IPv6 address without brackets has two or more, and no port.
            Some((host, rest)) if !rest.contains(&b':') => match port(rest) {
                Some(port) => inet(host, false, port),
                None => inet(address, false, DEFAULT_PORT),
            },
            _ => inet(address, false, DEFAULT_PORT),
        }
    }
}

/// The longest name that the system looks up, in bytes.
const NAME_MAX: usize = 253;

/// The name and the port of a host that has to be looked up, if an address is
/// `HOST` or `HOST:PORT`. What could be meant for an IP address is none.
#[must_use]
pub fn host_name(address: &[u8]) -> Option<(&str, u16)> {
    let (host, port) = match split_at(address, b':') {
        Some((host, rest)) => (host, port(rest)?),
        None => (address, DEFAULT_PORT),
    };
    let in_names = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.".contains(byte);
    if host.len() > NAME_MAX
        || !host.iter().all(in_names)
        || host.starts_with(b"0x")
        || host.starts_with(b"0X")
    {
        return None;
    }
    // The dot at the end of a name that is complete.
    let labels = host.strip_suffix(b".").unwrap_or(host);
    let mut last = labels.split(|&byte| byte == b'.');
    if last.clone().any(<[u8]>::is_empty) {
        return None;
    }
    let last = last.next_back()?;
    if last.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some((core::str::from_utf8(host).ok()?, port))
}

/// The host of an address, as it was written, without brackets; `None` if it is a unix
/// socket.
#[must_use]
pub fn host_of(address: &[u8]) -> Option<&str> {
    match Written::of(address) {
        Written::Unix(_) => None,
        Written::Inet { host, .. } => core::str::from_utf8(host).ok(),
    }
}

/// A port as it is meant: 0 is for the usual one.
fn port(text: &[u8]) -> Option<u16> {
    let port = decimal::parse(text)
        .ok()
        .and_then(|port| u16::try_from(port).ok())?;
    Some(if port == 0 { DEFAULT_PORT } else { port })
}

/// What is before and behind a byte.
fn split_at(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&other| other == byte)?;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(Option<&str>, &str), BadName> {
        let text = ServerText::parse(text.as_bytes())?;
        let str = |bytes| core::str::from_utf8(bytes).unwrap();
        Ok((text.name.map(str), str(text.address)))
    }

    #[test]
    fn names() {
        for (text, expected) in [
            ("10.0.0.1:1", Ok((None, "10.0.0.1:1"))),
            ("a=10.0.0.1", Ok((Some("a"), "10.0.0.1"))),
            ("a.b-c_9=[::1]:2", Ok((Some("a.b-c_9"), "[::1]:2"))),
            ("a=b=c", Ok((Some("a"), "b=c"))),
            ("a=unix:/a=b", Ok((Some("a"), "unix:/a=b"))),
            ("unix:/a=b", Ok((None, "unix:/a=b"))),
            ("/a=b", Ok((None, "/a=b"))),
            ("a=", Ok((Some("a"), ""))),
            ("", Ok((None, ""))),
            ("=10.0.0.1", Err(BadName)),
            ("a b=10.0.0.1", Err(BadName)),
            ("[::1]=10.0.0.1", Ok((None, "[::1]=10.0.0.1"))),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn host_names() {
        for (address, expected) in [
            ("localhost", Some(("localhost", 11211))),
            (
                "cache-1.example.org:11300",
                Some(("cache-1.example.org", 11300)),
            ),
            ("cache.example.org.", Some(("cache.example.org.", 11211))),
            ("7.cache", Some(("7.cache", 11211))),
            ("cache:0", Some(("cache", 11211))),
            ("cache:65535", Some(("cache", 65535))),
            ("cache:65536", None),
            ("cache:", None),
            ("cache:1:2", None),
            ("cache:+1", None),
            ("cache_1", None),
            ("cache..org", None),
            (".", None),
            ("", None),
            ("10.0.0.256", None),
            ("10.0.0.1.", None),
            ("1", None),
            ("cache.7", None),
            ("0x7f000001", None),
            ("[::1]", None),
            ("::1", None),
            ("/run/memcached", None),
            (&"x".repeat(254), None),
        ] {
            assert_eq!(host_name(address.as_bytes()), expected, "{address}");
        }
    }

    #[test]
    fn hosts() {
        for (address, expected) in [
            ("10.0.0.1:11300", Some("10.0.0.1")),
            ("[2001:DB8::1]:7", Some("2001:DB8::1")),
            ("::1", Some("::1")),
            ("cache.example.org.:7", Some("cache.example.org.")),
            ("unix:/a.sock", None),
        ] {
            assert_eq!(host_of(address.as_bytes()), expected, "{address}");
        }
    }

    #[test]
    fn parts_of_addresses() {
        let inet = |host: &'static str, in_brackets, port| Written::Inet {
            host: host.as_bytes(),
            in_brackets,
            port,
        };
        for (address, expected) in [
            ("10.0.0.1", inet("10.0.0.1", false, 11211)),
            ("10.0.0.1:11300", inet("10.0.0.1", false, 11300)),
            ("10.0.0.1:0", inet("10.0.0.1", false, 11211)),
            ("Cache:1", inet("Cache", false, 1)),
            ("[2001:DB8::1]:7", inet("2001:DB8::1", true, 7)),
            ("[::1]", inet("::1", true, 11211)),
            ("::1", inet("::1", false, 11211)),
            ("unix:/a.sock", Written::Unix(b"/a.sock")),
            ("a:b", inet("a:b", false, 11211)),
        ] {
            assert_eq!(Written::of(address.as_bytes()), expected, "{address}");
        }
    }
}

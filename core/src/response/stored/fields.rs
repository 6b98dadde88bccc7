//! Names and values of headers.

use std::collections::HashSet;

/// Headers that belong to one connection (RFC 9110 section 7.6.1), and those
/// that are made anew for each answer or are meant for one visitor.
const NEVER: [&str; 12] = [
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Content-Length",
    "Server",
    "Set-Cookie",
];

/// Whether a header is neither stored nor taken from a stored response.
pub(super) fn is_left_out(name: &[u8]) -> bool {
    NEVER
        .iter()
        .any(|never| name.eq_ignore_ascii_case(never.as_bytes()))
}

/// The headers that `Connection` names. A set, since a hostile head may name
/// thousands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hops(HashSet<Vec<u8>>);

impl Hops {
    /// Takes a value of `Connection` in.
    pub fn add(&mut self, value: &[u8]) {
        self.0.extend(list(value).map(<[u8]>::to_ascii_lowercase));
    }

    /// Whether a header is named.
    pub fn contains(&self, name: &[u8]) -> bool {
        !self.0.is_empty() && self.0.contains(&name.to_ascii_lowercase())
    }
}

/// Whether these bytes can be the name of a header (RFC 9110 section 5.1).
pub(in crate::response) fn is_token(name: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(allowed)
}

/// Whether these bytes can stand in a header's value or a reason phrase: no
/// control byte but the tab (RFC 9110 section 5.5).
pub(super) fn is_text(value: &[u8]) -> bool {
    value
        .iter()
        .all(|&byte| byte == b'\t' || (byte >= 0x20 && byte != 0x7f))
}

/// Without the spaces and tabs around it.
pub(super) fn trim(value: &[u8]) -> &[u8] {
    let value = trim_start(value);
    let end = value.iter().rposition(|&byte| !is_blank(byte));
    &value[..end.map_or(0, |last| last + 1)]
}

/// Without the spaces and tabs before it.
pub(super) fn trim_start(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|&byte| !is_blank(byte));
    &value[start.unwrap_or(value.len())..]
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The parts of a comma-separated list that are not empty.
pub(in crate::response) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|&byte| byte == b',')
        .map(trim)
        .filter(|part| !part.is_empty())
}

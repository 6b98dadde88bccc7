//! Content codings: what a request accepts and a response has (RFC 9110
//! section 12.5.3).

use super::fields::trim;
use super::list::list;

/// Those that have variants of their own; a response in any other one is not
/// stored.
const KNOWN: [&str; 4] = ["br", "deflate", "gzip", "zstd"];

/// The known codings, sorted.
pub fn known_codings() -> impl Iterator<Item = &'static str> {
    KNOWN.into_iter()
}

/// What `Accept-Encoding` says.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    named: Vec<(Vec<u8>, bool)>,
    any: Option<bool>,
}

impl Accepted {
    /// Records the value of one header line.
    pub fn observe(&mut self, value: &[u8]) {
        for (coding, wanted) in coding_weights(value) {
            let name = canonical(coding);
            if name == b"*" {
                self.any = Some(wanted);
            } else {
                self.named.push((name, wanted));
            }
        }
    }

    /// Whether a response in this coding is acceptable.
    #[must_use]
    pub fn has(&self, coding: &[u8]) -> bool {
        let coding = canonical(coding);
        let named = self.named.iter().find(|(name, _)| *name == coding);
        match (named, self.any) {
            (Some((_, wanted)), _) => *wanted,
            (None, Some(wanted)) => wanted,
            (None, None) => coding == b"identity",
        }
    }

    /// Whether it is both acceptable and known.
    #[must_use]
    pub fn has_known(&self, coding: &[u8]) -> bool {
        let name = canonical(coding);
        known_codings().any(|known| known.as_bytes() == name) && self.has(&name)
    }
}

/// The codings that the value of one `Accept-Encoding` line names, `*` among them,
/// each with whether it is wanted: its weight is above zero.
pub fn coding_weights(value: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    list(value).map(|item| {
        let mut parts = item.split(|&byte| byte == b';').map(trim);
        let coding = parts.next().unwrap_or_default();
        (coding, parts.all(is_positive))
    })
}

/// Whether two names are of one coding (RFC 9110 section 8.4.1.3).
#[must_use]
pub fn is_same_coding(one: &[u8], other: &[u8]) -> bool {
    plain_name(one).eq_ignore_ascii_case(plain_name(other))
}

/// Without the `x-` of `x-gzip`.
fn plain_name(coding: &[u8]) -> &[u8] {
    if coding.eq_ignore_ascii_case(b"x-gzip") {
        b"gzip"
    } else {
        coding
    }
}

/// In small letters, with `x-gzip` as gzip (RFC 9110 section 8.4.1.3).
fn canonical(coding: &[u8]) -> Vec<u8> {
    plain_name(coding).to_ascii_lowercase()
}

/// Whether a parameter leaves the coding acceptable: a weight above zero. To be
/// safe, anything that is no weight refuses the coding.
fn is_positive(parameter: &[u8]) -> bool {
    let Some((name, weight)) = parameter.split_at_checked(2) else {
        return parameter.is_empty();
    };
    name.eq_ignore_ascii_case(b"q=")
        && weight.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.'))
        && weight.iter().any(|byte| matches!(byte, b'1'..=b'9'))
}

//! Content codings: what a request accepts and a response has (RFC 9110
//! section 12.5.3).

use super::fields::trim;
use super::list::list;

/// The codings that the value of one `Accept-Encoding` line names, `*` among them,
/// each with whether it is wanted: its weight is above zero.
pub fn coding_weights(value: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    list(value).map(|item| {
        let mut parts = item.split(|&byte| byte == b';').map(trim);
        let coding = parts.next().unwrap_or_default();
        (coding, parts.all(is_positive))
    })
}

/// Whether two names are of one coding: case makes no difference, nor does the
/// `x-` of `x-gzip` (RFC 9110 section 8.4.1.3).
#[must_use]
pub fn is_same_coding(one: &[u8], other: &[u8]) -> bool {
    plain_name(one).eq_ignore_ascii_case(plain_name(other))
}

fn plain_name(coding: &[u8]) -> &[u8] {
    if coding.eq_ignore_ascii_case(b"x-gzip") {
        b"gzip"
    } else {
        coding
    }
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

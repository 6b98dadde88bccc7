//! Names and values of headers (RFC 9110 section 5).

/// Whether these bytes can be the name of a header (RFC 9110 section 5.1).
#[must_use]
pub fn is_token(name: &[u8]) -> bool {
    // To look at all bytes at once is quicker than to stop at the first bad one.
    let fine = |all, byte: &u8| all & OF_TOKENS[usize::from(*byte)];
    !name.is_empty() && name.iter().fold(true, fine)
}

/// Whether a header has this name, in letters of any case. Nearly all are written as they are
/// known, which is told at a glance.
#[must_use]
#[inline]
pub fn is_name(name: &[u8], known: &str) -> bool {
    name.len() == known.len()
        && (name == known.as_bytes() || name.eq_ignore_ascii_case(known.as_bytes()))
}

/// Which bytes a token can have (RFC 9110 section 5.6.2).
const OF_TOKENS: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        allowed[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"!#$%&'*+-.^_`|~";
    let mut at = 0;
    while at < others.len() {
        allowed[others[at] as usize] = true;
        at += 1;
    }
    allowed
};

/// Whether these bytes can stand in a header's value or a reason phrase: no
/// control byte except the tab (RFC 9110 section 5.5).
#[must_use]
pub fn is_text(value: &[u8]) -> bool {
    let allowed = |byte: u8| byte == b'\t' || (byte >= 0x20 && byte != 0x7f);
    value.iter().fold(true, |all, &byte| all & allowed(byte))
}

/// Without the spaces and tabs around it.
#[must_use]
pub fn trim(value: &[u8]) -> &[u8] {
    let value = trim_start(value);
    let end = value.iter().rposition(|&byte| !is_blank(byte));
    &value[..end.map_or(0, |last| last + 1)]
}

/// Without the spaces and tabs in front of it.
#[must_use]
pub fn trim_start(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|&byte| !is_blank(byte));
    &value[start.unwrap_or(value.len())..]
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

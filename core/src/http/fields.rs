//! Names and values of headers (RFC 9110 section 5).

/// Whether these bytes can be the name of a header (RFC 9110 section 5.1).
#[must_use]
pub fn is_token(name: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(allowed)
}

/// Whether these bytes can stand in a header's value or a reason phrase: no
/// control byte except the tab (RFC 9110 section 5.5).
#[must_use]
pub fn is_text(value: &[u8]) -> bool {
    value
        .iter()
        .all(|&byte| byte == b'\t' || (byte >= 0x20 && byte != 0x7f))
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

//! How parts of a key are written, and how its text is kept apart from them.

use std::borrow::Cow;

use crate::protocol::upper_digits;

/// Appends `#` and a name in small letters.
pub(super) fn append_name(key: &mut Vec<u8>, name: &[u8]) {
    key.push(b'#');
    for byte in name {
        append_byte(key, byte.to_ascii_lowercase());
    }
}

/// Appends `#` and a name, `=` and a value.
pub(super) fn append_part(key: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    append_name(key, name);
    key.push(b'=');
    append_value(key, value);
}

/// Appends a value, escaped.
pub(super) fn append_value(key: &mut Vec<u8>, value: &[u8]) {
    for &byte in value {
        append_byte(key, byte);
    }
}

/// Separates the values of several lines of one header.
pub(super) fn append_separator(key: &mut Vec<u8>) {
    key.push(b';');
}

fn append_byte(key: &mut Vec<u8>, byte: u8) {
    if byte.is_ascii_alphanumeric() || b"-._~*/:+,=".contains(&byte) {
        key.push(byte);
    } else {
        let [high, low] = upper_digits(byte);
        key.extend_from_slice(&[b'%', high, low]);
    }
}

/// Escapes the text of a pattern in which `hashes` `#` stand, if there are others
/// in it, and appends a part that says so.
pub(super) fn guard_text(key: &mut Vec<u8>, hashes: usize) {
    // Most keys have none, and are short: what searches long texts quickly takes longer to begin.
    if !key.contains(&b'#') {
        return;
    }
    let found = memchr::memchr_iter(b'#', key).count();
    if found <= hashes && !looks_guarded(key) {
        return;
    }
    let mut escaped = Vec::with_capacity(key.len() + 16);
    for &byte in key.iter() {
        match byte {
            b'#' => escaped.extend_from_slice(b"%23"),
            b'%' => escaped.extend_from_slice(b"%25"),
            _ => escaped.push(byte),
        }
    }
    escaped.extend_from_slice(b"#text");
    *key = escaped;
}

/// Whether a text that has the `#` of its pattern alone could pass for one that
/// was escaped. That takes a pattern with a `#` of its own and a visitor who
/// writes an escape before it and `text` after it.
fn looks_guarded(text: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b'#', text) else {
        return false;
    };
    let after = text[at..].strip_prefix(b"#text");
    after.is_some_and(|rest| matches!(rest.first(), None | Some(b'#')))
        && memchr::memmem::find(&text[..at], b"%23").is_some()
}

/// Whether two names are one to backends that have headers as variables, as CGI
/// does: with `_` for every byte that is no letter or digit. Most servers on the
/// way do not let such names pass for each other, but not all.
#[must_use]
pub fn is_same_variable(name: &[u8], other: &[u8]) -> bool {
    name.len() == other.len()
        && name
            .iter()
            .zip(other)
            .all(|(one, two)| variable_byte(*one) == variable_byte(*two))
}

fn variable_byte(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() {
        byte.to_ascii_uppercase()
    } else {
        b'_'
    }
}

/// The name as it is compared and written: in small letters.
pub(super) fn lower_case(name: &[u8]) -> Cow<'_, [u8]> {
    if name.iter().any(u8::is_ascii_uppercase) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

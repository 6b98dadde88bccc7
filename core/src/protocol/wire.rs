//! Elements that every line of the protocol is made of.

use super::key::Key;

/// Ends every line and every data block (protocol.txt, "Protocol").
pub(crate) const CRLF: &[u8] = b"\r\n";

/// Appends a space and a key.
pub(super) fn push_key(out: &mut Vec<u8>, key: &Key) {
    out.push(b' ');
    out.extend_from_slice(key.as_bytes());
}

/// Appends a space and a flag of a meta command: its letter and a number
/// (protocol.txt, "Meta Commands").
pub(super) fn push_flag(out: &mut Vec<u8>, letter: u8, number: impl itoa::Integer) {
    out.extend_from_slice(&[b' ', letter]);
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a space and a number in decimal digits.
pub(super) fn push_number(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.push(b' ');
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

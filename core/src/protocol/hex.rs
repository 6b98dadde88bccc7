//! Hexadecimal digits, and SHA-1 in them.

use sha1::{Digest, Sha1};

/// Hexadecimal digits of a SHA-1.
pub(crate) const SHA1_HEX_LEN: usize = 40;

/// The SHA-1 of bytes that come in parts, in lower-case hexadecimal digits.
pub(crate) fn sha1_hex<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; SHA1_HEX_LEN] {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part);
    }
    let mut hex = [0; SHA1_HEX_LEN];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(hash.finalize()) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    hex
}

/// The lower-case digit of the lower four bits.
#[allow(clippy::indexing_slicing, reason = "four bits are below 16")]
const fn digit(bits: u8) -> u8 {
    b"0123456789abcdef"[(bits & 15) as usize]
}

/// The two upper-case digits of a byte, as `%XX` has them.
pub(crate) const fn upper_digits(byte: u8) -> [u8; 2] {
    [
        digit(byte >> 4).to_ascii_uppercase(),
        digit(byte).to_ascii_uppercase(),
    ]
}

//! Keys of items.
//!
//! A key that is too long makes memcached take the data block of a `set` for
//! commands, and a space or line end in one would do the same. So there is no
//! way to make a [`Key`] that is not valid.

use core::fmt;
use core::hash::{Hash, Hasher};

use sha1::{Digest, Sha1};

use super::limits::KEY_MAX;

/// A valid key: 1 to 250 bytes, each from 0x21 to 0x7e.
#[derive(Clone)]
pub struct Key {
    len: u8,
    bytes: [u8; KEY_MAX],
}

/// Why bytes cannot be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// There are none.
    Empty,
    /// There are so many.
    TooLong(usize),
    /// One is not allowed.
    BadByte {
        /// Where it stands.
        at: usize,
        /// The byte.
        byte: u8,
    },
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a key must not be empty"),
            Self::TooLong(len) => write!(f, "a key of {len} bytes is longer than {KEY_MAX}"),
            Self::BadByte { at, byte } => {
                write!(f, "byte 0x{byte:02x} at {at} is not allowed in a key")
            }
        }
    }
}

impl std::error::Error for KeyError {}

impl Key {
    /// The key that consists of these very bytes.
    ///
    /// # Errors
    /// They are no valid key.
    pub fn new(raw: &[u8]) -> Result<Self, KeyError> {
        if raw.is_empty() {
            return Err(KeyError::Empty);
        }
        if raw.len() > KEY_MAX {
            return Err(KeyError::TooLong(raw.len()));
        }
        if let Some(at) = raw.iter().position(|byte| !(0x21..=0x7e).contains(byte)) {
            return Err(KeyError::BadByte { at, byte: raw[at] });
        }
        Ok(Self::copy(raw))
    }

    /// The key for any bytes: they themselves where they are valid, else the
    /// 40 hexadecimal digits of their SHA-1.
    #[must_use]
    pub fn hashing(raw: &[u8]) -> Self {
        Self::new(raw).unwrap_or_else(|_| Self::copy(&sha1_hex(raw)))
    }

    /// `valid` has been looked at.
    fn copy(valid: &[u8]) -> Self {
        let mut bytes = [0; KEY_MAX];
        bytes[..valid.len()].copy_from_slice(valid);
        #[expect(clippy::cast_possible_truncation, reason = "at most 250")]
        let len = valid.len() as u8;
        Self { len, bytes }
    }

    /// The bytes as they are sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// Hexadecimal digits of a SHA-1.
pub(crate) const SHA1_HEX_LEN: usize = 40;

/// The SHA-1 of bytes in hexadecimal digits.
pub(crate) fn sha1_hex(bytes: &[u8]) -> [u8; SHA1_HEX_LEN] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = [0; SHA1_HEX_LEN];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(Sha1::digest(bytes)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    hex
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths() {
        for len in [1, 249, 250] {
            let raw = vec![b'k'; len];
            assert_eq!(Key::new(&raw).unwrap().as_bytes(), raw);
            assert_eq!(Key::hashing(&raw).as_bytes(), raw);
        }
        assert_eq!(Key::new(b""), Err(KeyError::Empty));
        for len in [251, 255, 256, 10_000] {
            let raw = vec![b'k'; len];
            assert_eq!(Key::new(&raw), Err(KeyError::TooLong(len)));
            assert_eq!(Key::hashing(&raw).as_bytes().len(), 40);
        }
    }

    #[test]
    fn bytes() {
        for byte in [0x21, 0x7e] {
            assert!(Key::new(&[b'a', byte]).is_ok());
        }
        for byte in [0x00, b'\t', b'\n', b'\r', 0x20, 0x7f, 0x80, 0xff] {
            let expected = KeyError::BadByte { at: 1, byte };
            assert_eq!(Key::new(&[b'a', byte]), Err(expected));
        }
    }

    #[test]
    fn known_hashes() {
        // The first is the digest of no bytes in FIPS 180's examples.
        let empty = Key::hashing(b"");
        assert_eq!(
            empty.to_string(),
            "da39a3ee5e6b4b0d3255bfef95601890afd80709"
        );
        let space = Key::hashing(b"a b");
        assert_eq!(
            space.to_string(),
            "7dbde93504122a707f849f2c12bdd9de71b41929"
        );
    }

    proptest! {
        #[test]
        fn always_valid(raw in proptest::collection::vec(any::<u8>(), 0..300)) {
            let key = Key::hashing(&raw);
            prop_assert!(Key::new(key.as_bytes()).is_ok());
            prop_assert_eq!(Key::new(&raw).is_ok(), key.as_bytes() == raw);
        }
    }
}

//! Keys of items.
//!
//! A key that is too long makes memcached take the data block of a `set` for
//! commands, and a space or line end in one would do the same. So there is no
//! way to make a [`Key`] that is not valid.

use core::fmt;
use core::hash::{Hash, Hasher};
use std::rc::Rc;

use thiserror::Error;

use super::hex::sha1_hex;
use super::limits::KEY_MAX;

/// A valid key: 1 to 250 bytes, each from 0x21 to 0x7e (protocol.txt, "Keys").
///
/// On its way a key is kept by the lookup and by the request, and is moved from queue to
/// queue with the latter. Most are short and lie where the key does: many requests are
/// under way at once, and what they have allocated is given back in one go, which is
/// what costs most about it. A clone of a long one shares the bytes.
#[derive(Clone)]
pub struct Key(Bytes);

/// A key of up to so many bytes is short; a hash is.
const SHORT_MAX: usize = 46;

#[derive(Clone)]
enum Bytes {
    Short { len: u8, bytes: [u8; SHORT_MAX] },
    Long(Rc<[u8]>),
}

impl Bytes {
    /// A copy of these.
    fn new(raw: &[u8]) -> Self {
        let mut bytes = [0; SHORT_MAX];
        match (bytes.get_mut(..raw.len()), u8::try_from(raw.len())) {
            (Some(room), Ok(len)) => {
                room.copy_from_slice(raw);
                Self::Short { len, bytes }
            }
            _ => Self::Long(raw.into()),
        }
    }
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

/// Why bytes cannot be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The key is empty.
    #[error("a key must not be empty")]
    Empty,
    /// Its length in bytes, above [`KEY_MAX`].
    #[error("a key of {0} bytes is longer than {KEY_MAX}")]
    TooLong(usize),
    /// A byte outside 0x21 to 0x7e. The text counts its position from 1.
    #[error("byte 0x{byte:02x} at {} is not allowed in a key", .at.saturating_add(1))]
    BadByte {
        /// Its index, from 0.
        at: usize,
        /// The byte.
        byte: u8,
    },
}

impl Key {
    /// The key that consists of exactly these bytes.
    ///
    /// # Errors
    /// They are not a valid key.
    pub fn new(raw: &[u8]) -> Result<Self, KeyError> {
        check(raw)?;
        Ok(Self(Bytes::new(raw)))
    }

    /// The key for any bytes: the bytes themselves if they are valid, else the
    /// 40 hexadecimal digits of their SHA-1.
    #[must_use]
    pub fn hashing(raw: &[u8]) -> Self {
        match check(raw) {
            Ok(()) => Self(Bytes::new(raw)),
            Err(_) => Self(Bytes::new(&sha1_hex([raw]))),
        }
    }

    /// The bytes as they are sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Short { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Bytes::Long(bytes) => bytes,
        }
    }

    /// The same as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // All bytes are ASCII.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

fn check(raw: &[u8]) -> Result<(), KeyError> {
    if raw.is_empty() {
        return Err(KeyError::Empty);
    }
    if raw.len() > KEY_MAX {
        return Err(KeyError::TooLong(raw.len()));
    }
    // To look at all bytes at once is quicker than to stop at the first bad one.
    let fine = |all, byte: &u8| all & byte.is_ascii_graphic();
    if raw.iter().fold(true, fine) {
        return Ok(());
    }
    let bad = |(_, byte): &(usize, u8)| !byte.is_ascii_graphic();
    match raw.iter().copied().enumerate().find(bad) {
        Some((at, byte)) => Err(KeyError::BadByte { at, byte }),
        None => Ok(()),
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
        for len in [1, SHORT_MAX, SHORT_MAX + 1, 249, 250] {
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
    fn texts_of_errors() {
        for (raw, text) in [
            (&b""[..], "a key must not be empty"),
            (&[b'k'; 251], "a key of 251 bytes is longer than 250"),
            (b"\xffa", "byte 0xff at 1 is not allowed in a key"),
            (b"no key", "byte 0x20 at 3 is not allowed in a key"),
        ] {
            assert_eq!(Key::new(raw).unwrap_err().to_string(), text);
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

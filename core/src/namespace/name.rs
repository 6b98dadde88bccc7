//! Names of namespaces.

use std::sync::Arc;

use thiserror::Error;

use crate::protocol::Key;

/// The most bytes of a name.
const LEN_MAX: usize = 100;

/// Why bytes cannot be the name of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a name has 1 to {LEN_MAX} letters, digits, dots, hyphens and underscores")]
pub struct NameError;

/// The name of a namespace; a clone shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(
    /// The key of its count.
    Arc<[u8]>,
);

impl Name {
    /// The namespace with this name.
    ///
    /// # Errors
    /// No namespace can have it.
    pub fn new(name: &[u8]) -> Result<Self, NameError> {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_".contains(byte);
        if name.is_empty() || name.len() > LEN_MAX || !name.iter().all(is_plain) {
            return Err(NameError);
        }
        // No request has a key that begins so, unless a pattern does: a visitor cannot
        // write a `#` into a key, and in parts of keys no `:` follows a name.
        Ok(Self([b"#namespace:", name].concat().into()))
    }

    /// The key of the item that has its count.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::hashing(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["pages", "a", "A-1.b_c", &"n".repeat(100)] {
            let expected = format!("#namespace:{name}");
            let found = Name::new(name.as_bytes()).map(|name| name.key().to_string());
            assert_eq!(found, Ok(expected));
        }
        for name in [
            "",
            "a b",
            "a:b",
            "a#b",
            "a/b",
            "\u{fc}",
            "a\n",
            &"n".repeat(101),
        ] {
            assert_eq!(Name::new(name.as_bytes()), Err(NameError), "{name}");
        }
    }
}

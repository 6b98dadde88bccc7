//! What memcached wants to be told before anything else, if it was started with `-Y`.

use core::fmt;

use thiserror::Error;

/// The most bytes of a token, the blank in it counted: memcached keeps 256 of a line of
/// its file.
pub const TOKEN_MAX: usize = 255;

/// A user's name and password. It is never shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token(Box<[u8]>);

/// Why a name and a password are no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// The name has nothing in it.
    #[error("the user is empty")]
    NoUser,
    /// The password has nothing in it.
    #[error("the password is empty")]
    NoPassword,
    /// Versions of memcached differ in what a blank means.
    #[error("the user has a blank, a colon or a control character")]
    User,
    /// Likewise.
    #[error("the password has a blank or a control character")]
    Password,
    /// Together they have more than [`TOKEN_MAX`] bytes.
    #[error("user and password together are longer than 254 bytes")]
    TooLong,
}

impl Token {
    /// The token of a user.
    ///
    /// # Errors
    /// memcached could not have it, or not all versions of it.
    pub fn new(user: &[u8], password: &[u8]) -> Result<Self, TokenError> {
        let is_odd = |byte: &u8| *byte <= b' ' || *byte == 0x7f;
        if user.is_empty() {
            return Err(TokenError::NoUser);
        }
        if password.is_empty() {
            return Err(TokenError::NoPassword);
        }
        if user.iter().any(|byte| is_odd(byte) || *byte == b':') {
            return Err(TokenError::User);
        }
        if password.iter().any(is_odd) {
            return Err(TokenError::Password);
        }
        let text = [user, b" ", password].concat();
        if text.len() > TOKEN_MAX {
            return Err(TokenError::TooLong);
        }
        Ok(Self(text.into()))
    }

    pub(super) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_one() {
        for (user, password, expected) in [
            ("u", "p", Ok("u p")),
            ("user", "pass:word", Ok("user pass:word")),
            ("", "p", Err(TokenError::NoUser)),
            ("u", "", Err(TokenError::NoPassword)),
            ("u x", "p", Err(TokenError::User)),
            ("u:x", "p", Err(TokenError::User)),
            ("u\r", "p", Err(TokenError::User)),
            ("u", "p x", Err(TokenError::Password)),
            ("u", "p\n", Err(TokenError::Password)),
            ("u", "p\0", Err(TokenError::Password)),
            ("u", "\u{7f}", Err(TokenError::Password)),
        ] {
            let token = Token::new(user.as_bytes(), password.as_bytes());
            let text = token.as_ref().map(Token::as_bytes);
            assert_eq!(text, expected.as_ref().map(|text| text.as_bytes()));
            assert!(!format!("{token:?}").contains("pass"));
        }
        let longest = TOKEN_MAX - 2;
        assert!(Token::new(b"u", &vec![b'p'; longest]).is_ok());
        let longer = Token::new(b"u", &vec![b'p'; longest + 1]);
        assert_eq!(longer, Err(TokenError::TooLong));
    }
}

//! Options that say who asks memcached: a user, and a file with the password, so that
//! no configuration has it.

use std::sync::Arc;

use memcached_core::protocol::{TOKEN_MAX, Token};

use super::common::Common;
use super::error::OptionError;
use super::file::ReadFile;
use super::given::Given;

/// A password. It is never shown.
pub(super) struct Password(Vec<u8>);

/// The name of a user, or `none`.
pub(super) fn user(given: Given<'_>) -> Result<Option<Box<[u8]>>, OptionError> {
    if given.is_none() {
        return Ok(None);
    }
    given.text("none or a name").map(|name| Some(name.into()))
}

/// The first line of a file, or `none`.
pub(super) fn password_file(given: Given<'_>) -> Result<Option<Password>, OptionError> {
    // One more than a password may have, and the end of its line.
    let Some(file) = ReadFile::read(given, TOKEN_MAX as u64 + 2)? else {
        return Ok(None);
    };
    file.warn_if_open(given);
    let mut bytes = file.bytes;
    for end in [b'\n', b'\r'] {
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
    }
    Ok(Some(Password(bytes)))
}

impl Common {
    /// What memcached is told first.
    ///
    /// # Errors
    /// User or password is missing, or they are no token.
    pub(super) fn token(&self) -> Result<Option<Arc<Token>>, OptionError> {
        match (&self.user, &self.password) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(OptionError::Together("user", "password_file")),
            (None, Some(_)) => Err(OptionError::Together("password_file", "user")),
            (Some(user), Some(Password(password))) => {
                let token = Token::new(user, password).map_err(OptionError::Token)?;
                Ok(Some(Arc::new(token)))
            }
        }
    }
}

//! Options that say who asks memcached: a user, and a file with the password, so that
//! no configuration has it.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use memcached_core::protocol::{TOKEN_MAX, Token};

use super::common::Common;
use super::error::{OptionError, quoted};
use super::given::Given;
use crate::host::Level;

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
    if given.is_none() {
        return Ok(None);
    }
    let text = given.text("none or the path of a file")?;
    let refuse = |why: &dyn std::fmt::Display| OptionError::File {
        option: given.option,
        path: quoted(text),
        why: why.to_string(),
    };
    let path = Path::new(std::ffi::OsStr::from_bytes(text));
    if !path.is_absolute() {
        return Err(refuse(&"not an absolute path"));
    }
    let file = File::open(path).map_err(|error| refuse(&error))?;
    let metadata = file.metadata().map_err(|error| refuse(&error))?;
    if !metadata.is_file() {
        return Err(refuse(&"not a file"));
    }
    // One more than a password may have, and the end of its line.
    let mut bytes = Vec::with_capacity(TOKEN_MAX + 2);
    let most = TOKEN_MAX as u64 + 2;
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| refuse(&error))?;
    if metadata.permissions().mode() & 0o004 != 0 {
        let line = format!(
            "mod_memcached: {} of \"{}\" can be read by everybody; chmod o-r mends that",
            quoted(text),
            given.option
        );
        given.server.log(Level::Warning, &line);
    }
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

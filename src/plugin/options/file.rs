//! Files that options name.

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::error::{OptionError, quoted};
use super::given::Given;
use crate::host::Level;

/// A file as it was when the configuration was read.
pub(super) struct ReadFile {
    pub(super) path: Box<[u8]>,
    pub(super) bytes: Vec<u8>,
    /// Everybody can read it.
    is_open: bool,
}

impl ReadFile {
    /// The first `most` bytes of a file, or `none`.
    pub(super) fn read(given: Given<'_>, most: u64) -> Result<Option<Self>, OptionError> {
        if given.is_none() {
            return Ok(None);
        }
        let text = given.text("none or the path of a file")?;
        let refuse = |why: &dyn Display| refused(given.option, text, why);
        let path = Path::new(std::ffi::OsStr::from_bytes(text));
        if !path.is_absolute() {
            return Err(refuse(&"not an absolute path"));
        }
        let file = File::open(path).map_err(|error| refuse(&error))?;
        let metadata = file.metadata().map_err(|error| refuse(&error))?;
        if !metadata.is_file() {
            return Err(refuse(&"not a file"));
        }
        let mut bytes = Vec::new();
        file.take(most)
            .read_to_end(&mut bytes)
            .map_err(|error| refuse(&error))?;
        Ok(Some(Self {
            path: text.into(),
            bytes,
            is_open: metadata.permissions().mode() & 0o004 != 0,
        }))
    }

    /// Warns if everybody can read it, though it holds a secret.
    pub(super) fn warn_if_open(&self, given: Given<'_>) {
        if self.is_open {
            let line = format!(
                "mod_memcached: {} of \"{}\" can be read by everybody; chmod o-r mends that",
                quoted(&self.path),
                given.option
            );
            given.server.log(Level::Warning, &line);
        }
    }

    /// It is of no use.
    pub(super) fn refuse(&self, option: &'static str, why: &dyn Display) -> OptionError {
        refused(option, &self.path, why)
    }
}

fn refused(option: &'static str, path: &[u8], why: &dyn Display) -> OptionError {
    OptionError::File {
        option,
        path: quoted(path),
        why: why.to_string(),
    }
}

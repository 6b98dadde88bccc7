//! What a plugin offers for setup blocks, which are carried out once, while the configuration is
//! read.

use std::ffi::CStr;

use super::config::ConfigValue;
use super::ffi;
use super::guard::guard;
use super::handles::{Level, Server};

/// A kind of setup.
pub(crate) trait SetupKind: 'static {
    /// As it stands in the configuration.
    const NAME: &'static CStr;

    /// Carries it out, with what it is given.
    ///
    /// # Errors
    /// What is wrong with that, for the log.
    fn set(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<(), String>;
}

/// A kind of setup as the host gets to know it.
pub(crate) struct SetupEntry(ffi::mmc_setup_def);

impl SetupEntry {
    pub(super) fn definition(self) -> ffi::mmc_setup_def {
        self.0
    }
}

/// The entry of a kind of setup.
pub(crate) const fn setup_entry<S: SetupKind>() -> SetupEntry {
    SetupEntry(ffi::mmc_setup_def {
        name: S::NAME.as_ptr(),
        set: Some(set::<S>),
    })
}

unsafe extern "C" fn set<S: SetupKind>(
    server: *mut ffi::mmc_server,
    value: *mut ffi::mmc_value,
) -> bool {
    // SAFETY: the host calls with its server, which stays in this function.
    let Some(server) = (unsafe { Server::new(server) }) else {
        return false;
    };
    // SAFETY: the host keeps the value until this returns.
    let value = unsafe { ConfigValue::new(value) };
    let error = match guard("setup", || S::set(server, value)) {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => error,
        Err(panic) => format!("internal error: {panic}"),
    };
    let name = S::NAME.to_string_lossy();
    server.log(Level::Error, &format!("{name}: {error}"));
    false
}

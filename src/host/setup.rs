//! What a plugin offers to setup blocks of the configuration.

use std::ffi::CStr;
use std::marker::PhantomData;

use super::config::ConfigValue;
use super::ffi;
use super::guard::guard;
use super::handles::{Level, Server};
use super::plugin::Plugin;

/// A setup function. It is called before any worker runs.
pub(crate) trait SetupKind: 'static {
    /// Its name in the configuration.
    const NAME: &'static CStr;
    /// Whose it is.
    type Plugin: Plugin;

    /// The configuration calls it with a value.
    ///
    /// # Errors
    /// Why the value is refused.
    fn set_up(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<(), String>;
}

/// A setup function of a plugin as the host gets to know it.
pub(crate) struct SetupEntry<P: Plugin> {
    definition: ffi::mmc_setup_def,
    plugin: PhantomData<P>,
}

impl<P: Plugin> SetupEntry<P> {
    pub(super) fn definition(self) -> ffi::mmc_setup_def {
        self.definition
    }
}

/// The entry of a setup function.
pub(crate) fn setup_entry<S: SetupKind>() -> SetupEntry<S::Plugin> {
    SetupEntry {
        definition: ffi::mmc_setup_def {
            name: S::NAME.as_ptr(),
            set_up: Some(set_up::<S>),
        },
        plugin: PhantomData,
    }
}

unsafe extern "C" fn set_up<S: SetupKind>(
    server: *mut ffi::mmc_server,
    value: *mut ffi::mmc_value,
) -> bool {
    // SAFETY: the host calls with its server, which stays in this function.
    let Some(server) = (unsafe { Server::new(server) }) else {
        return false;
    };
    // SAFETY: the host keeps the value during the call.
    let value = unsafe { ConfigValue::new(value) };
    let error = match guard("set-up", || S::set_up(server, value)) {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => error,
        Err(panic) => format!("internal error: {panic}"),
    };
    let name = S::NAME.to_string_lossy();
    server.log(Level::Error, &format!("{name}: {error}"));
    false
}

//! `mod_memcached` for lighttpd2: a cache of HTTP responses in memcached.
//!
//! What decides is in `memcached_core`; here are `host`, safe handles over
//! lighttpd2, `client`, which drives connections on a worker's event loop,
//! `plugin`, the two actions, and `lua`, what scripts ask for. Each uses only
//! those before it, and the last two don't know each other.

mod client;
mod host;
mod lua;
mod plugin;

use host::ffi::{mmc_module, mmc_modules};

/// Called by the host when it has loaded the library.
///
/// # Safety
/// The host calls it, with its own `liModules` and `liModule`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mod_memcached_init(
    modules: *mut mmc_modules,
    module: *mut mmc_module,
) -> i32 {
    // SAFETY: the caller passes its own modules.
    let loaded = unsafe {
        host::init::<plugin::Memcached, lua::Scripts<plugin::Memcached>>(modules, module)
    };
    i32::from(loaded)
}

/// Called by the host before it unloads the library.
///
/// # Safety
/// The host calls it, once, after a successful `mod_memcached_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mod_memcached_free(
    modules: *mut mmc_modules,
    module: *mut mmc_module,
) -> i32 {
    // SAFETY: the caller passes its own modules.
    i32::from(unsafe { host::free(modules, module) })
}

//! A module that commits the error that `PLANTED` names. It is built and loaded
//! like the plugin, in its place: if a sanitizer sees these errors, it watches
//! both halves of the plugin too.

use std::env;
use std::ffi::{c_int, c_void};
use std::hint::black_box;

unsafe extern "C" {
    safe fn planted_overflow(past: usize) -> c_int;
    safe fn planted_undefined(one: c_int) -> c_int;
}

fn use_after_free() -> u8 {
    let block = Box::into_raw(Box::new([7_u8; 16]));
    // SAFETY: the pointer is the box's, which is dropped once.
    drop(unsafe { Box::from_raw(block) });
    let byte = black_box(block).cast::<u8>();
    // SAFETY: none, which is what a sanitizer has to say.
    unsafe { byte.read_volatile() }
}

/// What the host calls to load the module; it succeeds if the error does no
/// harm.
#[unsafe(no_mangle)]
pub extern "C" fn mod_memcached_init(_modules: *mut c_void, _module: *mut c_void) -> c_int {
    match env::var("PLANTED").as_deref() {
        Ok("use-after-free") => drop(black_box(use_after_free())),
        Ok("overflow") => drop(black_box(planted_overflow(1))),
        Ok("undefined") => drop(black_box(planted_undefined(1))),
        _ => {}
    }
    1
}

/// What the host calls to unload it. What is lost here nothing can find again,
/// as if it were lost by a request.
#[unsafe(no_mangle)]
pub extern "C" fn mod_memcached_free(_modules: *mut c_void, _module: *mut c_void) -> c_int {
    if env::var("PLANTED").as_deref() == Ok("leak") {
        black_box(Box::leak(Box::new([7_u8; 16])));
    }
    1
}

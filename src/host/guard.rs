//! Where panics end: nothing unwinds into C.
//!
//! The panic hook has written message and place to the error output by the
//! time that [`guard`] catches a panic; the log gets one line with the message.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The message of a panic that was caught.
pub(super) struct Panic(String);

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs what the host called at the entry named `point`.
///
/// # Errors
/// It panicked.
pub(super) fn guard<R>(point: &'static str, run: impl FnOnce() -> R) -> Result<R, Panic> {
    let result = catch_unwind(AssertUnwindSafe(|| {
        panic_point(point);
        run()
    }));
    result.map_err(|payload| {
        let panic = Panic(message(&*payload).to_owned());
        // A payload's own drop may panic.
        std::mem::forget(payload);
        panic
    })
}

/// Drops what may have a destructor of the plugin's, at the entry named
/// `point`. If it panics the rest of the value is leaked, and that is all.
pub(super) fn guarded_drop<T>(point: &'static str, value: T) {
    // The panic hook has written about it; there is nothing to give up.
    let _ = guard(point, || drop(value));
}

fn message(payload: &(dyn Any + Send)) -> &str {
    match payload.downcast_ref::<String>() {
        Some(text) => text,
        None => payload.downcast_ref::<&str>().unwrap_or(&"no message"),
    }
}

/// A place where a library built for the tests of this panics, if
/// `MOD_MEMCACHED_PANIC_AT` in the environment names it. Nothing elsewhere.
#[inline]
pub(crate) fn panic_point(name: &'static str) {
    #[cfg(feature = "deliberate-panic")]
    {
        let asked = std::env::var_os("MOD_MEMCACHED_PANIC_AT").is_some_and(|at| at == name);
        assert!(!asked, "deliberate panic at {name}");
    }
    let _ = name;
}

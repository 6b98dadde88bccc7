//! Where panics end: nothing unwinds into C.
//!
//! The panic hook has written message and place to the error output by the
//! time that [`guard`] catches a panic; the log gets one line with the message.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs what the host called at the entry named `point`. If it panics,
/// `on_panic` is given the message and makes the result.
pub(super) fn guard<R>(
    point: &'static str,
    on_panic: impl FnOnce(&str) -> R,
    run: impl FnOnce() -> R,
) -> R {
    let result = catch_unwind(AssertUnwindSafe(|| {
        panic_point(point);
        run()
    }));
    result.unwrap_or_else(|payload| {
        let result = on_panic(message(&*payload));
        // A payload's own drop may panic.
        std::mem::forget(payload);
        result
    })
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
pub fn panic_point(name: &'static str) {
    #[cfg(feature = "deliberate-panic")]
    {
        let asked = std::env::var_os("MOD_MEMCACHED_PANIC_AT").is_some_and(|at| at == name);
        assert!(!asked, "deliberate panic at {name}");
    }
    let _ = name;
}

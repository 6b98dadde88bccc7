//! Requests are woken from outside of their own calls.

use std::ptr::NonNull;

use super::ffi;

/// Wakes a request; does nothing once the request is gone.
pub(crate) struct Waker(pub(super) NonNull<ffi::mmc_waker>);

impl Waker {
    /// The request's action is called again, later in this pass of the loop.
    pub(crate) fn wake(&self) {
        // SAFETY: this is one reference to what the host empties when the
        // request goes; a `Waker` does not leave the worker's thread.
        unsafe { ffi::mmc_waker_wake(self.0.as_ptr()) };
    }
}

impl Clone for Waker {
    fn clone(&self) -> Self {
        // SAFETY: this is one reference, and the clone is another.
        unsafe { ffi::mmc_waker_acquire(self.0.as_ptr()) };
        Self(self.0)
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        // SAFETY: gives up the one reference that this is.
        unsafe { ffi::mmc_waker_release(self.0.as_ptr()) };
    }
}

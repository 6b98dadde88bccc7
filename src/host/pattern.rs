//! Patterns: parsed texts with placeholders, such as `%{req.path}`.

use std::ffi::CStr;
use std::ptr::NonNull;

use super::ffi::{self, slice_of};
use super::handles::Server;
use super::plugin::Plugin;
use super::request::VRequest;

/// A parsed pattern. One that is kept for longer than the plugin is loaded is
/// leaked.
pub(crate) struct Pattern(NonNull<ffi::mmc_pattern>);

// SAFETY: nothing changes a pattern between parsing and freeing, and the host
// counts what patterns share atomically.
unsafe impl Send for Pattern {}
// SAFETY: as for `Send`: the host has all its workers evaluate the same ones.
unsafe impl Sync for Pattern {}

impl Pattern {
    /// Parses a pattern; the host logs what is wrong with it, if something is.
    pub(crate) fn parse(server: Server<'_>, text: &CStr) -> Option<Self> {
        // SAFETY: the server lives while a `Server` does; `text` ends in NUL,
        // and C copies what it needs of it.
        let pattern = unsafe { ffi::mmc_pattern_new(server.ptr(), text.as_ptr()) };
        NonNull::new(pattern).map(Self)
    }

    /// Appends what it gives for a request, with the captures of the last
    /// regular expression.
    pub(crate) fn eval<P: Plugin>(&self, vr: &VRequest<'_, P>, out: &mut Vec<u8>) {
        // SAFETY: the pattern is not freed before `drop`, and the request lives
        // while a `VRequest` does.
        let bytes = unsafe { ffi::mmc_pattern_eval(self.0.as_ptr(), vr.ptr()) };
        // SAFETY: the bytes are in the worker's temporary string, which stays
        // until the host is called again, and this is done with them before.
        out.extend_from_slice(unsafe { slice_of(bytes) });
    }
}

impl Drop for Pattern {
    fn drop(&mut self) {
        // SAFETY: made in `parse`, and owned by this; C does nothing once the
        // plugin is freed.
        unsafe { ffi::mmc_pattern_free(self.0.as_ptr()) };
    }
}

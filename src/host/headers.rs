//! Headers as they lie in the host's memory.

use std::marker::PhantomData;
use std::ptr::NonNull;

use super::ffi::{self, bytes_of, slice_of};

/// Headers of a request or a response: names and values.
#[derive(Clone)]
pub(crate) struct Headers<'v> {
    /// `None` after the last one.
    request: Option<NonNull<ffi::mmc_request>>,
    response: bool,
    cursor: *mut std::ffi::c_void,
    borrow: PhantomData<&'v ()>,
}

impl Headers<'_> {
    /// Those of a request, or of its response.
    ///
    /// # Safety
    /// While this is in use the request lives, and none of its headers changes.
    pub(super) unsafe fn new(request: NonNull<ffi::mmc_request>, response: bool) -> Self {
        Self {
            request: Some(request),
            response,
            cursor: std::ptr::null_mut(),
            borrow: PhantomData,
        }
    }
}

impl<'v> Iterator for Headers<'v> {
    type Item = (&'v [u8], &'v [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let request = self.request?.as_ptr();
        let (mut name, mut value) = (bytes_of(&[]), bytes_of(&[]));
        // SAFETY: the request lives, and no header was removed since the cursor
        // was set by the call before: see `new`.
        let found = unsafe {
            ffi::mmc_request_header(
                request,
                self.response,
                &raw mut self.cursor,
                &raw mut name,
                &raw mut value,
            )
        };
        if !found {
            self.request = None;
            return None;
        }
        // SAFETY: headers stay as they are, see `new`.
        let name = unsafe { slice_of(name) };
        // SAFETY: likewise.
        let value = unsafe { slice_of(value) };
        Some((name, value))
    }
}

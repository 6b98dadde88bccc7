//! Headers as they lie in the host's memory.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::ffi::{self, bytes_of, slice_of};

/// Headers of a request or a response: names and values.
#[derive(Clone)]
pub(crate) struct Headers<'v> {
    /// The place of the next one; `None` after the last.
    next: Option<NonNull<c_void>>,
    borrow: PhantomData<&'v ()>,
}

impl Headers<'_> {
    /// Those of a request, or of its response.
    ///
    /// # Safety
    /// While this is in use the request lives, and none of its headers changes.
    pub(super) unsafe fn new(request: NonNull<ffi::mmc_request>, response: bool) -> Self {
        // SAFETY: the request lives.
        let first = unsafe { ffi::mmc_request_headers(request.as_ptr(), response) };
        Self {
            next: NonNull::new(first),
            borrow: PhantomData,
        }
    }
}

impl<'v> Iterator for Headers<'v> {
    type Item = (&'v [u8], &'v [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let place = self.next?.as_ptr();
        let (mut name, mut value) = (bytes_of(&[]), bytes_of(&[]));
        // SAFETY: the request lives, and no header was added or removed since the call
        // before gave the place: see `new`.
        let next = unsafe { ffi::mmc_header_at(place, &raw mut name, &raw mut value) };
        self.next = NonNull::new(next);
        // SAFETY: headers stay as they are, see `new`.
        let name = unsafe { slice_of(name) };
        // SAFETY: likewise.
        let value = unsafe { slice_of(value) };
        Some((name, value))
    }
}

//! A request of a client, within one call from the host.

use std::marker::PhantomData;
use std::ptr::NonNull;

use super::buffer::BufferSlice;
use super::config::Action;
use super::filter::{self, BodyFilter};
use super::plugin::PluginKind;
use super::{Level, bytes_of, ffi, slice_of};

/// How far a response has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseState {
    /// Nothing has taken the request on yet.
    NoHandler,
    /// Something has; its response headers are not there.
    Pending,
    /// The response headers are there.
    Ready,
}

/// A request that is being handled.
pub struct VRequest<'a>(NonNull<ffi::mmc_request>, PhantomData<&'a ()>);

impl VRequest<'_> {
    /// # Safety
    /// `request` is NULL or lives, on this thread, for `'a`.
    pub(super) unsafe fn new(request: *mut ffi::mmc_request) -> Option<Self> {
        NonNull::new(request).map(|request| Self(request, PhantomData))
    }

    pub(super) fn ptr(&self) -> *mut ffi::mmc_request {
        self.0.as_ptr()
    }

    /// Its method, such as `GET`.
    pub fn method(&self) -> &[u8] {
        // SAFETY: the request lives.
        let bytes = unsafe { ffi::mmc_request_method(self.ptr()) };
        // SAFETY: the method does not change after the request was read.
        unsafe { slice_of(bytes) }
    }

    /// Sets the type of its response to what the configuration gives for its
    /// path, or to another if that gives none.
    pub fn set_content_type(&self, otherwise: &[u8]) {
        // SAFETY: the request lives; the host copies the text.
        unsafe { ffi::mmc_request_set_content_type(self.ptr(), bytes_of(otherwise)) };
    }

    /// Whether something has taken it on.
    pub fn is_handled(&self) -> bool {
        // SAFETY: the request lives.
        unsafe { ffi::mmc_request_is_handled(self.ptr()) }
    }

    /// How far its response has come.
    pub fn response_state(&self) -> ResponseState {
        // SAFETY: the request lives.
        match unsafe { ffi::mmc_request_progress(self.ptr()) } {
            0 => ResponseState::NoHandler,
            1 => ResponseState::Pending,
            _ => ResponseState::Ready,
        }
    }

    /// Takes it on, to answer now; false if something else has.
    pub fn handle_direct(&self) -> bool {
        // SAFETY: the request lives.
        unsafe { ffi::mmc_request_handle_direct(self.ptr()) }
    }

    /// The status of its response.
    pub fn status(&self) -> i32 {
        // SAFETY: the request lives.
        unsafe { ffi::mmc_request_status(self.ptr()) }
    }

    /// Sets the status of its response.
    pub fn set_status(&self, status: i32) {
        // SAFETY: the request lives.
        unsafe { ffi::mmc_request_set_status(self.ptr(), status) };
    }

    /// Shows its headers; `show` must not call the host.
    pub fn request_headers(&self, show: impl FnMut(&[u8], &[u8])) {
        self.headers(false, show);
    }

    /// Shows the headers of its response; `show` must not call the host.
    pub fn response_headers(&self, show: impl FnMut(&[u8], &[u8])) {
        self.headers(true, show);
    }

    fn headers(&self, response: bool, mut show: impl FnMut(&[u8], &[u8])) {
        let mut cursor = std::ptr::null_mut();
        let (mut name, mut value) = (bytes_of(&[]), bytes_of(&[]));
        // SAFETY: the request lives and its headers do not change meanwhile.
        while unsafe {
            ffi::mmc_request_header(
                self.ptr(),
                response,
                &raw mut cursor,
                &raw mut name,
                &raw mut value,
            )
        } {
            // SAFETY: the header stays as it is while it is shown.
            let name = unsafe { slice_of(name) };
            // SAFETY: as above.
            show(name, unsafe { slice_of(value) });
        }
    }

    /// Sets a header of the response, in place of the last of that name.
    pub fn set_response_header(&self, name: &str, value: &[u8]) {
        let name = bytes_of(name.as_bytes());
        // SAFETY: the request lives; the host copies both.
        unsafe { ffi::mmc_request_set_response_header(self.ptr(), name, bytes_of(value)) };
    }

    /// Adds a header to the response, beside those of that name.
    pub fn add_response_header(&self, name: &[u8], value: &[u8]) {
        let (name, value) = (bytes_of(name), bytes_of(value));
        // SAFETY: the request lives; the host copies both.
        unsafe { ffi::mmc_request_add_response_header(self.ptr(), name, value) };
    }

    /// Removes all headers of the response that have this name.
    pub fn remove_response_header(&self, name: &[u8]) {
        // SAFETY: the request lives; the host only reads the name.
        unsafe { ffi::mmc_request_remove_response_header(self.ptr(), bytes_of(name)) };
    }

    /// Sets a variable of its environment, which patterns, logs and backends
    /// can read.
    pub fn set_environment(&self, name: &str, value: &str) {
        let (name, value) = (bytes_of(name.as_bytes()), bytes_of(value.as_bytes()));
        // SAFETY: the request lives; the host copies both.
        unsafe { ffi::mmc_request_set_environment(self.ptr(), name, value) };
    }

    /// Appends to the body of a response that [`handle_direct`](Self::handle_direct) began.
    pub fn append_body(&self, part: &BufferSlice) -> bool {
        let (buffer, offset, len) = part.parts();
        // SAFETY: all live; the host takes a reference of its own.
        unsafe { ffi::mmc_request_append_body(self.ptr(), buffer, offset, len) }
    }

    /// Runs an action next.
    pub fn enter(&self, action: &Action) {
        // SAFETY: both live.
        unsafe { ffi::mmc_request_enter(self.ptr(), action.ptr()) };
    }

    /// Writes to its log.
    pub fn log(&self, level: Level, text: &str) {
        // SAFETY: the request lives; the host copies the text.
        unsafe { ffi::mmc_request_log(self.ptr(), level as u32, bytes_of(text.as_bytes())) };
    }

    /// Whether the administrator wants to see how requests are handled.
    pub fn debug_requests(&self) -> bool {
        // SAFETY: the request lives.
        unsafe { ffi::mmc_request_debug(self.ptr()) }
    }

    /// Wakes it later. `None`, with a line in the log, on a server whose
    /// requests cannot be woken.
    pub fn waker(&self) -> Option<Waker> {
        // SAFETY: the request lives; the reference is counted.
        let waker = unsafe { ffi::mmc_request_waker(self.ptr()) };
        NonNull::new(waker).map(Waker)
    }

    /// Lets a filter see its response's body; false if that is too late.
    pub fn add_filter_out<F: BodyFilter>(&self, filter: F) -> bool {
        filter::add(self, filter)
    }

    /// The plugin's state for the worker that it is on.
    pub fn worker_state<P: PluginKind>(&self) -> Option<&P::WorkerState> {
        // SAFETY: the request lives.
        let state = unsafe { ffi::mmc_request_worker_state(self.ptr()) };
        // SAFETY: made by `start_worker` as this type; lives until the worker
        // stops, which it does not while it handles a request.
        unsafe { state.cast::<P::WorkerState>().as_ref() }
    }

    /// What the plugin remembers of it.
    pub fn state<P: PluginKind>(&self) -> Option<&P::RequestState> {
        // SAFETY: the request lives.
        let slot = unsafe { ffi::mmc_request_state(self.ptr()) };
        // SAFETY: the slot is this plugin's own.
        let state = unsafe { *slot }.cast::<P::RequestState>();
        // SAFETY: set by `set_state` as this type, freed when the request ends.
        unsafe { state.as_ref() }
    }

    /// Remembers something of it, in place of what was remembered before.
    pub fn set_state<P: PluginKind>(&self, state: Box<P::RequestState>) {
        // SAFETY: the request lives.
        let slot = unsafe { ffi::mmc_request_state(self.ptr()) };
        let new = Box::into_raw(state).cast();
        // SAFETY: the slot is this plugin's own.
        let old = unsafe { slot.replace(new) }.cast::<P::RequestState>();
        if !old.is_null() {
            // SAFETY: only `set_state` fills the slot, with such a box.
            drop(unsafe { Box::from_raw(old) });
        }
    }
}

/// Wakes a request; does nothing once the request is gone.
pub struct Waker(NonNull<ffi::mmc_waker>);

impl Waker {
    /// The request's action is called again, later in this pass of the loop.
    pub fn wake(&self) {
        // SAFETY: the reference is counted, and used on the worker's thread.
        unsafe { ffi::mmc_waker_wake(self.0.as_ptr()) };
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        // SAFETY: gives up the one reference that this is.
        unsafe { ffi::mmc_waker_release(self.0.as_ptr()) };
    }
}

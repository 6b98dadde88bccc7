//! A request of a client, within one call from the host.
//!
//! The host may call the plugin back, with the same request, from within what
//! changes a request: adding a filter can run it at once. All of that takes the
//! request as `&mut`, so nothing borrowed from it is alive meanwhile. What only
//! reads takes `&`: none of it makes the host call back or change anything.

use std::ptr::NonNull;

use super::buffer::BufferSlice;
use super::config::Action;
use super::ffi::{self, bytes_of, slice_of};
use super::guard::guarded_drop;
use super::handles::Level;
use super::headers::Headers;
use super::plugin::{Plugin, RequestPointer, WorkerPointer, WorkerState};
use super::waker::Waker;

/// What an action or filter wants of the host next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Flow {
    /// Done here.
    GoOn = ffi::MMC_FLOW_GO_ON,
    /// Call again when the request is woken.
    WaitForEvent = ffi::MMC_FLOW_WAIT_FOR_EVENT,
    /// The request ends with an internal error.
    Error = ffi::MMC_FLOW_ERROR,
}

/// How far a response has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseState {
    /// Nothing handles the request yet.
    NoHandler,
    /// Something does; its response headers are not there.
    Pending,
    /// The response headers are there.
    Ready,
}

/// A request that is being handled.
pub(crate) struct VRequest<'a, P: Plugin> {
    request: NonNull<ffi::mmc_request>,
    worker: Option<&'a WorkerState<P>>,
    caller: Caller,
    next: Option<Action>,
}

/// What is called with a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// An action.
    Action,
    /// A filter, possibly while it is being added.
    Filter,
    /// What ends an action, while the host takes actions off the stack.
    Cleanup,
}

/// Runs what the host calls with a request, or without: NULL is none. This is
/// the only place where a [`VRequest`] is made.
///
/// # Safety
/// `request` is NULL, or what the host calls with: a request that lives until
/// the call returns, on the thread of its worker. The plugin that is registered
/// is `P`.
pub(super) unsafe fn with_request<P: Plugin, R>(
    request: *mut ffi::mmc_request,
    caller: Caller,
    run: impl FnOnce(Option<&mut VRequest<'_, P>>) -> R,
) -> R {
    let Some(request) = NonNull::new(request) else {
        return run(None);
    };
    // SAFETY: the request lives, says the caller.
    let worker = unsafe { ffi::mmc_request_worker(request.as_ptr()) };
    let worker = NonNull::new(worker).map(|worker| {
        // SAFETY: C has it from `start_worker` of `P` on this thread, and gives
        // it up no sooner than `stop_worker` is called. The reference keeps it
        // for all of this call even if that happens meanwhile.
        unsafe { WorkerPointer::<P>::retain(worker.as_ptr()) }
    });
    let result = run(Some(&mut VRequest {
        request,
        worker: worker.as_deref(),
        caller,
        next: None,
    }));
    if let Some(worker) = worker {
        guarded_drop("worker-release", worker);
    }
    result
}

impl<'a, P: Plugin> VRequest<'a, P> {
    /// What may be passed to the shim: the request lives as long as this does,
    /// since `with_request` makes it for one call and its lifetime ends there.
    pub(super) fn ptr(&self) -> *mut ffi::mmc_request {
        self.request.as_ptr()
    }

    pub(super) fn caller(&self) -> Caller {
        self.caller
    }

    /// What the plugin keeps for the worker that handles the request; missing
    /// if it could not start there.
    pub(crate) fn worker(&self) -> Option<&'a P::Worker> {
        self.worker.map(|worker| &worker.state)
    }

    /// Lends room for bytes that are needed within this call alone; it is empty.
    pub(crate) fn with_scratch<R>(&self, run: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        match self.worker {
            Some(worker) => worker.scratch.lend(run),
            None => run(&mut Vec::new()),
        }
    }

    fn slot(&self) -> Option<NonNull<*mut ffi::mmc_rust_request>> {
        // SAFETY: see `ptr`.
        NonNull::new(unsafe { ffi::mmc_request_slot(self.ptr()) })
    }

    /// What the plugin remembers of the request.
    pub(crate) fn state(&self) -> Option<&P::Request> {
        // SAFETY: the slot is a part of the request, and this plugin's own.
        let state = unsafe { *self.slot()?.as_ptr() };
        let state = NonNull::new(state)?;
        // SAFETY: only `set_state` fills the slot. What it holds is replaced by
        // that, which takes `&mut self`, or given up when the request is
        // closed, which the host does in none of the calls that take `&self`.
        Some(unsafe { RequestPointer::<P>::borrow(state.as_ptr()) })
    }

    /// Remembers something of the request, in place of what was remembered
    /// before.
    pub(crate) fn set_state(&mut self, state: Box<P::Request>) {
        let Some(slot) = self.slot() else {
            // The request is about to go.
            return;
        };
        let new = RequestPointer::<P>::into_raw(state);
        // SAFETY: the slot is a part of the request, and this plugin's own.
        let old = unsafe { slot.as_ptr().replace(new) };
        if !old.is_null() {
            // SAFETY: only this fills the slot, and `old` was taken out of it; no
            // reference to it is alive, since `state` borrows this request.
            drop(unsafe { RequestPointer::<P>::from_raw(old) });
        }
    }

    /// Takes out what is remembered of the request.
    pub(crate) fn take_state(&mut self) -> Option<Box<P::Request>> {
        // SAFETY: the slot is a part of the request, and this plugin's own.
        let state = unsafe { self.slot()?.as_ptr().replace(std::ptr::null_mut()) };
        let state = NonNull::new(state)?;
        // SAFETY: only `set_state` fills the slot, and what it held is there no
        // more; no reference to it is alive, since `state` borrows this request.
        Some(unsafe { RequestPointer::<P>::from_raw(state.as_ptr()) })
    }

    /// Takes out what is remembered of the request, or something that remembers nothing.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "it is moved as it is, and its room is used again"
    )]
    pub(crate) fn take_state_or_new(&mut self) -> Box<P::Request>
    where
        P::Request: Default,
    {
        let worker = self.worker;
        let spare = || worker.and_then(|worker| worker.spare.take());
        self.take_state().or_else(spare).unwrap_or_default()
    }

    /// Its method, such as `GET`.
    pub(crate) fn method(&self) -> &[u8] {
        // SAFETY: see `ptr`.
        let bytes = unsafe { ffi::mmc_request_method(self.ptr()) };
        // SAFETY: the method is a part of the request, and does not change
        // after that was read.
        unsafe { slice_of(bytes) }
    }

    /// What it asks for.
    pub(crate) fn target(&self) -> Target<'_> {
        // SAFETY: see `ptr`.
        let target = unsafe { ffi::mmc_request_target(self.ptr()) };
        let all = [target.raw, target.original, target.current, target.path];
        // SAFETY: all are strings of the request, which the host changes only
        // between the calls that a `VRequest` lives for.
        let [raw, original, current, path] = all.map(|bytes| unsafe { slice_of(bytes) });
        Target {
            raw,
            original,
            current,
            path,
            is_secure: target.secure,
            listener_port: u16::try_from(target.port).ok(),
        }
    }

    /// Its headers.
    pub(crate) fn request_headers(&self) -> Headers<'_> {
        self.headers(false)
    }

    /// The headers of its response.
    pub(crate) fn response_headers(&self) -> Headers<'_> {
        self.headers(true)
    }

    fn headers(&self, response: bool) -> Headers<'_> {
        // SAFETY: the request lives while this does, and what is made borrows
        // this: all that changes headers takes it as `&mut`.
        unsafe { Headers::new(self.request, response) }
    }

    /// Whether something handles it.
    pub(crate) fn is_handled(&self) -> bool {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_request_is_handled(self.ptr()) }
    }

    /// How far its response has come.
    pub(crate) fn response_state(&self) -> ResponseState {
        // SAFETY: see `ptr`.
        match unsafe { ffi::mmc_request_progress(self.ptr()) } {
            ffi::MMC_PROGRESS_NO_HANDLER => ResponseState::NoHandler,
            ffi::MMC_PROGRESS_PENDING => ResponseState::Pending,
            _ => ResponseState::Ready,
        }
    }

    /// The status of its response.
    pub(crate) fn status(&self) -> i32 {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_request_status(self.ptr()) }
    }

    /// The type that the configuration gives for its path, or else another.
    pub(crate) fn type_of_path<'v>(&'v self, otherwise: &'v [u8]) -> &'v [u8] {
        // SAFETY: see `ptr`.
        let bytes = unsafe { ffi::mmc_request_type_of_path(self.ptr()) };
        // SAFETY: types are a part of the configuration, which stays as long as
        // requests use it.
        let given = unsafe { slice_of(bytes) };
        if given.is_empty() { otherwise } else { given }
    }

    /// Whether it ends because a backend failed, and not because its client left.
    pub(crate) fn has_failed(&self) -> bool {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_request_has_failed(self.ptr()) }
    }

    /// Whether regular expressions of conditions have left captures, which patterns
    /// of this request alone can use.
    pub(crate) fn has_captures(&self) -> bool {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_request_has_captures(self.ptr()) }
    }

    /// Whether it is a [`RequestCopy`](super::RequestCopy) that runs.
    pub(crate) fn is_copy(&self) -> bool {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_request_is_copy(self.ptr()) }
    }

    /// Writes to its log.
    pub(crate) fn log(&self, level: Level, text: &str) {
        // SAFETY: see `ptr`; the host copies the text.
        unsafe { ffi::mmc_request_log(self.ptr(), level as u32, bytes_of(text.as_bytes())) };
    }

    /// Whether the administrator wants to see how requests are handled.
    pub(crate) fn debug_requests(&self) -> bool {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_request_debug(self.ptr()) }
    }

    /// Wakes it later. `None`, with a line in the log, on a server whose
    /// requests cannot be woken.
    pub(crate) fn waker(&self) -> Option<Waker> {
        // SAFETY: see `ptr`; the reference is counted.
        let waker = unsafe { ffi::mmc_request_waker(self.ptr()) };
        NonNull::new(waker).map(Waker)
    }

    /// Handles it, to answer now; false if something else does.
    #[must_use]
    pub(crate) fn handle_direct(&mut self) -> bool {
        // SAFETY: see `ptr`; the host may call back.
        unsafe { ffi::mmc_request_handle_direct(self.ptr()) }
    }

    /// Sets the status of its response.
    pub(crate) fn set_status(&mut self, status: i32) {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_request_set_status(self.ptr(), status) };
    }

    /// Sets the type of its response to what the configuration gives for its
    /// path, or to another if that gives none.
    pub(crate) fn set_content_type(&mut self, otherwise: &[u8]) {
        // SAFETY: see `ptr`; the host copies the text.
        unsafe { ffi::mmc_request_set_content_type(self.ptr(), bytes_of(otherwise)) };
    }

    /// Sets a header of the response, in place of the last of that name.
    pub(crate) fn set_response_header(&mut self, name: &str, value: &[u8]) {
        let (name, value) = (bytes_of(name.as_bytes()), bytes_of(value));
        // SAFETY: see `ptr`; the host copies both.
        unsafe { ffi::mmc_request_set_response_header(self.ptr(), name, value) };
    }

    /// Adds a header to the response, beside those of that name.
    pub(crate) fn add_response_header(&mut self, name: &[u8], value: &[u8]) {
        let (name, value) = (bytes_of(name), bytes_of(value));
        // SAFETY: see `ptr`; the host copies both.
        unsafe { ffi::mmc_request_add_response_header(self.ptr(), name, value) };
    }

    /// Removes all headers of the response that have this name.
    pub(crate) fn remove_response_header(&mut self, name: &[u8]) {
        // SAFETY: see `ptr`; the host only reads the name.
        unsafe { ffi::mmc_request_remove_response_header(self.ptr(), bytes_of(name)) };
    }

    /// Adds a header to the request, beside those of that name.
    pub(crate) fn add_request_header(&mut self, name: &[u8], value: &[u8]) {
        let (name, value) = (bytes_of(name), bytes_of(value));
        // SAFETY: see `ptr`; the host copies both.
        unsafe { ffi::mmc_request_add_request_header(self.ptr(), name, value) };
    }

    /// Removes all headers of the request that have this name.
    pub(crate) fn remove_request_header(&mut self, name: &[u8]) {
        // SAFETY: see `ptr`; the host only reads the name.
        unsafe { ffi::mmc_request_remove_request_header(self.ptr(), bytes_of(name)) };
    }

    /// Sets a variable of its environment, which patterns, logs and backends
    /// can read.
    pub(crate) fn set_environment(&mut self, name: &str, value: &str) {
        let (name, value) = (bytes_of(name.as_bytes()), bytes_of(value.as_bytes()));
        // SAFETY: see `ptr`; the host copies both.
        unsafe { ffi::mmc_request_set_environment(self.ptr(), name, value) };
    }

    /// As [`set_environment`](Self::set_environment), but for a quarter of the
    /// cost if the variable is set already, and for more if not.
    pub(crate) fn change_environment(&mut self, name: &str, value: &str) {
        let (name, value) = (bytes_of(name.as_bytes()), bytes_of(value.as_bytes()));
        // SAFETY: see `ptr`; the host copies both.
        unsafe { ffi::mmc_request_change_environment(self.ptr(), name, value) };
    }

    /// Appends to the body of a response that
    /// [`handle_direct`](Self::handle_direct) began; false if there is none.
    #[must_use]
    pub(crate) fn append_body(&mut self, part: &BufferSlice) -> bool {
        let (buffer, offset, len) = part.parts();
        // SAFETY: see `ptr`; the part is within its buffer, to which the host
        // takes a reference of its own.
        unsafe { ffi::mmc_request_append_body(self.ptr(), buffer, offset, len) }
    }

    /// Runs an action once the present one has returned, in place of another
    /// that was asked for in this call. In a filter this does nothing: actions
    /// are over by then.
    pub(crate) fn enter(&mut self, action: &Action) {
        self.next = Some(action.clone());
    }

    /// What [`enter`](Self::enter) was last called with.
    pub(super) fn take_entered(&mut self) -> Option<Action> {
        self.next.take()
    }
}

/// What a request asks for.
pub(crate) struct Target<'v> {
    /// The target of the request line as the client sent it.
    pub(crate) raw: &'v [u8],
    /// Path and query of that, as they were sent.
    pub(crate) original: &'v [u8],
    /// Likewise as they are now, perhaps rewritten.
    pub(crate) current: &'v [u8],
    /// The path as it is now: decoded and simplified too.
    pub(crate) path: &'v [u8],
    /// Whether it came by https.
    pub(crate) is_secure: bool,
    /// The port that the client connected to; none on a unix socket.
    pub(crate) listener_port: Option<u16>,
}

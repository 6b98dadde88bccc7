//! The server and its workers.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::rc::Rc;

use super::ffi::{self, bytes_of};

/// How important a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Level {
    /// For whoever asked for it.
    Debug = ffi::MMC_LEVEL_DEBUG,
    /// Good to know; the lowest that the host logs unless told otherwise.
    Warning = ffi::MMC_LEVEL_WARNING,
    /// Something failed.
    Error = ffi::MMC_LEVEL_ERROR,
}

/// The server, within one call from it.
#[derive(Clone, Copy)]
pub(crate) struct Server<'a>(NonNull<ffi::mmc_server>, PhantomData<&'a ()>);

impl Server<'_> {
    /// `None` for NULL.
    ///
    /// # Safety
    /// `server` is NULL, or the server that calls, and `'a` ends with the call.
    pub(super) unsafe fn new(server: *mut ffi::mmc_server) -> Option<Self> {
        NonNull::new(server).map(|server| Self(server, PhantomData))
    }

    pub(super) fn ptr(self) -> *mut ffi::mmc_server {
        self.0.as_ptr()
    }

    /// Writes to the server's log.
    pub(crate) fn log(self, level: Level, text: &str) {
        // SAFETY: the server lives while a `Server` does, see `new`; the host
        // copies the text.
        unsafe { ffi::mmc_server_log(self.ptr(), level as u32, bytes_of(text.as_bytes())) };
    }
}

/// One worker, on its own thread; a clone is the same one. It can be kept for
/// longer than the worker works: it does nothing any more then.
#[derive(Clone)]
pub(crate) struct Worker(Rc<Cell<*mut ffi::mmc_worker>>);

impl Worker {
    /// # Safety
    /// This is the thread of `worker`, which stays as it is until
    /// [`close`](Self::close) is called.
    pub(super) unsafe fn new(worker: *mut ffi::mmc_worker) -> Self {
        Self(Rc::new(Cell::new(worker)))
    }

    /// The worker stops: nothing of it is used from now on.
    pub(super) fn close(&self) {
        self.0.set(std::ptr::null_mut());
    }

    /// NULL once it has stopped.
    pub(super) fn ptr(&self) -> *mut ffi::mmc_worker {
        self.0.get()
    }

    /// Writes to the server's log, unless the worker has stopped.
    pub(crate) fn log(&self, level: Level, text: &str) {
        let worker = self.ptr();
        if !worker.is_null() {
            // SAFETY: it has not stopped, see `new` and `close`, and a `Worker`
            // does not leave its thread; the host copies the text.
            unsafe { ffi::mmc_worker_log(worker, level as u32, bytes_of(text.as_bytes())) };
        }
    }
}

//! Copies of requests, which run an action without a client: they have the target,
//! the headers, the settings and the variables that the request had when it was
//! copied, and what they answer goes nowhere.
//!
//! C knows all copies of a worker. When that stops, those that run end, and those
//! that somebody still has are emptied.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::rc::Rc;
use std::time::Duration;

use super::config::Action;
use super::ffi;
use super::guard::guard;
use super::owned::Owned;
use super::plugin::Plugin;
use super::request::{Caller, VRequest, with_request};

/// A copy of a request of `P` that does not run yet.
pub(crate) struct RequestCopy<P: Plugin> {
    copy: NonNull<ffi::mmc_copy>,
    plugin: PhantomData<P>,
}

/// A copy that runs, or has run.
#[derive(Clone, Default)]
pub(crate) struct RunningCopy {
    /// `None` once its end was told.
    copy: Rc<Cell<Option<NonNull<ffi::mmc_copy>>>>,
}

impl RunningCopy {
    /// Whether its end was not told yet.
    pub(crate) fn is_running(&self) -> bool {
        self.copy.get().is_some()
    }

    /// Ends it soon, if it runs.
    pub(crate) fn cancel(&self) {
        if let Some(copy) = self.copy.get() {
            // SAFETY: it was started, and is freed right before its end is told, when
            // `ended` forgets it; nothing of this runs in between.
            unsafe { ffi::mmc_copy_cancel(copy.as_ptr()) };
        }
    }
}

/// How the run of a copy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CopyEnd {
    /// The status of its response; 0 if there was none, or none in time.
    pub(crate) status: i32,
    /// Whether the response came to its end.
    pub(crate) is_whole: bool,
}

/// Kept by C while a copy runs.
struct OnEnd {
    running: RunningCopy,
    told: Box<dyn FnOnce(CopyEnd)>,
}

type EndPointer = Owned<OnEnd, ffi::mmc_rust_end>;

impl<P: Plugin> VRequest<'_, P> {
    /// A copy of the request as it is now. `None` if it is a copy itself, has another
    /// method than GET, or the worker stops.
    pub(crate) fn copy(&self) -> Option<RequestCopy<P>> {
        if self.method() != b"GET" {
            return None;
        }
        // SAFETY: see `ptr`; the host is only asked to make another request.
        let copy = NonNull::new(unsafe { ffi::mmc_copy_new(self.ptr()) })?;
        let plugin = PhantomData;
        Some(RequestCopy { copy, plugin })
    }
}

impl<P: Plugin> RequestCopy<P> {
    /// Runs an action for the copy, and nothing else, for `limit` at most. `prepare`
    /// changes the copy before it runs. The end is told once the copy is gone, from no
    /// other call of the host, or at once if the copy cannot run any more.
    pub(crate) fn start(
        self,
        action: &Action,
        limit: Duration,
        prepare: impl FnOnce(&mut VRequest<'_, P>),
        on_end: impl FnOnce(CopyEnd) + 'static,
    ) -> RunningCopy {
        let running = RunningCopy::default();
        // SAFETY: made by `mmc_copy_new`, and freed by `drop` alone.
        let request = unsafe { ffi::mmc_copy_request(self.copy.as_ptr()) };
        if request.is_null() {
            on_end(CopyEnd {
                status: 0,
                is_whole: false,
            });
            return running;
        }
        let prepare = |vr: Option<&mut VRequest<'_, P>>| {
            if let Some(vr) = vr {
                prepare(vr);
                // There is no action that it could run after.
                drop(vr.take_entered());
            }
        };
        // SAFETY: the request is there until the copy is freed, and this is the
        // thread of its worker: a copy does not leave it. `P` is registered, since
        // a request of it was copied.
        unsafe { with_request(request, Caller::Action, prepare) };
        let copy = std::mem::ManuallyDrop::new(self).copy;
        running.copy.set(Some(copy));
        let end = EndPointer::into_raw(Box::new(OnEnd {
            running: running.clone(),
            told: Box::new(on_end),
        }));
        let action = action.clone().into_raw();
        // SAFETY: the copy has its request, see above; all three are given away.
        unsafe {
            ffi::mmc_copy_start(copy.as_ptr(), action, limit.as_secs_f64(), Some(ended), end);
        };
        running
    }
}

impl<P: Plugin> Drop for RequestCopy<P> {
    fn drop(&mut self) {
        // SAFETY: made by `mmc_copy_new`, and not started.
        unsafe { ffi::mmc_copy_free(self.copy.as_ptr()) };
    }
}

unsafe extern "C" fn ended(end: *mut ffi::mmc_rust_end, status: i32, is_whole: bool) {
    // SAFETY: `start` made it; C tells the end of a copy once.
    let on_end = unsafe { EndPointer::from_raw(end) };
    let OnEnd { running, told } = *on_end;
    running.copy.set(None);
    // The panic hook has written about a panic; there is nothing to give up.
    let _ = guard("copy-end", || told(CopyEnd { status, is_whole }));
}

//! Watchers on a worker's event loop.
//!
//! A callback may drop the very watcher that calls it: the entry has a
//! reference to the closure, and the C half does not touch a watcher any more
//! once it has called back. A watcher can be kept for longer than its worker
//! works, as a [`Worker`] can: it does nothing any more then.

use std::cell::Cell;
use std::ffi::c_void;
use std::time::Duration;

use super::ffi;
use super::guard::{guard, guarded_drop};
use super::handles::{Level, Worker};
use super::owned::{Counted, Lent};
use super::socket::Socket;

/// What a socket is ready for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    /// Reading; also set when there is an error to be read.
    pub(crate) readable: bool,
}

struct Callback<F: ?Sized> {
    worker: Worker,
    run: Box<F>,
}

type OnReady = Callback<dyn Fn(Ready)>;
type OnDue = Callback<dyn Fn()>;

/// Calls a callback that C was given; a panic is logged and ends here.
///
/// # Safety
/// C calls with the data of a watcher that was not freed, on the thread where
/// it was made, and the data is a `Lent` of this type.
unsafe fn call<F: ?Sized>(data: *mut c_void, run: impl FnOnce(&F)) {
    // SAFETY: the watcher that has it as `Lent` exists, as the caller says; it
    // may be dropped from here on.
    let callback = unsafe { Counted::<Callback<F>, c_void>::retain(data) };
    if let Err(panic) = guard("event", || run(&callback.run)) {
        let text = format!("mod_memcached: internal error in an event: {panic}");
        callback.worker.log(Level::Error, &text);
    }
    guarded_drop("event-drop", callback);
}

unsafe extern "C" fn io_ready(data: *mut c_void, readable: bool, _writable: bool) {
    // SAFETY: an `IoWatcher` gave it to C, with an `OnReady`.
    unsafe { call::<dyn Fn(Ready)>(data, |run| run(Ready { readable })) };
}

unsafe extern "C" fn due(data: *mut c_void) {
    // SAFETY: a `Timer` or a `Job` gave it to C, with an `OnDue`.
    unsafe { call::<dyn Fn()>(data, |run| run()) };
}

/// Watches a socket, which it owns: a descriptor must not be closed, and its
/// number given to another, while the loop watches it.
pub(crate) struct IoWatcher {
    watcher: *mut ffi::mmc_io,
    socket: Socket,
    interest: Cell<(bool, bool)>,
    _callback: Lent<OnReady, c_void>,
}

impl IoWatcher {
    /// Watches for nothing yet.
    pub(crate) fn new(worker: &Worker, socket: Socket, ready: impl Fn(Ready) + 'static) -> Self {
        let (worker, run) = (worker.clone(), Box::new(ready));
        let callback = Lent::new(OnReady { worker, run });
        let worker = callback.worker.ptr();
        // SAFETY: a worker that has not stopped, or NULL; the descriptor is
        // open, and the callback valid, until `drop` frees the watcher.
        let watcher =
            unsafe { ffi::mmc_io_new(worker, socket.fd(), Some(io_ready), callback.raw()) };
        Self {
            watcher,
            socket,
            interest: Cell::new((false, false)),
            _callback: callback,
        }
    }

    /// The socket.
    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// What to watch for; costs nothing if it stays the same.
    pub(crate) fn set_interest(&self, read: bool, write: bool) {
        if self.interest.replace((read, write)) != (read, write) {
            // SAFETY: made in `new` and not freed before `drop`; C knows
            // whether the loop still exists.
            unsafe { ffi::mmc_io_set(self.watcher, read, write) };
        }
    }
}

impl Drop for IoWatcher {
    fn drop(&mut self) {
        // SAFETY: made in `new`; the socket and the callback are dropped after.
        unsafe { ffi::mmc_io_free(self.watcher) };
    }
}

/// Fires once after a time.
pub(crate) struct Timer {
    timer: *mut ffi::mmc_timer,
    _callback: Lent<OnDue, c_void>,
}

impl Timer {
    /// Not armed yet.
    pub(crate) fn new(worker: &Worker, run: impl Fn() + 'static) -> Self {
        let (worker, run) = (worker.clone(), Box::new(run));
        let callback = Lent::new(OnDue { worker, run });
        // SAFETY: a worker that has not stopped, or NULL; the callback is valid
        // until `drop` frees the timer.
        let timer = unsafe { ffi::mmc_timer_new(callback.worker.ptr(), Some(due), callback.raw()) };
        Self {
            timer,
            _callback: callback,
        }
    }

    /// Fires after `wait`; an earlier arming is forgotten.
    pub(crate) fn arm(&self, wait: Duration) {
        // SAFETY: made in `new` and not freed before `drop`; C knows whether
        // the loop still exists.
        unsafe { ffi::mmc_timer_arm(self.timer, wait.as_secs_f64()) };
    }

    /// Does not fire.
    pub(crate) fn disarm(&self) {
        // SAFETY: as in `arm`.
        unsafe { ffi::mmc_timer_disarm(self.timer) };
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: made in `new`; the callback is dropped after.
        unsafe { ffi::mmc_timer_free(self.timer) };
    }
}

/// Work for the end of the present pass of the loop, after the host's own and
/// before the loop waits.
pub(crate) struct Job {
    job: *mut ffi::mmc_job,
    _callback: Lent<OnDue, c_void>,
}

impl Job {
    /// Not due yet.
    pub(crate) fn new(worker: &Worker, run: impl Fn() + 'static) -> Self {
        Self::made(worker, run, false)
    }

    /// Likewise; it runs after all jobs of its pass that are not such ones.
    pub(crate) fn last(worker: &Worker, run: impl Fn() + 'static) -> Self {
        Self::made(worker, run, true)
    }

    fn made(worker: &Worker, run: impl Fn() + 'static, last: bool) -> Self {
        let (worker, run) = (worker.clone(), Box::new(run));
        let callback = Lent::new(OnDue { worker, run });
        // SAFETY: a worker that has not stopped, or NULL; the callback is valid
        // until `drop` frees the job.
        let job =
            unsafe { ffi::mmc_job_new(callback.worker.ptr(), Some(due), callback.raw(), last) };
        Self {
            job,
            _callback: callback,
        }
    }

    /// Runs before the loop waits next, once however often it is called. If it
    /// has run in this pass already, it does in the next, which follows without
    /// a wait.
    pub(crate) fn later(&self) {
        // SAFETY: made in `new` and not freed before `drop`; C knows whether
        // the loop still exists.
        unsafe { ffi::mmc_job_later(self.job) };
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // SAFETY: made in `new`; the callback is dropped after.
        unsafe { ffi::mmc_job_free(self.job) };
    }
}

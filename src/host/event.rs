//! Watchers on a worker's event loop.
//!
//! A callback may drop the very watcher that calls it: the trampoline holds a
//! reference to the closure, and the C half does not touch a watcher any more
//! once it has called back.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::rc::Rc;
use std::time::Duration;

use super::plugin::Worker;
use super::socket::Socket;
use super::{Level, ffi, guard};

/// What a socket is ready for.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// Reading; also set when there is an error to be read.
    pub readable: bool,
}

struct Callback<F: ?Sized> {
    worker: Worker,
    run: Rc<F>,
}

/// Calls a callback that C was given; a panic is logged and ends here.
///
/// # Safety
/// `data` is a [`Callback`] of this type that is alive.
unsafe fn call<F: ?Sized>(data: *mut c_void, run: impl FnOnce(&F)) {
    // SAFETY: the caller vouches for it.
    let callback = unsafe { &*data.cast::<Callback<F>>() };
    let (worker, function) = (callback.worker, Rc::clone(&callback.run));
    guard(
        "event",
        |message| {
            let text = format!("mod_memcached: internal error in an event: {message}");
            worker.log(Level::Error, &text);
        },
        || run(&function),
    );
}

unsafe extern "C" fn io_ready(data: *mut c_void, readable: bool, _writable: bool) {
    // SAFETY: `data` is what `IoWatcher::new` gave.
    unsafe { call::<dyn Fn(Ready)>(data, |run| run(Ready { readable })) };
}

unsafe extern "C" fn fired(data: *mut c_void) {
    // SAFETY: `data` is what `Timer::new` or `Job::new` gave.
    unsafe { call::<dyn Fn()>(data, |run| run()) };
}

/// Watches a socket, which it owns: a descriptor must not be closed, and its
/// number given to another, while the loop watches it.
pub struct IoWatcher {
    watcher: NonNull<ffi::mmc_io>,
    socket: Socket,
    interest: std::cell::Cell<(bool, bool)>,
    _callback: Box<Callback<dyn Fn(Ready)>>,
}

fn callback<F: ?Sized>(worker: Worker, run: Rc<F>) -> (Box<Callback<F>>, *mut c_void) {
    let callback = Box::new(Callback { worker, run });
    let data = (&raw const *callback).cast_mut().cast();
    (callback, data)
}

impl IoWatcher {
    /// Watches for nothing yet.
    pub fn new(worker: Worker, socket: Socket, ready: Rc<dyn Fn(Ready)>) -> Self {
        let (callback, data) = callback(worker, ready);
        // SAFETY: worker and descriptor live; `data` lives as long as this.
        let watcher = unsafe { ffi::mmc_io_new(worker.ptr(), socket.fd(), Some(io_ready), data) };
        Self {
            watcher: NonNull::new(watcher).expect("the host's allocator never fails"),
            socket,
            interest: std::cell::Cell::new((false, false)),
            _callback: callback,
        }
    }

    /// The socket.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// What to watch for; costs nothing if it stays the same.
    pub fn set_interest(&self, read: bool, write: bool) {
        if self.interest.replace((read, write)) != (read, write) {
            // SAFETY: this owns the watcher.
            unsafe { ffi::mmc_io_set(self.watcher.as_ptr(), read, write) };
        }
    }
}

impl Drop for IoWatcher {
    fn drop(&mut self) {
        // SAFETY: this owns the watcher, and the socket is still open.
        unsafe { ffi::mmc_io_free(self.watcher.as_ptr()) };
    }
}

/// Fires once after a time.
pub struct Timer {
    timer: NonNull<ffi::mmc_timer>,
    _callback: Box<Callback<dyn Fn()>>,
}

impl Timer {
    /// Not armed yet.
    pub fn new(worker: Worker, run: Rc<dyn Fn()>) -> Self {
        let (callback, data) = callback(worker, run);
        // SAFETY: the worker lives; `data` lives as long as this.
        let timer = unsafe { ffi::mmc_timer_new(worker.ptr(), Some(fired), data) };
        Self {
            timer: NonNull::new(timer).expect("the host's allocator never fails"),
            _callback: callback,
        }
    }

    /// Fires after `wait`; an earlier arming is forgotten.
    pub fn arm(&self, wait: Duration) {
        // SAFETY: this owns the timer.
        unsafe { ffi::mmc_timer_arm(self.timer.as_ptr(), wait.as_secs_f64()) };
    }

    /// Does not fire.
    pub fn disarm(&self) {
        // SAFETY: this owns the timer.
        unsafe { ffi::mmc_timer_disarm(self.timer.as_ptr()) };
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: this owns the timer.
        unsafe { ffi::mmc_timer_free(self.timer.as_ptr()) };
    }
}

/// Work for the end of the present pass of the loop, behind the host's own and
/// before the loop waits.
pub struct Job {
    job: NonNull<ffi::mmc_job>,
    _callback: Box<Callback<dyn Fn()>>,
}

impl Job {
    /// Not due yet.
    pub fn new(worker: Worker, run: Rc<dyn Fn()>) -> Self {
        let (callback, data) = callback(worker, run);
        // SAFETY: the worker lives; `data` lives as long as this.
        let job = unsafe { ffi::mmc_job_new(worker.ptr(), Some(fired), data) };
        Self {
            job: NonNull::new(job).expect("the host's allocator never fails"),
            _callback: callback,
        }
    }

    /// Runs before the loop waits next, once however often it is called. Called
    /// by a job, which may come behind this one, it runs in the pass that
    /// follows without a wait.
    pub fn later(&self) {
        // SAFETY: this owns the job.
        unsafe { ffi::mmc_job_later(self.job.as_ptr()) };
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // SAFETY: this owns the job.
        unsafe { ffi::mmc_job_free(self.job.as_ptr()) };
    }
}

//! Drives one server's connections on the worker's event loop.
//!
//! Every entry point holds an [`Entered`] while it works. If a panic unwinds
//! through one, the driver is given up: its state may be half changed, so it
//! is thrown away, what waited fails, and later requests are refused.

mod clock;
mod outcomes;
mod requests;
mod sockets;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Instant;

use memcached_core::connection::{Lane, Limits, Outcome, Reporter, Server, Time};
use memcached_core::joining::{GroupId, Joining};

use super::lookup::Found;
use super::reading::ReadBuffers;
use crate::host::{BufferSlice, Job, Level, SockAddr, Timer, Waker, Worker, panic_point};
use sockets::Connection;

/// Who asked for what a request brings.
pub enum Asker {
    /// Those who wait for one lookup.
    Lookup(GroupId),
    /// Nobody waits for the outcome of a store.
    Store,
    /// Somebody else waits.
    Other(Box<dyn Asking>),
}

/// Whoever waits for the outcome of a request. If it is dropped without one,
/// there is none.
pub trait Asking {
    /// The outcome is there. Called while the driver works, so it must not call
    /// the driver back, nor anything that may.
    fn settle(self: Box<Self>, outcome: Outcome<BufferSlice>);
}

struct Types;

impl memcached_core::connection::Driver for Types {
    type Token = Asker;
    type Piece = BufferSlice;
    type Data = Vec<u8>;
}

/// One server, as one worker knows it.
pub struct ServerDriver {
    worker: Worker,
    address: SockAddr,
    started: Instant,
    core: RefCell<Server<Types>>,
    lookups: RefCell<Joining<Waker, Found>>,
    connections: [RefCell<Option<Rc<Connection>>>; Lane::COUNT],
    reporter: RefCell<Reporter>,
    timer: Timer,
    timer_at: Cell<Option<Time>>,
    reprieved: Cell<bool>,
    flush: Job,
    buffers: Rc<ReadBuffers>,
    given_up: Cell<bool>,
    abandoned: Cell<bool>,
    me: Weak<Self>,
}

/// Marks the driver as given up if a panic unwinds past it.
struct Entered<'a>(&'a ServerDriver);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.given_up.set(true);
            self.0.flush.later();
        }
    }
}

impl ServerDriver {
    pub(super) fn new(worker: &Worker, address: SockAddr, buffers: Rc<ReadBuffers>) -> Rc<Self> {
        Rc::new_cyclic(|me: &Weak<Self>| {
            let on_timer = me.clone();
            let on_flush = me.clone();
            Self {
                worker: worker.clone(),
                address,
                started: Instant::now(),
                core: RefCell::new(Server::new(Limits::default())),
                lookups: RefCell::default(),
                connections: Default::default(),
                reporter: RefCell::default(),
                timer: Timer::new(worker, move || with(&on_timer, ServerDriver::on_timer)),
                timer_at: Cell::new(None),
                reprieved: Cell::new(false),
                flush: Job::new(worker, move || with(&on_flush, ServerDriver::on_flush)),
                buffers,
                given_up: Cell::new(false),
                abandoned: Cell::new(false),
                me: me.clone(),
            }
        })
    }

    /// Where the server is.
    pub const fn address(&self) -> &SockAddr {
        &self.address
    }

    /// Whether a request is not done with.
    pub(super) fn is_busy(&self) -> bool {
        let core = self.core.borrow();
        Lane::ALL.iter().any(|&lane| core.load(lane).0 > 0)
    }

    pub(super) fn shutdown(&self) {
        if self.given_up.get() {
            self.abandon();
        } else {
            let _entered = Entered(self);
            self.core.borrow_mut().shutdown(self.now());
            self.follow_up();
        }
        self.timer.disarm();
    }

    /// Throws a core away that a panic may have left half changed.
    fn abandon(&self) {
        for connection in &self.connections {
            connection.take();
        }
        let broken = self.core.replace(Server::new(Limits::default()));
        drop(broken);
        for waker in self.lookups.take().into_waiting() {
            waker.wake();
        }
        self.timer.disarm();
    }

    fn on_flush(&self) {
        if self.given_up.get() {
            if self.abandoned.replace(true) {
                return;
            }
            self.abandon();
            // As below.
            self.flush.later();
            let address = &self.address;
            let text = format!("memcached {address}: not used any more after an internal error");
            self.worker.log(Level::Error, &text);
            return;
        }
        let _entered = Entered(self);
        panic_point("driver-flush");
        if self.follow_up() {
            // The host has run its jobs for this pass; who was woken now must
            // not wait until something else happens.
            self.flush.later();
        }
    }

    /// Carries out what the core wants after an input; whether somebody got an
    /// outcome.
    fn follow_up(&self) -> bool {
        let mut woken = false;
        loop {
            self.carry_out_actions();
            woken |= self.hand_out_events();
            if !Lane::ALL.iter().any(|&lane| self.write(lane)) {
                break;
            }
        }
        self.set_timer();
        woken
    }
}

/// Runs a callback on a driver that still exists.
fn with(driver: &Weak<ServerDriver>, run: impl FnOnce(&ServerDriver)) {
    if let Some(driver) = driver.upgrade() {
        run(&driver);
    }
}

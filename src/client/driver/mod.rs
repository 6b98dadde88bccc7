//! Drives the connections to one server on a worker's event loop: requests with their
//! [`Completion`](super::completion::Completion)s go in, outcomes come out. What a request
//! is for is not known here.
//!
//! Every entry point holds a [`PoisonOnPanic`] while it works. If a panic
//! unwinds through one, the state of the driver may be half changed. So the
//! driver is abandoned: what waited is lost, and later requests are refused.

mod clock;
mod events;
mod sockets;
mod submit;
mod surroundings;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use memcached_core::lookup::ServerId;
use memcached_core::pool::ServerSpec;
use memcached_core::server::{ConnectionId, Limits, Server};
use memcached_core::time::Time;

use super::completion::{Complete, Requests};
use super::epoch::Epoch;
use super::part::Part;
use crate::client::Address;
use crate::host::{Job, Ready, panic_point};
use clock::Clock;
use events::Unattended;
pub(super) use events::{ServerLog, Strangers};
use sockets::Sockets;
pub(super) use surroundings::{Owner, Surroundings};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// A panic unwound through it.
    Poisoned,
    /// All requests that it held were lost.
    Abandoned,
}

/// The driver of one server.
pub(super) struct Driver {
    id: ServerId,
    spec: ServerSpec<Address>,
    owner: Weak<dyn Owner>,
    state: Cell<State>,
    core: RefCell<Server<Requests>>,
    sockets: Sockets,
    clock: Clock,
    log: Rc<ServerLog>,
    unattended: Rc<dyn Complete>,
    flush: Job,
    /// When it last refused a command for several keys.
    refused_several: Cell<Option<Time>>,
    pub(super) counted: Part,
}

/// Poisons the driver if a panic unwinds past it.
struct PoisonOnPanic<'a> {
    driver: &'a Driver,
    /// One unwinds elsewhere, and what it drops calls the driver.
    was_panicking: bool,
}

impl<'a> PoisonOnPanic<'a> {
    fn new(driver: &'a Driver) -> Self {
        Self {
            driver,
            was_panicking: std::thread::panicking(),
        }
    }
}

impl Drop for PoisonOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.was_panicking {
            self.driver.state.set(State::Poisoned);
            self.driver.flush.later();
        }
    }
}

impl Driver {
    /// A driver without connections; they are made when they are needed. `id`
    /// names the address.
    pub(super) fn new(
        id: ServerId,
        spec: ServerSpec<Address>,
        surroundings: Surroundings,
    ) -> Rc<Self> {
        let Surroundings {
            worker,
            buffers,
            owner,
            counted,
            strangers,
        } = surroundings;
        spec.address.keep_looking_up();
        Rc::new_cyclic(|me: &Weak<Self>| {
            let epoch = Epoch::new();
            let log = Rc::new(ServerLog::new(
                worker.clone(),
                spec.address.clone(),
                epoch,
                strangers,
            ));
            let (on_ready, on_timer, on_flush) = (me.clone(), me.clone(), me.clone());
            Self {
                id,
                owner,
                state: Cell::new(State::Running),
                core: RefCell::new(Server::new(&spec.spec, Limits::default())),
                sockets: Sockets::new(
                    worker.clone(),
                    spec.address.clone(),
                    epoch,
                    buffers,
                    Rc::new(move |id, ready| {
                        with(&on_ready, |driver| driver.on_ready(id, ready));
                    }),
                ),
                clock: Clock::new(&worker, epoch, move || with(&on_timer, Self::on_timer)),
                unattended: Rc::new(Unattended(Rc::clone(&log))),
                log,
                flush: Job::new(&worker, move || with(&on_flush, Self::on_flush)),
                refused_several: Cell::default(),
                counted,
                spec,
            }
        })
    }

    /// Names the address.
    pub(super) const fn id(&self) -> ServerId {
        self.id
    }

    pub(super) const fn spec(&self) -> &ServerSpec<Address> {
        &self.spec
    }

    pub(super) fn log(&self) -> &Rc<ServerLog> {
        &self.log
    }

    /// Closes all connections; what is under way fails, and what comes later is
    /// refused.
    pub(super) fn shutdown(&self) {
        match self.state.get() {
            State::Running => {
                let _poison = PoisonOnPanic::new(self);
                self.core.borrow_mut().shutdown(self.clock.now());
                self.follow_up();
            }
            State::Poisoned => self.abandon(),
            State::Abandoned => {}
        }
        self.clock.stop();
    }

    fn abandon(&self) {
        self.state.set(State::Abandoned);
        self.sockets.close();
        self.clock.stop();
        let unused = Server::new(&self.spec.spec, Limits::default());
        let broken = self.core.replace(unused);
        self.counted.update(&broken);
        // With it go all completions, which says that their requests are lost.
        drop(broken);
        self.worked();
    }

    fn on_ready(&self, id: ConnectionId, ready: Ready) {
        if self.state.get() != State::Running {
            return;
        }
        let _poison = PoisonOnPanic::new(self);
        panic_point("driver-ready");
        self.sockets.handle_ready(id, ready, &self.core);
        self.follow_up();
    }

    fn on_timer(&self) {
        if self.state.get() != State::Running {
            return;
        }
        let _poison = PoisonOnPanic::new(self);
        panic_point("driver-timer");
        if !self.clock.has_rung() {
            return;
        }
        // The worker itself may be late: read pending replies before timing out.
        self.sockets.read_all(&self.core);
        let now = self.clock.now();
        self.core.borrow_mut().handle_timeout(now);
        self.log.write(now);
        self.follow_up();
    }

    fn on_flush(&self) {
        let completed = match self.state.get() {
            State::Running => {
                let _poison = PoisonOnPanic::new(self);
                panic_point("driver-flush");
                self.follow_up()
            }
            State::Poisoned => {
                self.abandon();
                self.log.abandoned();
                true
            }
            State::Abandoned => false,
        };
        if completed {
            // The host has run its jobs for this pass; who was woken now must
            // not wait until something else happens.
            self.flush.later();
        }
    }

    /// Carries out what the core wants after an input; whether outcomes were
    /// handed out.
    fn follow_up(&self) -> bool {
        let mut completed = false;
        loop {
            self.sockets.carry_out(&self.core);
            completed |= self.log.hand_out(
                &self.core,
                |won| self.release(won),
                |pin| self.tell(|owner| owner.connection_ended(self, pin)),
                |fault, is_down| self.counted.failed(fault, is_down),
                || {
                    self.counted.recovered();
                    self.tell(|owner| owner.came_back(self.id));
                },
            );
            if !self.sockets.write_all(&self.core) {
                break;
            }
        }
        self.counted.update(&self.core.borrow());
        self.worked();
        let due = [self.core.borrow().poll_timeout(), self.log.due_at()];
        if let Some(at) = due.into_iter().flatten().min() {
            self.clock.set(at);
        }
        completed
    }

    fn worked(&self) {
        self.tell(|owner| owner.worked());
    }

    fn tell(&self, tell: impl FnOnce(&dyn Owner)) {
        if let Some(owner) = self.owner.upgrade() {
            tell(&*owner);
        }
    }
}

/// Runs a callback on a driver that still exists.
fn with<R>(driver: &Weak<Driver>, run: impl FnOnce(&Driver) -> R) {
    if let Some(driver) = driver.upgrade() {
        run(&driver);
    }
}

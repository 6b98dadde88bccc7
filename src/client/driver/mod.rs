//! Drives the connections to one server on a worker's event loop: requests with
//! their [`Completion`]s go in, outcomes come out. What a request is for is not
//! known here.
//!
//! Every entry point holds a [`PoisonOnPanic`] while it works. If a panic
//! unwinds through one, the state of the driver may be half changed. So the
//! driver is abandoned: what waited is lost, and later requests are refused.

mod clock;
mod events;
mod sockets;
mod surroundings;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use memcached_core::lookup::ServerId;
use memcached_core::pool::ServerSpec;
use memcached_core::protocol::{Command, Lane, Pin};
use memcached_core::server::{
    ConnectionId, Failure, Limits, Outcome, Refused, RequestId, Server, Unclaimed,
};
use memcached_core::time::Time;

use super::completion::{Complete, Completion, Requests};
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

    /// Submits a request, after all that were submitted on the same lane.
    ///
    /// # Errors
    /// The server cannot be asked now; command and completion come back.
    pub(super) fn submit(
        &self,
        lane: Lane,
        command: Command<Vec<u8>>,
        timeout: Duration,
        completion: Completion,
    ) -> Result<RequestId, Refused<Requests>> {
        self.submit_by(command, completion, |core, now, command, completion| {
            core.submit_on(lane, now, command, timeout, completion)
        })
    }

    fn submit_by(
        &self,
        command: Command<Vec<u8>>,
        completion: Completion,
        submit: impl FnOnce(
            &mut Server<Requests>,
            Time,
            Command<Vec<u8>>,
            Completion,
        ) -> Result<RequestId, Refused<Requests>>,
    ) -> Result<RequestId, Refused<Requests>> {
        if self.state.get() != State::Running {
            return Err(Refused {
                command,
                token: completion,
                failure: Failure::Down,
            });
        }
        let _poison = PoisonOnPanic::new(self);
        panic_point("driver-submit");
        let now = self.clock.now();
        let mut core = self.core.borrow_mut();
        let submitted = submit(&mut core, now, command, completion);
        if submitted.is_err() {
            self.counted.update(&core);
        }
        drop(core);
        // Also where it was refused: that may have begun an attempt.
        self.flush.later();
        submitted
    }

    /// Submits a request that goes out on one connection or not at all.
    ///
    /// # Errors
    /// As with [`submit`](Self::submit); also if the connection is over.
    pub(super) fn submit_pinned(
        &self,
        pin: Pin,
        command: Command<Vec<u8>>,
        timeout: Duration,
        completion: Completion,
    ) -> Result<RequestId, Refused<Requests>> {
        self.submit_by(command, completion, |core, now, command, completion| {
            core.submit_pinned(pin, now, command, timeout, completion)
        })
    }

    /// Gives back what was won by a lookup that nobody waits for.
    pub(super) fn release(&self, unclaimed: &Unclaimed) {
        /// It does not matter when the answer comes, only that it is read.
        const TIMEOUT: Duration = Duration::from_secs(1);
        let command = unclaimed.release().into();
        let completion = self.unattended();
        // If the connection is over, nobody can give the right back; it ends with the item.
        drop(self.submit_pinned(unclaimed.marks.pin, command, TIMEOUT, completion));
    }

    /// Submits a request whose outcome always comes by way of `completion`, at once
    /// if the server cannot be asked now.
    pub(super) fn submit_or_fail(
        &self,
        lane: Lane,
        command: Command<Vec<u8>>,
        timeout: Duration,
        completion: Completion,
    ) {
        if let Err(refused) = self.submit(lane, command, timeout, completion) {
            refused.token.complete(Outcome::Failed(refused.failure));
        }
    }

    /// As [`submit_or_fail`](Self::submit_or_fail), on one connection or not at all.
    pub(super) fn submit_pinned_or_fail(
        &self,
        pin: Pin,
        command: Command<Vec<u8>>,
        timeout: Duration,
        completion: Completion,
    ) {
        if let Err(refused) = self.submit_pinned(pin, command, timeout, completion) {
            refused.token.complete(Outcome::Failed(refused.failure));
        }
    }

    /// What completes a request for whose outcome nobody waits.
    pub(super) fn unattended(&self) -> Completion {
        Completion::new(Rc::clone(&self.unattended))
    }

    /// Gives a request up that nobody wants any more.
    pub(super) fn cancel(&self, id: RequestId) {
        if self.state.get() != State::Running {
            return;
        }
        let _poison = PoisonOnPanic::new(self);
        let completion = self.core.borrow_mut().cancel(id);
        drop(completion);
    }

    /// Whether a request is under way.
    pub(super) fn is_busy(&self) -> bool {
        let core = self.core.borrow();
        Lane::ALL.iter().any(|&lane| core.load(lane).0 > 0)
    }

    /// Whether there is no use in asking it now: it is down, and this is not the time
    /// to try it.
    pub(super) fn refuses(&self) -> bool {
        let is_running = self.state.get() == State::Running;
        !is_running || self.core.borrow().refuses(self.clock.now())
    }

    /// It has refused a command for several keys, which it may have taken one by one.
    pub(super) fn has_refused_several(&self) {
        self.refused_several.set(Some(self.clock.now()));
    }

    /// Whether keys are better asked for one by one.
    pub(super) fn refuses_several(&self) -> bool {
        /// One of the servers behind a proxy that is down stays so for a while.
        const LASTS: Duration = Duration::from_secs(10);
        let at = self.refused_several.get();
        at.is_some_and(|at| self.clock.now().since(at) < LASTS)
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

//! Who makes a page and who waits for it: what the core decides about that, carried
//! out.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::task::Poll;
use std::time::Duration;

use memcached_core::lookup::lease::{
    self, Answer, Ask, Awaited, End, Kind, NewItem, Op, OpId, Run, Stats, Visit,
};
use memcached_core::lookup::near::Reading;
use memcached_core::lookup::{DriverId, ServerId};
use memcached_core::protocol::{Key, Pin, Value};
use memcached_core::server::{Failure, Outcome};
use memcached_core::time::Time;

use super::completion::{Complete, Completion};
use super::driver::ServerLog;
use super::drivers::Drivers;
use super::lookups::Lookups;
use super::stores::{log_dropped, log_refusal};
use crate::host::{BufferSlice, Timer, Waker, Worker};

/// A request on its way to its answer. Dropping it gives the request up.
pub(crate) struct VisitHandle {
    leases: Rc<Leases>,
    visit: RefCell<Option<Visit<Waker, BufferSlice>>>,
}

impl VisitHandle {
    /// The answer, once. `kind` tells what a value is.
    pub(crate) fn poll(
        &self,
        kind: &dyn Fn(&Value<BufferSlice>) -> Kind,
    ) -> Poll<Answer<BufferSlice>> {
        let mut visit = self.visit.borrow_mut();
        let Some(visit) = visit.as_mut() else {
            return Poll::Pending;
        };
        let leases = &self.leases;
        let answer = leases.core.borrow_mut().poll(
            leases.now(),
            &mut leases.lookups.core.borrow_mut(),
            visit,
            kind,
        );
        leases.carry_out();
        answer
    }
}

impl VisitHandle {
    /// When the page was asked for that it has found.
    pub(crate) fn reading(&self) -> Option<Reading> {
        self.visit.borrow().as_ref().and_then(Visit::reading)
    }

    /// Whether it has waited for another to make its page.
    pub(crate) fn awaited(&self) -> Option<Awaited> {
        self.visit.borrow().as_ref().and_then(Visit::awaited)
    }
}

impl Drop for VisitHandle {
    fn drop(&mut self) {
        let Some(visit) = self.visit.take() else {
            return;
        };
        let leases = &self.leases;
        let unwanted = leases.core.borrow_mut().leave(
            leases.now(),
            &mut leases.lookups.core.borrow_mut(),
            visit,
        );
        if let Some(unwanted) = unwanted {
            leases.lookups.cancel(unwanted);
        }
        leases.carry_out();
    }
}

/// Why a page that a run has made is not handed over to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotHandedOver {
    /// The run has ended already.
    Ended,
    /// The right is lost: somebody else may have it.
    Lost,
    /// The server cannot be asked now, or too much waits for it already.
    Failed(Failure),
}

/// The right to make a page. A clone is the same one; once it is used, or all of
/// them are dropped, others may have it.
#[derive(Clone)]
pub(crate) struct RunHandle(Rc<Held>);

type Successor = Box<dyn FnOnce(RunHandle)>;
type OnEnd = Box<dyn FnOnce(Ended)>;

/// What a run was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// A page was made that is stored, or was handed over to be.
    Stored,
    /// There was nothing to store.
    Unstored(End),
}

struct Held {
    leases: Rc<Leases>,
    run: Cell<Option<Run>>,
    ended: Cell<Option<Ended>>,
    on_end: Cell<Option<OnEnd>>,
    /// What goes on with the run if all who have it go away.
    successor: Cell<Option<Successor>>,
}

impl RunHandle {
    /// The page, to be stored unless somebody purged or replaced it meanwhile.
    ///
    /// # Errors
    /// That is known already, the run has ended, or the server cannot be asked now.
    pub(crate) fn store(&self, item: NewItem) -> Result<(), NotHandedOver> {
        let run = self.0.run.take().ok_or(NotHandedOver::Ended)?;
        let handed_over = self.0.leases.store(run, item);
        self.0.used(match handed_over {
            Ok(()) => Ended::Stored,
            Err(_) => Ended::Unstored(End::NotStorable),
        });
        handed_over
    }

    /// There is nothing to store. Does nothing if the run has ended already.
    pub(crate) fn end(&self, end: End) {
        if let Some(run) = self.0.run.take() {
            self.0.leases.end(run, end);
            self.0.used(Ended::Unstored(end));
        }
    }

    /// The driver of the server that it is of, until it has ended.
    pub(super) fn driver(&self) -> Option<DriverId> {
        let run = self.0.run.take()?;
        let driver = self.0.leases.core.borrow().driver_of(&run);
        self.0.run.set(Some(run));
        driver
    }

    /// What it was used for, if it was.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.0.ended.get()
    }

    /// Is called once it was used.
    pub(crate) fn on_end(&self, call: impl FnOnce(Ended) + 'static) {
        self.0.on_end.set(Some(Box::new(call)));
    }

    /// Who goes on with it if all who have it go away without an end.
    pub(crate) fn set_successor(&self, successor: impl FnOnce(RunHandle) + 'static) {
        self.0.successor.set(Some(Box::new(successor)));
    }
}

impl Held {
    fn used(&self, how: Ended) {
        self.ended.set(Some(how));
        // What it keeps is a whole request.
        drop(self.successor.take());
        if let Some(call) = self.on_end.take() {
            call(how);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(run) = self.run.take() else {
            return;
        };
        match self.successor.take() {
            Some(successor) => successor(self.leases.handle(run)),
            None => self.leases.end(run, End::Abandoned),
        }
    }
}

/// The leases of one worker.
pub(super) struct Leases {
    core: RefCell<lease::Leases<Waker>>,
    lookups: Rc<Lookups>,
    drivers: Rc<Drivers>,
    timer: Timer,
    /// Why the last store of a page was dropped that could not be submitted.
    dropped: Cell<Option<Failure>>,
    me: Weak<Self>,
}

impl Leases {
    pub(super) fn new(worker: &Worker, drivers: Rc<Drivers>, lookups: Rc<Lookups>) -> Rc<Self> {
        Rc::new_cyclic(|me: &Weak<Self>| {
            let on_timer = me.clone();
            let timer = Timer::new(worker, move || {
                if let Some(leases) = on_timer.upgrade() {
                    let now = leases.now();
                    leases.core.borrow_mut().handle_timeout(now);
                    leases.carry_out();
                }
            });
            Self {
                core: RefCell::new(lease::Leases::among(drivers.neighbours().clone())),
                lookups,
                drivers,
                timer,
                dropped: Cell::default(),
                me: me.clone(),
            }
        })
    }

    /// The time by which answers say until when something holds.
    pub(super) fn now(&self) -> Time {
        self.lookups.now()
    }

    /// Begins a request; [poll](VisitHandle::poll) it at once.
    pub(super) fn begin(self: &Rc<Self>, ask: Ask, waker: Waker) -> VisitHandle {
        let now = self.now();
        let visit = self.core.borrow_mut().begin(now, ask, waker);
        VisitHandle {
            leases: Rc::clone(self),
            visit: RefCell::new(Some(visit)),
        }
    }

    /// What the run of an answer is held by.
    pub(super) fn handle(self: &Rc<Self>, run: Run) -> RunHandle {
        RunHandle(Rc::new(Held {
            leases: Rc::clone(self),
            run: Cell::new(Some(run)),
            ended: Cell::default(),
            on_end: Cell::default(),
            successor: Cell::default(),
        }))
    }

    fn end(&self, run: Run, end: End) {
        self.core.borrow_mut().end(self.now(), run, end);
        self.carry_out();
    }

    /// Has a page stored that a run has made.
    fn store(&self, run: Run, item: NewItem) -> Result<(), NotHandedOver> {
        // The next store that is sent will be this one.
        self.carry_out();
        self.dropped.take();
        let mut core = self.core.borrow_mut();
        let is_lost = core.is_lost(&run);
        core.store(self.now(), run, item);
        drop(core);
        self.carry_out();
        match self.dropped.take() {
            _ if is_lost => Err(NotHandedOver::Lost),
            Some(failure) => Err(NotHandedOver::Failed(failure)),
            None => Ok(()),
        }
    }

    /// The worker is about to change an item otherwise, or has done so: no lookup is
    /// joined to one from before, and whoever waits looks who makes the page now.
    pub(super) fn changed(&self, server: ServerId, key: &Key) {
        self.lookups.changed(server, key);
        self.core.borrow_mut().changed(self.now(), server, key);
    }

    /// A connection is over, and what depends on versions that were read there.
    pub(super) fn connection_lost(&self, driver: DriverId, pin: Pin) {
        let now = self.now();
        self.core.borrow_mut().connection_lost(now, driver, pin);
    }

    /// A server answers again that was down.
    pub(super) fn server_came_back(&self, server: ServerId) {
        self.core.borrow_mut().server_came_back(server);
    }

    /// What was counted.
    pub(super) fn stats(&self) -> Stats {
        *self.core.borrow().stats()
    }

    /// Does what the core wants now. It may be called from within itself: a request
    /// that is refused is complete at once.
    pub(super) fn carry_out(&self) {
        loop {
            self.lookups.submit_all();
            let op = self
                .core
                .borrow_mut()
                .poll_op(&mut self.lookups.core.borrow_mut());
            match op {
                Some(op) => self.send(op),
                None => break,
            }
        }
        self.lookups.hand_out();
        let mut core = self.core.borrow_mut();
        // To wake a request cannot come back here.
        while let Some(waker) = core.poll_wake() {
            waker.wake();
        }
        match core.poll_timeout() {
            Some(at) => {
                // Not before it: what is due is compared with a clock that may be
                // behind that of the loop.
                let wait = at.since(self.now()) + Duration::from_millis(1);
                self.timer.arm(wait);
            }
            None => self.timer.disarm(),
        }
    }

    fn send(&self, op: Op) {
        let Some(leases) = self.me.upgrade() else {
            return;
        };
        let driver = self.drivers.of_target(op.driver);
        let completion = Completion::new(Rc::new(Sent {
            leases,
            id: op.id,
            store_log: op.is_store.then(|| Rc::clone(driver.log())),
        }));
        let submitted = if let Some(pin) = op.pin {
            driver.submit_pinned(pin, op.command, op.timeout, completion)
        } else {
            let lane = op.command.lane();
            driver.submit(lane, op.command, op.timeout, completion)
        };
        if let Err(refused) = submitted {
            if op.is_store {
                log_dropped(driver.log(), refused.failure);
                self.dropped.set(Some(refused.failure));
            }
            refused.token.complete(Outcome::Failed(refused.failure));
        }
    }
}

/// Completes an operation.
struct Sent {
    leases: Rc<Leases>,
    id: OpId,
    /// Of the server that is to store a page, if it is that.
    store_log: Option<Rc<ServerLog>>,
}

impl Complete for Sent {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        let leases = &self.leases;
        if let Some(log) = &self.store_log {
            log_refusal(log, &outcome);
        }
        leases.core.borrow_mut().handle_op(
            leases.now(),
            &mut leases.lookups.core.borrow_mut(),
            self.id,
            &outcome,
        );
    }
}

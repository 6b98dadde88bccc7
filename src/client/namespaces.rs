//! The namespaces of a worker: what the core decides about them, carried out.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use memcached_core::lookup::ServerId;
use memcached_core::namespace::{
    self, Asker, Bump, Count, Name, Op, OpKind, ReadingId, Source, Unreadable, Visit,
};
use memcached_core::pool::Pool;
use memcached_core::protocol::{Command, Key, Lane, Reply, Retrieve, Status, Store, StoreMode};
use memcached_core::server::Outcome;

use super::address::Address;
use super::completion::{Complete, Completion};
use super::driver::{Driver, ServerLog};
use super::drivers::Drivers;
use super::epoch::Epoch;
use super::time_of_day::unix_now_ms;
use crate::host::BufferSlice;

/// No number is longer, in bytes.
const COUNT_MAX: u64 = 20;

/// Called, from outside the core, when a count may be there.
pub(super) type Wake = Box<dyn FnOnce()>;

/// The namespaces of one worker.
pub(super) struct Namespaces {
    core: RefCell<namespace::Namespaces<Wake>>,
    drivers: Rc<Drivers>,
    epoch: Epoch,
    random: RandomState,
    made: Cell<u64>,
}

impl Namespaces {
    pub(super) fn new(drivers: Rc<Drivers>) -> Self {
        Self {
            core: RefCell::new(namespace::Namespaces::among(drivers.neighbours().clone())),
            drivers,
            epoch: Epoch::new(),
            random: RandomState::new(),
            made: Cell::new(0),
        }
    }

    /// Where the count of a namespace of a pool is, and how long an answer may take.
    fn source(&self, pool: &Arc<Pool<Address>>, name: &Name, timeout: Duration) -> Source {
        // A number from another server than its own would bring items back once that
        // works again.
        let (server, driver) = self.drivers.home(pool, &name.key());
        Source {
            server,
            driver,
            timeout,
        }
    }

    /// Somebody who needs the count, which may be remembered.
    pub(super) fn visit(&self, pool: &Arc<Pool<Address>>, name: &Name, timeout: Duration) -> Visit {
        let source = self.source(pool, name, timeout);
        Visit::new(self.epoch.now(), source, name.clone())
    }

    /// Somebody who needs the count as it is from now on.
    pub(super) fn visit_anew(
        &self,
        pool: &Arc<Pool<Address>>,
        name: &Name,
        timeout: Duration,
    ) -> Visit {
        let source = self.source(pool, name, timeout);
        Visit::anew(self.epoch.now(), source, name.clone())
    }

    /// The count, if it is there; if not, what `wake` gives is called when this is to
    /// be called again.
    pub(super) fn poll(
        self: &Rc<Self>,
        visit: &mut Visit,
        wake: impl Fn() -> Wake,
    ) -> Poll<Result<Count, Unreadable>> {
        let ask = || Asker {
            waker: wake(),
            fresh: self.fresh(),
        };
        let now = self.epoch.now();
        let found = self.core.borrow_mut().poll(now, visit, ask);
        if found.is_ready() || !self.carry_out() {
            return found;
        }
        // It may be known at once that it cannot be read.
        self.core.borrow_mut().poll(now, visit, ask)
    }

    /// A new count is about to be set, by this command. The guard has to be given the
    /// outcome.
    pub(super) fn begin_bump(
        self: &Rc<Self>,
        server: ServerId,
        name: &Name,
    ) -> (BumpGuard, Store<Vec<u8>>) {
        let count = self.fresh();
        let now = self.epoch.now();
        let mut core = self.core.borrow_mut();
        let bump = core.begin_bump(now, server, name.clone(), count);
        let guard = BumpGuard {
            namespaces: Rc::clone(self),
            bump: Some(bump),
        };
        (guard, store(StoreMode::SetOnce, name.key(), count))
    }

    fn fresh(&self) -> Count {
        let made = self.made.get();
        self.made.set(made.wrapping_add(1));
        Count::new(unix_now_ms(), self.random.hash_one(made))
    }

    /// Sends what is due; whether there was anything.
    fn carry_out(self: &Rc<Self>) -> bool {
        let mut any = false;
        loop {
            let op = self.core.borrow_mut().poll_op();
            let Some(op) = op else {
                return any;
            };
            any = true;
            self.send(op);
        }
    }

    fn send(self: &Rc<Self>, op: Op) {
        let driver = self.drivers.of_target(op.source.driver);
        let key = op.name().key();
        let (lane, command) = match op.kind {
            OpKind::Get => {
                let get = Retrieve::one(key.clone()).up_to(COUNT_MAX);
                (Lane::Lookup, Command::from(get))
            }
            OpKind::Add(count) => {
                let add = store(StoreMode::Add, key.clone(), count);
                (Lane::Store, Command::Store(add))
            }
        };
        let completion = Completion::new(Rc::new(Reading {
            namespaces: Rc::clone(self),
            log: Rc::clone(driver.log()),
            key,
            id: op.reading,
        }));
        driver.submit_or_fail(lane, command, op.source.timeout, completion);
    }

    /// Goes on where something was answered.
    pub(super) fn hand_out(self: &Rc<Self>) {
        loop {
            self.carry_out();
            let wake = self.core.borrow_mut().poll_wake();
            match wake {
                Some(wake) => wake(),
                None => return,
            }
        }
    }
}

fn store(mode: StoreMode, key: Key, count: Count) -> Store<Vec<u8>> {
    Store {
        mode,
        key,
        flags: 0,
        exptime: 0,
        data: count.to_string().into_bytes(),
    }
}

/// A count that is being set; if it is dropped, it is not known whether it was.
pub(super) struct BumpGuard {
    namespaces: Rc<Namespaces>,
    bump: Option<Bump>,
}

impl BumpGuard {
    /// What came of the command.
    pub(super) fn end(mut self, outcome: &Outcome<BufferSlice>) {
        let is_set = matches!(outcome, Outcome::Reply(Reply::Status(Status::Stored)));
        self.finish(is_set);
    }

    fn finish(&mut self, is_set: bool) {
        if let Some(bump) = self.bump.take() {
            self.namespaces.core.borrow_mut().end_bump(bump, is_set);
        }
    }
}

impl Drop for BumpGuard {
    fn drop(&mut self) {
        self.finish(false);
    }
}

/// Submits a bump, whose outcome goes to `completion` too.
pub(super) fn submit_bump(
    namespaces: &Rc<Namespaces>,
    driver: &Rc<Driver>,
    lane: Lane,
    name: &Name,
    timeout: Duration,
    completion: Completion,
) {
    let (guard, store) = namespaces.begin_bump(driver.id(), name);
    let both = Completion::new(Rc::new(Bumping {
        parts: Cell::new(Some((guard, completion))),
    }));
    driver.submit_or_fail(lane, Command::Store(store), timeout, both);
}

/// Completes the command that sets a count.
struct Bumping {
    parts: Cell<Option<(BumpGuard, Completion)>>,
}

impl Complete for Bumping {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        if let Some((guard, completion)) = self.parts.take() {
            guard.end(&outcome);
            completion.complete(outcome);
        }
    }
}

/// Completes a command that reads a count.
struct Reading {
    namespaces: Rc<Namespaces>,
    log: Rc<ServerLog>,
    key: Key,
    id: ReadingId,
}

impl Complete for Reading {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        let now = self.namespaces.epoch.now();
        let mut core = self.namespaces.core.borrow_mut();
        let unreadable = core.handle_outcome(now, self.id.clone(), outcome);
        drop(core);
        // What the server itself has to do with is logged already.
        if let Some(why) = unreadable.filter(|why| !matches!(why, Unreadable::Failed(_))) {
            self.log.trouble(|| format!("{}: {why}", self.key));
        }
    }
}

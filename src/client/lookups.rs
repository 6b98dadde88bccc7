//! The lookups of a worker: what the core decides about them, carried out.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use memcached_core::lookup::near::{self, Reading};
use memcached_core::lookup::{
    self, Asks, Begin, Cancel, Flight, LookupResult, Stats, Target, Waiter,
};
use memcached_core::pool::Pool;
use memcached_core::protocol::{Key, Lane};
use memcached_core::server::{Failure, Outcome};
use memcached_core::time::Time;

use super::address::Address;
use super::completion::{Complete, Completion};
use super::drivers::Drivers;
use super::epoch::Epoch;
use crate::host::{BufferSlice, Waker};

/// A lookup that was begun.
pub(crate) enum Lookup {
    /// The result is there already.
    Ready(LookupResult<BufferSlice>),
    /// The request will be woken when the result is there.
    Pending(LookupHandle),
}

/// The caller's end of a lookup. Dropping it cancels the lookup, unless others
/// wait for the same result.
pub(crate) struct LookupHandle {
    lookups: Rc<Lookups>,
    /// Taken when the handle is dropped.
    waiter: Option<Waiter<Waker, BufferSlice>>,
}

impl LookupHandle {
    /// When it was asked for.
    pub(crate) fn reading(&self) -> Option<Reading> {
        self.waiter.as_ref().map(Waiter::reading)
    }

    /// Whether other requests have the same result.
    pub(crate) fn is_shared(&self) -> bool {
        self.waiter.as_ref().is_some_and(Waiter::is_shared)
    }

    /// The result, once.
    pub(crate) fn poll(&self) -> Poll<LookupResult<BufferSlice>> {
        let mut core = self.lookups.core.borrow_mut();
        match &self.waiter {
            Some(waiter) => core.poll(waiter),
            None => Poll::Pending,
        }
    }
}

impl Drop for LookupHandle {
    fn drop(&mut self) {
        let Some(waiter) = self.waiter.take() else {
            return;
        };
        let unwanted = self.lookups.core.borrow_mut().leave(waiter);
        if let Some(unwanted) = unwanted {
            self.lookups.cancel(unwanted);
        }
    }
}

/// A flight completes the request that it is about.
impl Complete for Flight<Waker, BufferSlice> {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        self.handle_outcome(outcome);
    }
}

/// The lookups of one worker.
pub(super) struct Lookups {
    pub(super) core: RefCell<lookup::Lookups<Waker, BufferSlice>>,
    drivers: Rc<Drivers>,
    epoch: Epoch,
}

impl Lookups {
    /// `near_memory` bounds what was found lately, in bytes.
    pub(super) fn new(drivers: Rc<Drivers>, near_memory: u64) -> Self {
        let core = lookup::Lookups::with_near(near_memory).among(drivers.neighbours().clone());
        Self {
            core: RefCell::new(core),
            drivers,
            epoch: Epoch::new(),
        }
    }

    /// The time, of all that has to do with lookups.
    pub(super) fn now(&self) -> Time {
        self.epoch.now()
    }

    /// Begins a lookup; `waker` wakes the request unless the result is ready.
    pub(super) fn begin(
        self: &Rc<Self>,
        pool: &Arc<Pool<Address>>,
        key: &Key,
        timeout: Duration,
        max_value: u64,
        asks: Asks,
        waker: Waker,
    ) -> Lookup {
        let target = Target {
            asks,
            ..self.drivers.target(pool, key, timeout, max_value)
        };
        let now = self.now();
        let mut core = self.core.borrow_mut();
        let waiter = match core.begin(now, target, key, waker) {
            Begin::Ready(result) => return Lookup::Ready(result),
            Begin::Pending(waiter) => waiter,
        };
        let flight = core.poll_submit();
        drop(core);
        let handle = LookupHandle {
            lookups: Rc::clone(self),
            waiter: Some(waiter),
        };
        if flight.is_none_or(|flight| self.submit(now, &flight)) {
            return Lookup::Pending(handle);
        }
        let result = handle.poll();
        // The flight is over.
        self.hand_out();
        match result {
            Poll::Ready(result) => Lookup::Ready(result),
            Poll::Pending => Lookup::Pending(handle),
        }
    }

    /// Submits the request of a flight; whether it was accepted. If not, that is
    /// its outcome.
    fn submit(&self, now: Time, flight: &Rc<Flight<Waker, BufferSlice>>) -> bool {
        let target = flight.target();
        let driver = self.drivers.of_target(target.driver);
        let command = target.command(flight.key().clone()).into();
        let completion = Completion::new(Rc::<Flight<_, _>>::clone(flight));
        match driver.submit_at(now, Lane::Lookup, command, target.timeout, completion) {
            Ok(request) => {
                flight.submitted(request);
                true
            }
            Err(refused) => {
                if refused.failure == Failure::QueueFull {
                    let text = || "too many lookups are waiting, others are misses".into();
                    driver.log().trouble(text);
                }
                refused.token.complete(Outcome::Failed(refused.failure));
                false
            }
        }
    }

    /// Submits what others than [`begin`](Self::begin) have begun.
    pub(super) fn submit_all(&self) {
        loop {
            let flight = self.core.borrow_mut().poll_submit();
            let Some(flight) = flight else {
                return;
            };
            self.submit(self.now(), &flight);
        }
    }

    /// Gives up what nobody wants any more.
    pub(super) fn cancel(&self, unwanted: Cancel) {
        self.drivers
            .of_target(unwanted.driver)
            .cancel(unwanted.request);
    }

    /// A key is about to be changed at the address that an id names.
    pub(super) fn changed(&self, server: lookup::ServerId, key: &Key) {
        self.core.borrow_mut().changed(server, key);
    }

    /// Wakes those whose result is there, and logs what servers said.
    pub(super) fn hand_out(&self) {
        let mut core = self.core.borrow_mut();
        // Neither to wake a request nor to log can come back here.
        while let Some(waker) = core.poll_wake() {
            waker.wake();
        }
        while let Some(refusal) = core.poll_refusal() {
            let driver = self.drivers.of_target(refusal.driver);
            let text = || format!("not looked up: {}", refusal.text);
            driver.log().trouble(text);
        }
        while let Some((driver, unclaimed)) = core.poll_unclaimed() {
            self.drivers.of_target(driver).release(&unclaimed);
        }
    }

    /// No lookup is begun any more.
    pub(super) fn close(&self) {
        self.core.borrow_mut().close();
    }

    /// What was counted of what was found lately, with how many values there are, and how many
    /// bytes they take.
    pub(super) fn near_stats(&self) -> (near::Stats, u64, u64) {
        let mut core = self.core.borrow_mut();
        let near = core.near();
        (*near.stats(), near.len() as u64, near.size())
    }

    /// What was counted.
    pub(super) fn stats(&self) -> Stats {
        *self.core.borrow().stats()
    }
}

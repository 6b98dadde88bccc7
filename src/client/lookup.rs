//! A lookup that somebody waits for, and the two ends that hold it.

use std::cell::RefCell;
use std::rc::Rc;

use memcached_core::connection::{Failure, Outcome, RequestId};
use memcached_core::protocol::{Reply, Value};

use super::server::ServerDriver;
use crate::host::{BufferSlice, Waker};

/// What a lookup came to.
pub enum Found {
    /// The item's value.
    Hit(Value<BufferSlice>),
    /// There is no such item, or memcached refused with words of its own.
    Miss,
    /// memcached could not be asked.
    Failed(Failure),
}

enum State {
    Waiting(Waker),
    Done(Found),
    /// The asker has it, or has gone.
    Over,
}

/// What the two ends share.
pub struct Lookup(RefCell<State>);

impl Lookup {
    fn settle(&self, found: Found) {
        let mut state = self.0.borrow_mut();
        if let State::Waiting(_) = *state
            && let State::Waiting(waker) = std::mem::replace(&mut *state, State::Done(found))
        {
            waker.wake();
        }
    }
}

/// The end that travels with the request. However it goes away, the asker
/// learns of it: dropped without an answer, the lookup has failed.
pub struct LookupTicket(Rc<Lookup>);

impl LookupTicket {
    pub(super) fn new(waker: Waker) -> (Self, Rc<Lookup>) {
        let lookup = Rc::new(Lookup(RefCell::new(State::Waiting(waker))));
        (Self(Rc::clone(&lookup)), lookup)
    }

    pub(super) fn settle(self, outcome: Outcome<BufferSlice>) {
        self.0.settle(match outcome {
            Outcome::Reply(Reply::Value(value)) => Found::Hit(value),
            Outcome::Reply(_) => Found::Miss,
            Outcome::Failed(failure) => Found::Failed(failure),
        });
    }
}

impl Drop for LookupTicket {
    fn drop(&mut self) {
        self.0.settle(Found::Failed(Failure::Lost));
    }
}

/// The end of the one who asked. Dropping it cancels the lookup.
pub struct LookupHandle {
    lookup: Rc<Lookup>,
    server: Rc<ServerDriver>,
    id: RequestId,
}

impl LookupHandle {
    pub(super) const fn new(lookup: Rc<Lookup>, server: Rc<ServerDriver>, id: RequestId) -> Self {
        Self { lookup, server, id }
    }

    /// The result, once; `None` while it is not there.
    pub fn poll(&self) -> Option<Found> {
        let mut state = self.lookup.0.borrow_mut();
        match std::mem::replace(&mut *state, State::Over) {
            State::Done(found) => Some(found),
            waiting => {
                *state = waiting;
                None
            }
        }
    }
}

impl Drop for LookupHandle {
    fn drop(&mut self) {
        let before = self.lookup.0.replace(State::Over);
        if matches!(before, State::Waiting(_)) {
            self.server.cancel(self.id);
        }
    }
}

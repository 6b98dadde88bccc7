//! Requests that wait for the count of a namespace.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use memcached_core::namespace::{Count, Name, Unreadable, Visit};
use memcached_core::pool::Pool;
use memcached_core::server::Failure;

use super::address::Address;
use super::namespaces::{Namespaces, Wake};
use crate::host::{Timer, Waker, Worker};

/// What a request has to do with its time: so many parts of it at most go to the
/// count, the rest to what it is needed for.
const PARTS: u32 = 8;
const PARTS_OF_COUNT: u32 = 7;

/// The count of a namespace.
pub(crate) enum Counted {
    /// It is there, or it is known that it cannot be read.
    Ready(Result<Count, Unreadable>),
    /// The request will be woken.
    Pending(CountHandle),
}

/// A request's end of a count that is being read. Dropping it cancels nothing, since
/// the next one needs it too.
pub(crate) struct CountHandle {
    namespaces: Rc<Namespaces>,
    visit: RefCell<Visit>,
    began: Instant,
    timeout: Duration,
    is_late: Rc<Cell<bool>>,
    _time_limit: Timer,
}

impl CountHandle {
    /// Begins to wait for a count, which may be there already. `waker` gives what wakes
    /// the request.
    pub(super) fn begin(
        worker: &Worker,
        namespaces: &Rc<Namespaces>,
        pool: &Arc<Pool<Address>>,
        name: &Name,
        timeout: Duration,
        waker: impl Fn() -> Option<Waker>,
    ) -> Counted {
        let mut visit = namespaces.visit(pool, name, timeout);
        if let Poll::Ready(result) = namespaces.poll(&mut visit, || wake(waker())) {
            return Counted::Ready(result);
        }
        let is_late = Rc::<Cell<bool>>::default();
        let (late, last) = (Rc::clone(&is_late), waker());
        let time_limit = Timer::new(worker, move || {
            late.set(true);
            if let Some(waker) = &last {
                waker.wake();
            }
        });
        time_limit.arm(timeout * PARTS_OF_COUNT / PARTS);
        Counted::Pending(Self {
            namespaces: Rc::clone(namespaces),
            visit: RefCell::new(visit),
            began: Instant::now(),
            timeout,
            is_late,
            _time_limit: time_limit,
        })
    }

    /// The count, or that it cannot be read.
    pub(crate) fn poll(
        &self,
        waker: impl Fn() -> Option<Waker>,
    ) -> Poll<Result<Count, Unreadable>> {
        let visit = &mut self.visit.borrow_mut();
        let found = self.namespaces.poll(visit, || wake(waker()));
        if found.is_pending() && self.is_late.get() {
            return Poll::Ready(Err(Failure::TimedOut.into()));
        }
        found
    }

    /// What is left of the request's time, in a few steps, so that lookups that have
    /// waited for the same count still share a request.
    pub(crate) fn time_left(&self) -> Duration {
        let part = self.timeout / PARTS;
        let waited = self.began.elapsed();
        let parts = (1..PARTS_OF_COUNT).find(|&parts| waited <= part * parts);
        part * (PARTS - parts.unwrap_or(PARTS_OF_COUNT))
    }
}

fn wake(waker: Option<Waker>) -> Wake {
    Box::new(move || {
        if let Some(waker) = waker {
            waker.wake();
        }
    })
}

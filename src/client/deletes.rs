//! Items that are deleted, and requests that wait until they are.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use memcached_core::lookup::ServerId;
use memcached_core::pool::Pool;
use memcached_core::protocol::{Command, Delete, Key, Lane, Reply};
use memcached_core::server::{Failure, Outcome};
use thiserror::Error;

use super::completion::{Complete, Completion};
use super::counters::{DeleteCounts, increment};
use super::driver::ServerLog;
use super::drivers::Drivers;
use super::lookups::Lookups;
use crate::host::{BufferSlice, SockAddr, Timer, Waker, Worker};

/// Why it is not known that all items are gone.
#[derive(Clone, Debug, Error)]
pub(crate) enum NotDeleted {
    /// There was no answer.
    #[error(transparent)]
    Failed(Failure),
    /// The server refused, in its own words.
    #[error("{0}")]
    Refused(Box<str>),
}

/// A request's end of deletes that are under way. Dropping it cancels none.
pub(crate) struct DeleteHandle {
    deletion: Rc<Deletion>,
    _time_limit: Timer,
}

impl DeleteHandle {
    /// Whether all items are gone.
    pub(crate) fn poll(&self) -> Poll<Result<(), NotDeleted>> {
        self.deletion.poll()
    }
}

impl Drop for DeleteHandle {
    fn drop(&mut self) {
        self.deletion.waker.take();
    }
}

/// Deletes that somebody waits for together.
struct Deletion {
    /// Where the items are whose deletes have no outcome, by their numbers.
    pending: RefCell<Vec<Option<Rc<ServerLog>>>>,
    /// How many these are.
    count: Cell<usize>,
    failure: RefCell<Option<NotDeleted>>,
    waker: RefCell<Option<Waker>>,
}

impl Deletion {
    fn poll(&self) -> Poll<Result<(), NotDeleted>> {
        if self.count.get() > 0 {
            return Poll::Pending;
        }
        Poll::Ready(self.failure.borrow().clone().map_or(Ok(()), Err))
    }

    /// One of them has its outcome.
    fn finish(&self, number: usize, failure: Option<NotDeleted>) {
        let Some(log) = self.pending.borrow_mut()[number].take() else {
            // Nobody waits for it any more.
            return;
        };
        if let Some(failure) = failure {
            self.fail(&log, failure);
        }
        self.count.set(self.count.get() - 1);
        if self.count.get() == 0 {
            self.wake();
        }
    }

    /// Time is up: nobody waits for the rest.
    fn time_out(&self) {
        let rest = self.pending.borrow_mut().iter_mut().find_map(Option::take);
        if let Some(log) = rest {
            self.fail(&log, NotDeleted::Failed(Failure::TimedOut));
        }
        self.pending.borrow_mut().fill(None);
        self.count.set(0);
        self.wake();
    }

    /// Keeps the first failure, which is the one that is logged.
    fn fail(&self, log: &ServerLog, failure: NotDeleted) {
        let mut first = self.failure.borrow_mut();
        if first.is_none() {
            log.trouble(|| format!("not invalidated: {failure}"));
            *first = Some(failure);
        }
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Completes the delete of one item.
struct OneDelete {
    deletion: Rc<Deletion>,
    number: usize,
    lookups: Rc<Lookups>,
    server: ServerId,
    key: Key,
    counts: Rc<DeleteCounts>,
}

impl Complete for OneDelete {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        // A lookup that began while the delete was under way may have found the
        // item; who asks from now on must not.
        self.lookups.changed(self.server, &self.key);
        let failure = match outcome {
            Outcome::Reply(Reply::ServerError(text)) => Some(NotDeleted::Refused(text)),
            Outcome::Reply(_) => None,
            Outcome::Failed(failure) => Some(NotDeleted::Failed(failure)),
        };
        if failure.is_some() {
            increment(&self.counts.failed);
        }
        self.deletion.finish(self.number, failure);
    }
}

/// Where the deletes of one worker go.
pub(super) struct Deletes {
    worker: Worker,
    drivers: Rc<Drivers>,
    lookups: Rc<Lookups>,
    counts: Rc<DeleteCounts>,
}

impl Deletes {
    pub(super) fn new(worker: Worker, drivers: Rc<Drivers>, lookups: Rc<Lookups>) -> Self {
        Self {
            worker,
            drivers,
            lookups,
            counts: Rc::default(),
        }
    }

    pub(super) fn counts(&self) -> &DeleteCounts {
        &self.counts
    }

    /// Deletes items of a pool, after all that was to be stored there before.
    /// `waker` wakes the request once all are gone, or `timeout` is over.
    pub(super) fn begin(
        &self,
        pool: &Arc<Pool<SockAddr>>,
        keys: Vec<Key>,
        timeout: Duration,
        waker: Waker,
    ) -> DeleteHandle {
        let drivers: Vec<_> = keys
            .iter()
            .map(|key| self.drivers.of_key(pool, key))
            .collect();
        let pending = drivers.iter().map(|driver| Some(Rc::clone(driver.log())));
        let deletion = Rc::new(Deletion {
            pending: RefCell::new(pending.collect()),
            count: Cell::new(keys.len()),
            failure: RefCell::default(),
            waker: RefCell::default(),
        });
        let counts = &self.counts;
        counts.deletes.set(counts.deletes.get() + keys.len() as u64);
        for (number, (key, driver)) in keys.into_iter().zip(drivers).enumerate() {
            let completion = Completion::new(Rc::new(OneDelete {
                deletion: Rc::clone(&deletion),
                number,
                lookups: Rc::clone(&self.lookups),
                server: driver.id(),
                key: key.clone(),
                counts: Rc::clone(counts),
            }));
            self.lookups.changed(driver.id(), &key);
            let may_repeat = true;
            let command = Command::from(Delete { key, may_repeat });
            driver.submit_or_fail(Lane::Store, command, timeout, completion);
        }
        // Nobody is woken by what is known at once.
        deletion.waker.replace(Some(waker));
        let limited = Rc::clone(&deletion);
        let time_limit = Timer::new(&self.worker, move || limited.time_out());
        if deletion.count.get() > 0 {
            time_limit.arm(timeout);
        }
        DeleteHandle {
            deletion,
            _time_limit: time_limit,
        }
    }
}

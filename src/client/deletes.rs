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

use super::Client;
use super::completion::{Complete, Completion};
use super::driver::ServerLog;
use super::lookups::Lookups;
use crate::host::{BufferSlice, SockAddr, Timer, Waker};

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

/// What a worker counts of deletes that requests asked for.
#[derive(Debug, Default)]
pub(super) struct DeleteCounts {
    /// Items that memcached was to delete.
    pub(super) deletes: Cell<u64>,
    /// Those of which it is not known that they are gone.
    pub(super) failed: Cell<u64>,
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
            self.counts.failed.set(self.counts.failed.get() + 1);
        }
        self.deletion.finish(self.number, failure);
    }
}

impl Client {
    /// Deletes items of a pool, after all that was to be stored there before.
    /// `waker` wakes the request once all are gone, or `timeout` is over.
    pub(crate) fn delete(
        &self,
        pool: &Arc<Pool<SockAddr>>,
        keys: Vec<Key>,
        timeout: Duration,
        waker: Waker,
    ) -> DeleteHandle {
        let inner = &self.0;
        let drivers: Vec<_> = keys
            .iter()
            .map(|key| inner.drivers.of_key(pool, key))
            .collect();
        let pending = drivers.iter().map(|driver| Some(Rc::clone(driver.log())));
        let deletion = Rc::new(Deletion {
            pending: RefCell::new(pending.collect()),
            count: Cell::new(keys.len()),
            failure: RefCell::default(),
            waker: RefCell::default(),
        });
        let counts = &inner.deletes;
        counts.deletes.set(counts.deletes.get() + keys.len() as u64);
        for (number, (key, driver)) in keys.into_iter().zip(drivers).enumerate() {
            let completion = Completion::new(Rc::new(OneDelete {
                deletion: Rc::clone(&deletion),
                number,
                lookups: Rc::clone(&inner.lookups),
                server: driver.id(),
                key: key.clone(),
                counts: Rc::clone(counts),
            }));
            let may_repeat = true;
            let command = Command::from(Delete { key, may_repeat });
            inner.before(&driver, &command);
            if let Err(refused) = driver.submit(Lane::Store, command, timeout, completion) {
                let failed = Outcome::Failed(refused.failure);
                refused.token.complete(failed);
            }
        }
        inner.publish_later();
        // Nobody is woken by what is known at once.
        deletion.waker.replace(Some(waker));
        let limited = Rc::clone(&deletion);
        let time_limit = Timer::new(&inner.worker, move || limited.time_out());
        if deletion.count.get() > 0 {
            time_limit.arm(timeout);
        }
        DeleteHandle {
            deletion,
            _time_limit: time_limit,
        }
    }
}

//! Commands that somebody waits for together, at most for a time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use memcached_core::namespace::Unreadable;
use memcached_core::protocol::{Reply, Status};
use memcached_core::server::{Failure, Outcome};
use thiserror::Error;

use super::completion::{Complete, Completion};
use super::driver::ServerLog;
use crate::host::{BufferSlice, Timer, Waker, Worker};

/// Why it is not known that all items are gone.
#[derive(Clone, Debug, Error)]
pub(crate) enum NotPurged {
    /// There was no answer.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The server refused, in its own words.
    #[error("{0}")]
    Refused(Box<str>),
    /// The keys are not known.
    #[error("namespace: {0}")]
    Namespace(#[from] Unreadable),
}

/// A request's end of commands that are under way. Dropping it cancels none.
pub(crate) struct PurgeHandle {
    together: Rc<Together>,
    _time_limit: Timer,
}

impl PurgeHandle {
    /// Lets `waker` wake a request once all commands have their outcome, or `timeout`
    /// is over.
    pub(super) fn new(
        worker: &Worker,
        together: Rc<Together>,
        timeout: Duration,
        waker: Waker,
    ) -> Self {
        // Nobody is woken by what is known at once.
        together.waker.replace(Some(waker));
        let limited = Rc::clone(&together);
        let time_limit = Timer::new(worker, move || limited.time_out());
        if together.count.get() > 0 {
            time_limit.arm(timeout);
        }
        Self {
            together,
            _time_limit: time_limit,
        }
    }

    /// How many items there were, if all are gone.
    pub(crate) fn poll(&self) -> Poll<Result<usize, NotPurged>> {
        if self.together.count.get() > 0 {
            return Poll::Pending;
        }
        let failure = self.together.failure.borrow().clone();
        Poll::Ready(failure.map_or(Ok(self.together.found.get()), Err))
    }
}

impl Drop for PurgeHandle {
    fn drop(&mut self) {
        self.together.waker.take();
    }
}

/// Commands that somebody waits for together.
pub(super) struct Together {
    /// What the log says if it fails, before the reason.
    label: &'static str,
    /// Where those go that have no outcome, by their numbers.
    pending: RefCell<Vec<Option<Rc<ServerLog>>>>,
    /// How many these are.
    count: Cell<usize>,
    found: Cell<usize>,
    failure: RefCell<Option<NotPurged>>,
    is_late: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Together {
    pub(super) fn new(label: &'static str) -> Rc<Self> {
        Rc::new(Self {
            label,
            pending: RefCell::default(),
            count: Cell::new(0),
            found: Cell::new(0),
            failure: RefCell::default(),
            is_late: Cell::new(false),
            waker: RefCell::default(),
        })
    }

    /// One more is waited for, which goes to the server with this log.
    pub(super) fn expect(self: &Rc<Self>, log: &Rc<ServerLog>) -> Expected {
        let is_late = self.is_late.get();
        let mut pending = self.pending.borrow_mut();
        pending.push((!is_late).then(|| Rc::clone(log)));
        if !is_late {
            self.count.set(self.count.get() + 1);
        }
        Expected {
            together: Rc::clone(self),
            number: pending.len() - 1,
        }
    }

    fn finish(&self, number: usize, result: Result<usize, NotPurged>) {
        let Some(log) = self.pending.borrow_mut()[number].take() else {
            // Nobody waits for it any more.
            return;
        };
        match result {
            Ok(found) => self.found.set(self.found.get() + found),
            Err(failure) => self.fail(&log, failure),
        }
        self.count.set(self.count.get() - 1);
        if self.count.get() == 0 {
            self.wake();
        }
    }

    /// Time is up: nobody waits for the rest.
    fn time_out(&self) {
        self.is_late.set(true);
        let rest = self.pending.borrow_mut().iter_mut().find_map(Option::take);
        if let Some(log) = rest {
            self.fail(&log, Failure::TimedOut.into());
        }
        self.pending.borrow_mut().fill(None);
        self.count.set(0);
        self.wake();
    }

    /// Keeps the first failure, which is the one that is logged.
    fn fail(&self, log: &ServerLog, failure: NotPurged) {
        let mut first = self.failure.borrow_mut();
        if first.is_none() {
            log.trouble(|| format!("{}: {failure}", self.label));
            *first = Some(failure);
        }
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// One of the commands.
pub(super) struct Expected {
    together: Rc<Together>,
    number: usize,
}

impl Expected {
    /// It has come to this: so many items, or none known.
    pub(super) fn finish(&self, result: Result<usize, NotPurged>) {
        self.together.finish(self.number, result);
    }

    /// The right to its outcome; `then` is called with what that means.
    pub(super) fn completion(self, then: impl Fn(bool) + 'static) -> Completion {
        Completion::new(Rc::new(OneOutcome {
            expected: self,
            then,
        }))
    }
}

/// Completes one of the commands.
struct OneOutcome<F> {
    expected: Expected,
    then: F,
}

impl<F: Fn(bool)> Complete for OneOutcome<F> {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        let result = match outcome {
            Outcome::Reply(Reply::ServerError(text)) => Err(NotPurged::Refused(text)),
            Outcome::Reply(Reply::Status(Status::NotFound)) => Ok(0),
            Outcome::Reply(_) => Ok(1),
            Outcome::Failed(failure) => Err(failure.into()),
        };
        (self.then)(result.is_ok());
        self.expected.finish(result);
    }
}

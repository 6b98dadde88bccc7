//! What others want of a driver: requests, and whether it takes any.

use std::rc::Rc;
use std::time::Duration;

use memcached_core::protocol::{Command, Lane, Pin};
use memcached_core::server::{Failure, Outcome, Refused, RequestId, Server, Unclaimed};
use memcached_core::time::Time;

use super::{Driver, PoisonOnPanic, State};
use crate::client::completion::{Completion, Requests};
use crate::host::panic_point;

impl Driver {
    /// Submits a request, after all that were submitted on the same lane.
    ///
    /// # Errors
    /// The server cannot be asked now; command and completion come back.
    pub(in crate::client) fn submit(
        &self,
        lane: Lane,
        command: Command<Vec<u8>>,
        timeout: Duration,
        completion: Completion,
    ) -> Result<RequestId, Refused<Requests>> {
        self.submit_at(self.clock.now(), lane, command, timeout, completion)
    }

    /// The same for one who has looked at the clock just now.
    ///
    /// # Errors
    /// As with [`submit`](Self::submit).
    pub(in crate::client) fn submit_at(
        &self,
        now: Time,
        lane: Lane,
        command: Command<Vec<u8>>,
        timeout: Duration,
        completion: Completion,
    ) -> Result<RequestId, Refused<Requests>> {
        self.submit_by(command, completion, |core, command, completion| {
            core.submit_on(lane, now, command, timeout, completion)
        })
    }

    fn submit_by(
        &self,
        command: Command<Vec<u8>>,
        completion: Completion,
        submit: impl FnOnce(
            &mut Server<Requests>,
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
        let mut core = self.core.borrow_mut();
        let submitted = submit(&mut core, command, completion);
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
    pub(in crate::client) fn submit_pinned(
        &self,
        pin: Pin,
        command: Command<Vec<u8>>,
        timeout: Duration,
        completion: Completion,
    ) -> Result<RequestId, Refused<Requests>> {
        let now = self.clock.now();
        self.submit_by(command, completion, |core, command, completion| {
            core.submit_pinned(pin, now, command, timeout, completion)
        })
    }

    /// Gives back what was won by a lookup that nobody waits for.
    pub(in crate::client) fn release(&self, unclaimed: &Unclaimed) {
        /// It does not matter when the answer comes, only that it is read.
        const TIMEOUT: Duration = Duration::from_secs(1);
        let command = unclaimed.release().into();
        let completion = self.unattended();
        // If the connection is over, nobody can give the right back; it ends with the item.
        drop(self.submit_pinned(unclaimed.marks.pin, command, TIMEOUT, completion));
    }

    /// Submits a request whose outcome always comes by way of `completion`, at once
    /// if the server cannot be asked now.
    pub(in crate::client) fn submit_or_fail(
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
    pub(in crate::client) fn submit_pinned_or_fail(
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
    pub(in crate::client) fn unattended(&self) -> Completion {
        Completion::new(Rc::clone(&self.unattended))
    }

    /// Gives a request up that nobody wants any more.
    pub(in crate::client) fn cancel(&self, id: RequestId) {
        if self.state.get() != State::Running {
            return;
        }
        let _poison = PoisonOnPanic::new(self);
        let completion = self.core.borrow_mut().cancel(id);
        drop(completion);
    }

    /// Whether a request is under way.
    pub(in crate::client) fn is_busy(&self) -> bool {
        let core = self.core.borrow();
        Lane::ALL.iter().any(|&lane| core.load(lane).0 > 0)
    }

    /// Whether there is no use in asking it now: it is down, and this is not the time
    /// to try it.
    pub(in crate::client) fn refuses(&self) -> bool {
        let is_running = self.state.get() == State::Running;
        !is_running || self.core.borrow().refuses(self.clock.now())
    }

    /// It has refused a command for several keys, which it may have taken one by one.
    pub(in crate::client) fn has_refused_several(&self) {
        self.refused_several.set(Some(self.clock.now()));
    }

    /// Whether keys are better asked for one by one.
    pub(in crate::client) fn refuses_several(&self) -> bool {
        /// One of the servers behind a proxy that is down stays so for a while.
        const LASTS: Duration = Duration::from_secs(10);
        let at = self.refused_several.get();
        at.is_some_and(|at| self.clock.now().since(at) < LASTS)
    }
}

//! What is asked of a server, and taken back.

use std::rc::Rc;

use memcached_core::connection::{Failure, Outcome, Refused, RequestId, Timing};
use memcached_core::joining::{Asked, AskerId, Taken};
use memcached_core::protocol::{Command, Key, Lane, Retrieve, Store, StoreMode};

use super::{Asker, Asking, Entered, ServerDriver};
use crate::client::lookup::{Found, LookupHandle};
use crate::host::{Waker, panic_point};

impl ServerDriver {
    /// Asks for an item; `waker` wakes the request when the answer is there.
    ///
    /// # Errors
    /// The server cannot be asked now.
    pub fn lookup(
        self: &Rc<Self>,
        key: Key,
        timing: Timing,
        waker: Waker,
    ) -> Result<LookupHandle, Failure> {
        let joined = self.lookups.borrow_mut().ask(&key, timing, waker);
        let asker = match joined {
            Asked::Joined(asker) => asker,
            Asked::First(asker, group) => {
                let submitted =
                    self.submit(Retrieve::one(key).into(), timing, Asker::Lookup(group));
                let mut lookups = self.lookups.borrow_mut();
                match submitted {
                    Ok(id) => lookups.submitted(group, id),
                    Err(failure) => {
                        lookups.leave(asker);
                        if failure == Failure::QueueFull {
                            self.trouble(false, || {
                                "too many lookups are waiting, others are misses".into()
                            });
                        }
                        return Err(failure);
                    }
                }
                asker
            }
        };
        Ok(LookupHandle::new(Rc::clone(self), asker))
    }

    /// What a lookup came to, once; `None` while it is not known.
    pub(in crate::client) fn take_lookup(&self, asker: AskerId) -> Option<Found> {
        match self.lookups.borrow_mut().take(asker) {
            Taken::NotYet => None,
            Taken::Answer(found) => Some(found),
            // All were given up.
            Taken::Unknown => Some(Found::Failed(Failure::Lost)),
        }
    }

    /// An asker has gone, or has what it wanted.
    pub(in crate::client) fn leave_lookup(&self, asker: AskerId) {
        let unwanted = self.lookups.borrow_mut().leave(asker);
        if let Some(id) = unwanted {
            self.cancel(id);
        }
    }

    /// Stores an item; nobody waits for the outcome.
    ///
    /// # Errors
    /// The server cannot be asked now, or too much waits for it already.
    pub fn store(
        &self,
        key: Key,
        flags: u32,
        exptime: i64,
        mut data: Vec<u8>,
        timing: Timing,
    ) -> Result<(), Failure> {
        // It grew with the body, and the room it has left counts nowhere.
        data.shrink_to_fit();
        let set = Store {
            mode: StoreMode::Set,
            key,
            flags,
            exptime,
            data,
        };
        let submitted = self.submit(set.into(), timing, Asker::Store);
        if submitted == Err(Failure::QueueFull) {
            self.trouble(false, || {
                "too much to store is waiting, stores are dropped".into()
            });
        }
        submitted.map(drop)
    }

    /// Asks for anything, behind all that was asked for on the same lane. The
    /// outcome always comes by way of `asker`, at once if the server cannot be
    /// asked now.
    pub fn ask(
        &self,
        lane: Lane,
        command: Command<Vec<u8>>,
        timing: Timing,
        asker: Box<dyn Asking>,
    ) {
        if let Err(refused) = self.submit_on(lane, command, timing, Asker::Other(asker)) {
            self.done(refused.token, Outcome::Failed(refused.failure));
        }
    }

    /// Likewise, where nobody waits for the outcome.
    ///
    /// # Errors
    /// The server cannot be asked now.
    pub fn tell(
        &self,
        lane: Lane,
        command: Command<Vec<u8>>,
        timing: Timing,
    ) -> Result<(), Failure> {
        let submitted = self.submit_on(lane, command, timing, Asker::Store);
        submitted.map(drop).map_err(|refused| refused.failure)
    }

    fn submit(
        &self,
        command: Command<Vec<u8>>,
        timing: Timing,
        asker: Asker,
    ) -> Result<RequestId, Failure> {
        self.submit_on(command.lane(), command, timing, asker)
            .map_err(|refused| refused.failure)
    }

    fn submit_on(
        &self,
        lane: Lane,
        command: Command<Vec<u8>>,
        timing: Timing,
        token: Asker,
    ) -> Result<RequestId, Refused<Asker>> {
        if self.given_up.get() {
            let failure = Failure::Down;
            return Err(Refused { token, failure });
        }
        let _entered = Entered(self);
        panic_point("driver-submit");
        if let Some(key) = command.changes() {
            self.lookups.borrow_mut().changed(key);
        }
        let now = self.now();
        let mut core = self.core.borrow_mut();
        let submitted = core.submit_on(lane, now, command, timing, token);
        drop(core);
        if submitted.is_ok() {
            self.flush.later();
        }
        submitted
    }

    fn cancel(&self, id: RequestId) {
        if !self.given_up.get() {
            let _entered = Entered(self);
            self.core.borrow_mut().cancel(id);
        }
    }
}

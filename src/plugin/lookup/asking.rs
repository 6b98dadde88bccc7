//! Asks memcached for the item of a request, which becomes the response.

use std::fmt::Display;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use memcached_core::http::Forward;
use memcached_core::metrics::ActionCount;
use memcached_core::policy::invalidation::is_safe;
use memcached_core::policy::{Bypass, Conditions, NotStored, Policy};

use super::answering::Read;
use super::fill::Fill;
use super::outcome::{Outcomes, Passed};
use crate::client::Lookup;
use crate::plugin::backend_headers::{client_headers, replace};
use crate::plugin::counting::Made;
use crate::plugin::keys::{Keyed, Keys};
use crate::plugin::memcached::{LastLookup, Outdated, Pending, Request, RequestMemory};
use crate::plugin::options::Options;

/// What one action of the configuration asks with.
pub(in crate::plugin) struct Asking {
    pub(super) keys: Arc<Keys>,
    pub(super) policy: Policy,
    pub(super) outcomes: Outcomes,
    /// What makes and stores a page, for copies of requests to run.
    pub(super) fill: Option<Fill>,
}

/// How far a request has come. Except while it waits, the request's memory has what
/// is known of its lookup.
pub(in crate::plugin) enum Asked {
    /// The answer is awaited; [`Asking::resume`] takes this when the request is woken.
    Pending(Box<RequestMemory>),
    /// The item is the response.
    Hit,
    /// The request goes on without the cache. Its headers are those that a backend
    /// is to see.
    Passed,
    /// A copy of the request has got the response, and does not store it for this reason.
    Made(NotStored),
    /// Something else handles the request.
    Handled,
    /// The item is the response, but the host did not take all of it.
    Cut,
}

impl Asking {
    /// `fill` makes and stores what is not there.
    pub(in crate::plugin) fn new(keys: Arc<Keys>, fill: Option<Fill>) -> Self {
        Self {
            fill,
            policy: keys.options().policy(),
            outcomes: Outcomes::new(Arc::clone(&keys)),
            keys,
        }
    }

    /// The options of its action.
    pub(in crate::plugin) fn options(&self) -> &Options {
        self.keys.options()
    }

    /// Asks for the item of a request.
    pub(in crate::plugin) fn begin(&self, vr: &mut Request<'_>) -> Asked {
        if vr.is_handled() {
            return Asked::Handled;
        }
        if !is_safe(vr.method()) {
            self.remember_outdated(vr);
        }
        let options = &self.options().common;
        if !options.allows_method(vr.method()) {
            return self.bypass_method(vr);
        }
        let made = self.keys.of(vr, &client_headers(vr));
        match made {
            Ok(Made::Key(key)) => self.look_up(vr, &key, options.timeout),
            Ok(Made::Counting(unfinished)) => {
                let mut memory = vr.take_state_or_new();
                memory.counting = Some(unfinished);
                Asked::Pending(memory)
            }
            Err(bypass) => self.bypass(vr, &bypass),
        }
    }

    /// Looks the item of a key up; `timeout` is the time for that.
    fn look_up(&self, vr: &mut Request<'_>, key: &Keyed, timeout: Duration) -> Asked {
        let options = &self.options().common;
        let mut memory = self.memory(vr, Ok(key.clone()));
        let conditions = if options.headers {
            conditions(vr)
        } else {
            Conditions::default()
        };
        let is_for_origin = conditions.are_for_origin();
        memory.conditions = (!conditions.is_empty()).then(|| Box::new(conditions));
        if is_for_origin {
            let reason = "If-Match or If-Unmodified-Since";
            let passed = Passed {
                count: ActionCount::CONDITION,
                forward: Forward::Bypass,
                detail: Some(&reason),
                key: None,
                status: &format!("bypass: {reason}"),
                line: &"not for a request with such a condition",
            };
            return self.pass(vr, memory, &passed);
        }
        let own = memory.outer_run(&self.keys, &key.key);
        if own.is_some_and(|run| run.ended().is_none()) {
            // It would wait for itself.
            let passed = Passed {
                count: ActionCount::MISS,
                forward: self.forward_of_miss(),
                detail: None,
                key: None,
                status: "miss",
                line: &"this request makes it already",
            };
            return self.pass(vr, memory, &passed);
        }
        let Some(client) = vr.worker() else {
            return self.fail(vr, memory, &"not available on this worker");
        };
        let mut memory = match self.answer_near(vr, client, memory) {
            Ok(asked) => return asked,
            Err(memory) => memory,
        };
        let Some(waker) = vr.waker() else {
            return self.fail(vr, memory, &"not available on this server");
        };
        if let Some(lookup) = &mut memory.lookup {
            lookup.begins(client);
        }
        if self.may_make(vr) {
            return self.visit(vr, client, waker, memory);
        }
        let max_value = options.max_value;
        let asks = self.asks();
        match client.lookup(self.keys.pool(), &key.key, timeout, max_value, asks, waker) {
            Lookup::Pending(handle) => {
                memory.pending = Some(Pending::Lookup(handle));
                Asked::Pending(memory)
            }
            Lookup::Ready(result) => self.finish(vr, result, Read::default(), memory),
        }
    }

    /// Goes on with a request that was woken, with what it waited with.
    pub(in crate::plugin) fn resume(
        &self,
        vr: &mut Request<'_>,
        mut memory: Box<RequestMemory>,
    ) -> Asked {
        if let Some(unfinished) = memory.counting.take() {
            let Poll::Ready(key) = unfinished.poll(vr) else {
                memory.counting = Some(unfinished);
                return Asked::Pending(memory);
            };
            vr.set_state(memory);
            return match key {
                Ok(key) => self.look_up(vr, &key, unfinished.time_left()),
                Err(bypass) => self.bypass(vr, &bypass),
            };
        }
        match memory.pending.take() {
            Some(Pending::Lookup(handle)) => match handle.poll() {
                Poll::Ready(result) => {
                    let read = Read {
                        reading: handle.reading(),
                        is_shared: handle.is_shared(),
                    };
                    self.finish(vr, result, read, memory)
                }
                Poll::Pending => {
                    memory.pending = Some(Pending::Lookup(handle));
                    Asked::Pending(memory)
                }
            },
            Some(Pending::Visit(handle)) => self.poll_visit(vr, handle, memory),
            Some(Pending::Filling(filling)) => self.filled(vr, filling, memory),
            // Nothing would wake it.
            None => self.fail(vr, memory, &"internal error"),
        }
    }

    /// The request goes on without the cache, after a panic.
    pub(in crate::plugin) fn panicked(&self, vr: &mut Request<'_>) {
        let memory = vr.take_state_or_new();
        let why = "internal error";
        let passed = Passed {
            count: ActionCount::ERROR,
            forward: Forward::Miss,
            detail: Some(&why),
            key: None,
            status: &format!("error: {why}"),
            line: &why,
        };
        self.outcomes.pass(vr, memory, &passed);
    }

    /// What a miss is called.
    pub(super) fn forward_of_miss(&self) -> Forward {
        self.options().identity.forward_of_miss()
    }

    /// The request goes on without memcached, which could not be asked.
    pub(super) fn fail(
        &self,
        vr: &mut Request<'_>,
        memory: Box<RequestMemory>,
        why: &dyn Display,
    ) -> Asked {
        let passed = Passed {
            count: ActionCount::ERROR,
            forward: Forward::Miss,
            detail: Some(why),
            key: None,
            status: &format!("error: {why}"),
            line: why,
        };
        self.pass(vr, memory, &passed)
    }

    /// The request goes on without the cache, after the lookup that is remembered. Its
    /// response may be stored if it has a key.
    pub(super) fn pass(
        &self,
        vr: &mut Request<'_>,
        memory: Box<RequestMemory>,
        passed: &Passed<'_>,
    ) -> Asked {
        self.outcomes.pass(vr, memory, passed);
        replace(vr);
        Asked::Passed
    }

    /// What is remembered of the request, with this as its last lookup.
    pub(super) fn memory(
        &self,
        vr: &mut Request<'_>,
        key: Result<Keyed, Bypass>,
    ) -> Box<RequestMemory> {
        let mut memory = vr.take_state_or_new();
        memory.begin_lookup();
        memory.lookup = Some(LastLookup {
            keys: Arc::clone(&self.keys),
            key,
            stand_in: None,
            hit: None,
            hit_type: None,
        });
        memory
    }

    /// For a store that this leads to: what the request makes out of date, if it
    /// succeeds.
    fn remember_outdated(&self, vr: &mut Request<'_>) {
        let of_target = self.keys.of_target(vr);
        let mut memory = vr.take_state_or_new();
        memory.outdated = Some(Box::new(Outdated {
            keys: Arc::clone(&self.keys),
            of_target,
        }));
        vr.set_state(memory);
    }
}

fn conditions(vr: &Request<'_>) -> Conditions {
    let mut conditions = Conditions::default();
    for (name, value) in vr.request_headers() {
        conditions.observe(name, value);
    }
    conditions
}

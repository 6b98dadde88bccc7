//! Asks memcached for the item of a request, which becomes the response.

use std::fmt::Display;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use memcached_core::http::Forward;
use memcached_core::lookup::LookupResult;
use memcached_core::policy::invalidation::is_safe;
use memcached_core::policy::{Bypass, Conditions, Policy};
use memcached_core::protocol::Value;
use memcached_core::stored::{Head, Malformed};

use super::hit::{self, Sent};
use super::outcome::{Outcomes, Passed};
use crate::client::{Lookup, LookupHandle, unix_now};
use crate::host::BufferSlice;
use crate::plugin::backend_headers::{client_headers, replace};
use crate::plugin::counting::Made;
use crate::plugin::keys::{Keyed, Keys};
use crate::plugin::memcached::{Hit, LastLookup, Outdated, Request, RequestMemory};
use crate::plugin::options::Options;
use crate::plugin::publish::shows_key;

/// What one action of the configuration asks with.
pub(in crate::plugin) struct Asking {
    keys: Arc<Keys>,
    policy: Policy,
    outcomes: Outcomes,
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
    /// Something else handles the request.
    Handled,
    /// The item is the response, but the host did not take all of it.
    Cut,
}

impl Asking {
    pub(in crate::plugin) fn new(keys: Arc<Keys>) -> Self {
        Self {
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
                let mut memory = vr.take_state().unwrap_or_default();
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
        if options.headers && conditions(vr).are_for_origin() {
            let reason = "If-Match or If-Unmodified-Since";
            let passed = Passed {
                forward: Forward::Bypass,
                detail: Some(&reason),
                key: None,
                status: &format!("bypass: {reason}"),
                line: &"not for a request with such a condition",
            };
            return self.pass(vr, memory, &passed);
        }
        let Some(client) = vr.worker() else {
            return self.fail(vr, memory, &"not available on this worker");
        };
        let Some(waker) = vr.waker() else {
            return self.fail(vr, memory, &"not available on this server");
        };
        let max_value = options.max_value;
        match client.lookup(self.keys.pool(), &key.key, timeout, max_value, waker) {
            Lookup::Pending(handle) => {
                memory.pending = Some(handle);
                Asked::Pending(memory)
            }
            Lookup::Ready(result) => self.finish(vr, result, memory),
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
        match memory.pending.as_ref().map(LookupHandle::poll) {
            Some(Poll::Ready(result)) => {
                memory.pending = None;
                self.finish(vr, result, memory)
            }
            Some(Poll::Pending) | None => Asked::Pending(memory),
        }
    }

    /// The request goes on without the cache, after a panic.
    pub(in crate::plugin) fn panicked(&self, vr: &mut Request<'_>) {
        let memory = vr.take_state().unwrap_or_default();
        let why = "internal error";
        let passed = Passed {
            forward: Forward::Miss,
            detail: Some(&why),
            key: None,
            status: &format!("error: {why}"),
            line: &why,
        };
        self.outcomes.pass(vr, memory, &passed);
    }

    fn finish(
        &self,
        vr: &mut Request<'_>,
        result: LookupResult<BufferSlice>,
        memory: Box<RequestMemory>,
    ) -> Asked {
        match result {
            LookupResult::Hit(value) => self.answer(vr, &value, memory),
            LookupResult::Miss => {
                // Where items are variants, there may be others for this URL.
                let forward = if self.options().identity.vary.is_empty() {
                    Forward::UriMiss
                } else {
                    Forward::Miss
                };
                let passed = Passed {
                    forward,
                    detail: None,
                    key: None,
                    status: "miss",
                    line: &"not found",
                };
                self.pass(vr, memory, &passed)
            }
            LookupResult::TooLarge(len) => self.pass_too_large(vr, memory, len),
            LookupResult::Failed(failure) => self.fail(vr, memory, &failure),
        }
    }

    /// The item becomes the response.
    fn answer(
        &self,
        vr: &mut Request<'_>,
        value: &Value<BufferSlice>,
        memory: Box<RequestMemory>,
    ) -> Asked {
        let options = &self.options().common;
        let (mut made_at, mut fresh_secs) = (None, None);
        let sent = if options.headers {
            let head = match Head::parse(value.pieces.iter(), value.flags) {
                Ok(head) => head,
                Err(malformed) => return self.reject(vr, memory, malformed),
            };
            let now = unix_now();
            if options.cache_status.is_some() {
                fresh_secs = self.policy.fresh_secs(&head, now);
            }
            let times = head.times(now);
            made_at = times.filter(|it| it.is_dated).map(|it| it.date);
            hit::send_whole(vr, value, &head, times, &conditions(vr))
        } else {
            hit::send_body(vr, value)
        };
        match sent {
            Sent::Whole => {
                self.outcomes.hit(vr, memory, Hit { made_at }, fresh_secs);
                Asked::Hit
            }
            Sent::Not => {
                // Something else answered while the lookup was under way.
                vr.set_state(memory);
                Asked::Handled
            }
            Sent::Cut => {
                vr.set_state(memory);
                self.outcomes.tell_of_cut(vr);
                Asked::Cut
            }
        }
    }

    /// The item is no whole response.
    fn reject(
        &self,
        vr: &mut Request<'_>,
        memory: Box<RequestMemory>,
        malformed: Malformed,
    ) -> Asked {
        let line = format!("not a stored response: {malformed}");
        if let Malformed::Encoded { .. } = malformed {
            self.outcomes.warn_of_encoded(vr, &memory, &line);
        }
        let passed = Passed {
            forward: Forward::Miss,
            detail: Some(&malformed),
            key: None,
            status: &format!("miss: {malformed}"),
            line: &line,
        };
        self.pass(vr, memory, &passed)
    }

    fn bypass_method(&self, vr: &mut Request<'_>) -> Asked {
        // The key is made only to be shown.
        let shown = shows_key(vr, self.options().common.environment);
        let key = shown.then(|| self.keys.shown(vr, &client_headers(vr)));
        let key = key.flatten();
        let passed = Passed {
            forward: Forward::Method,
            detail: None,
            key: key.as_ref(),
            status: "bypass: method",
            line: &"not for this method",
        };
        let memory = vr.take_state().unwrap_or_default();
        self.outcomes.pass(vr, memory, &passed);
        Asked::Passed
    }

    /// The request has nothing to do with the cache.
    fn bypass(&self, vr: &mut Request<'_>, bypass: &Bypass) -> Asked {
        let memory = self.memory(vr, Err(bypass.clone()));
        let passed = Passed {
            forward: Forward::Bypass,
            detail: Some(bypass),
            key: None,
            status: &format!("bypass: {bypass}"),
            line: bypass,
        };
        self.pass(vr, memory, &passed)
    }

    /// There is an item that is not worth its memory.
    fn pass_too_large(&self, vr: &mut Request<'_>, memory: Box<RequestMemory>, len: u64) -> Asked {
        let max_value = self.options().common.max_value;
        let line = format!("a value of {len} bytes is larger than max_value, {max_value}");
        self.outcomes.warn_of_large(vr, &memory, &line);
        let reason = "larger than max_value";
        let passed = Passed {
            forward: Forward::Miss,
            detail: Some(&reason),
            key: None,
            status: "miss: larger than max_value",
            line: &line,
        };
        self.pass(vr, memory, &passed)
    }

    /// The request goes on without memcached, which could not be asked.
    fn fail(&self, vr: &mut Request<'_>, memory: Box<RequestMemory>, why: &dyn Display) -> Asked {
        let passed = Passed {
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
    fn pass(&self, vr: &mut Request<'_>, memory: Box<RequestMemory>, passed: &Passed<'_>) -> Asked {
        self.outcomes.pass(vr, memory, passed);
        replace(vr);
        Asked::Passed
    }

    /// What is remembered of the request, with this as its last lookup.
    fn memory(&self, vr: &mut Request<'_>, key: Result<Keyed, Bypass>) -> Box<RequestMemory> {
        let mut memory = vr.take_state().unwrap_or_default();
        memory.lookup = Some(LastLookup {
            keys: Arc::clone(&self.keys),
            key,
            hit: None,
            hit_type: None,
        });
        memory
    }

    /// For a store that this leads to: what the request makes out of date, if it
    /// succeeds.
    fn remember_outdated(&self, vr: &mut Request<'_>) {
        let of_target = self.keys.of_target(vr);
        let mut memory = vr.take_state().unwrap_or_default();
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

//! The action: asks memcached, and runs the hit or the miss action.

use std::ffi::CStr;
use std::fmt::Display;
use std::sync::Arc;
use std::task::Poll;

use memcached_core::http::Forward;
use memcached_core::lookup::LookupResult;
use memcached_core::policy::invalidation::is_safe;
use memcached_core::policy::{Bypass, Conditions, Policy};
use memcached_core::protocol::Value;
use memcached_core::stored::{Head, Kind, Malformed};

use super::arguments::arguments;
use super::hit::{self, Sent};
use super::outcome::{Context, NAME, Outcomes, PUBLISHER, Passed};
use crate::client::{Lookup, unix_now};
use crate::host::{ActionKind, BufferSlice, ConfigValue, Flow, Level, Server};
use crate::plugin::accept_encoding::{client_headers, overwrite};
use crate::plugin::keys::{Keyed, Keys};
use crate::plugin::memcached::{Hit, LastLookup, Memcached, Outdated, Request, RequestMemory};
use crate::plugin::options::{Common, Options};
use crate::plugin::publish::shows_key;
use crate::plugin::seldom::{Once, OnceAMinute};

/// One `memcached.lookup` of the configuration.
pub(in crate::plugin) struct LookupAction {
    policy: Policy,
    pub(super) outcomes: Outcomes,
}

impl ActionKind for LookupAction {
    const NAME: &'static CStr = NAME;
    type Plugin = Memcached;
    /// Without a lookup that is under way: the response that the miss action makes
    /// is awaited.
    type Context = RequestMemory;

    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let arguments = arguments(value)?;
        let options =
            Options::parse(server, arguments.options).map_err(|error| error.to_string())?;
        let options = Arc::new(options);
        let policy = options.policy();
        let outcomes = Outcomes {
            keys: Arc::new(Keys::new(server, NAME, Arc::clone(&options))),
            options,
            hit: arguments.hit,
            miss: arguments.miss,
            encoded: OnceAMinute::default(),
            large: Once::default(),
        };
        Ok(Self { policy, outcomes })
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Context) -> Flow {
        let Some(mut memory) = context.take() else {
            return self.start(vr, context);
        };
        let Some(handle) = &memory.pending else {
            return Outcomes::after_miss(vr, context);
        };
        match handle.poll() {
            Poll::Pending => {
                *context = Some(memory);
                Flow::WaitForEvent
            }
            Poll::Ready(result) => {
                memory.pending = None;
                self.finish(vr, context, result, memory)
            }
        }
    }

    fn panicked(&self, vr: &mut Request<'_>) -> Flow {
        let memory = vr.take_state().unwrap_or_default();
        let why = "internal error";
        let passed = Passed {
            forward: Forward::Miss,
            detail: Some(&why),
            key: None,
            status: &format!("error: {why}"),
            line: &why,
        };
        // It cannot wait, since nothing is kept.
        self.outcomes.pass(vr, &mut None, memory, &passed);
        Flow::GoOn
    }
}

impl LookupAction {
    fn start(&self, vr: &mut Request<'_>, context: &mut Context) -> Flow {
        if vr.is_handled() {
            return Flow::GoOn;
        }
        if !is_safe(vr.method()) {
            self.remember_outdated(vr);
        }
        let options = &self.outcomes.options.common;
        if !options.allows_method(vr.method()) {
            return self.bypass_method(vr, context);
        }
        let key = match self.key_of(vr) {
            Ok(key) => key,
            Err(bypass) => return self.bypass(vr, context, &bypass),
        };
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
            return self.outcomes.pass(vr, context, memory, &passed);
        }
        let Some(client) = vr.worker() else {
            return self.fail(vr, context, memory, &"not available on this worker");
        };
        let Some(waker) = vr.waker() else {
            return self.fail(vr, context, memory, &"not available on this server");
        };
        let Common {
            timeout, max_value, ..
        } = *options;
        match client.lookup(
            self.outcomes.keys.pool(),
            &key.key,
            timeout,
            max_value,
            waker,
        ) {
            Lookup::Pending(handle) => {
                memory.pending = Some(handle);
                *context = Some(memory);
                Flow::WaitForEvent
            }
            Lookup::Ready(result) => self.finish(vr, context, result, memory),
        }
    }

    fn finish(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        result: LookupResult<BufferSlice>,
        memory: Box<RequestMemory>,
    ) -> Flow {
        match result {
            LookupResult::Hit(value) => self.answer(vr, context, &value, memory),
            LookupResult::Miss => {
                // Where items are variants, there may be others for this URL.
                let forward = if self.outcomes.options.identity.vary.is_empty() {
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
                self.miss(vr, context, memory, &passed)
            }
            LookupResult::TooLarge(len) => self.pass_too_large(vr, context, memory, len),
            LookupResult::Failed(failure) => self.fail(vr, context, memory, &failure),
        }
    }

    /// The item becomes the response.
    fn answer(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        value: &Value<BufferSlice>,
        memory: Box<RequestMemory>,
    ) -> Flow {
        let options = &self.outcomes.options.common;
        let kind = self.kind_of(value);
        if kind != Kind::Page {
            return self.pass_empty(vr, context, memory, kind);
        }
        let (mut made_at, mut fresh_secs) = (None, None);
        let sent = if options.headers {
            let head = match Head::parse(value.pieces.iter(), value.flags) {
                Ok(head) => head,
                Err(malformed) => return self.reject(vr, context, memory, malformed),
            };
            let now = unix_now();
            if head.fresh_until().is_some_and(|line| line.is_past(now)) {
                return self.pass_stale(vr, context, memory);
            }
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
            Sent::Whole => self.outcomes.hit(vr, memory, Hit { made_at }, fresh_secs),
            Sent::Not => {
                // Something else answered while the lookup was under way.
                vr.set_state(memory);
                Flow::GoOn
            }
            Sent::Cut => {
                vr.set_state(memory);
                PUBLISHER.log(vr, Level::Error, &"the body could not be sent");
                Flow::Error
            }
        }
    }

    /// The item is no whole response.
    fn reject(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        memory: Box<RequestMemory>,
        malformed: Malformed,
    ) -> Flow {
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
        self.miss(vr, context, memory, &passed)
    }

    fn bypass_method(&self, vr: &mut Request<'_>, context: &mut Context) -> Flow {
        // The key is made only to be shown.
        let shown = shows_key(vr, self.outcomes.options.common.environment);
        let key = if shown { self.key_of(vr).ok() } else { None };
        let passed = Passed {
            forward: Forward::Method,
            detail: None,
            key: key.as_ref().map(|keyed| &keyed.key),
            status: "bypass: method",
            line: &"not for this method",
        };
        let memory = vr.take_state().unwrap_or_default();
        self.outcomes.pass(vr, context, memory, &passed)
    }

    /// The request has nothing to do with the cache.
    fn bypass(&self, vr: &mut Request<'_>, context: &mut Context, bypass: &Bypass) -> Flow {
        let memory = self.memory(vr, Err(bypass.clone()));
        let passed = Passed {
            forward: Forward::Bypass,
            detail: Some(bypass),
            key: None,
            status: &format!("bypass: {bypass}"),
            line: bypass,
        };
        self.outcomes.pass(vr, context, memory, &passed)
    }

    /// There is an item that is not worth its memory.
    fn pass_too_large(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        memory: Box<RequestMemory>,
        len: u64,
    ) -> Flow {
        let max_value = self.outcomes.options.common.max_value;
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
        self.miss(vr, context, memory, &passed)
    }

    /// The request goes on without memcached, which could not be asked.
    fn fail(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        memory: Box<RequestMemory>,
        why: &dyn Display,
    ) -> Flow {
        let passed = Passed {
            forward: Forward::Miss,
            detail: Some(why),
            key: None,
            status: &format!("error: {why}"),
            line: why,
        };
        self.miss(vr, context, memory, &passed)
    }

    /// There is no item to answer with, but there may be one next time.
    pub(super) fn miss(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        memory: Box<RequestMemory>,
        passed: &Passed<'_>,
    ) -> Flow {
        let accepted = memory.lookup.as_ref().and_then(LastLookup::accepted);
        let flow = self.outcomes.pass(vr, context, memory, passed);
        if let Some(codings) = self.outcomes.keys.codings(accepted) {
            overwrite(vr, &codings);
        }
        flow
    }

    fn key_of(&self, vr: &Request<'_>) -> Result<Keyed, Bypass> {
        self.outcomes.keys.of(vr, &client_headers(vr))
    }

    /// What is remembered of the request, with this as its last lookup.
    fn memory(&self, vr: &mut Request<'_>, key: Result<Keyed, Bypass>) -> Box<RequestMemory> {
        let mut memory = vr.take_state().unwrap_or_default();
        memory.lookup = Some(LastLookup {
            keys: Arc::clone(&self.outcomes.keys),
            key,
            hit: None,
            hit_type: None,
        });
        memory
    }

    /// For a store that this leads to: what the request makes out of date, if it
    /// succeeds.
    fn remember_outdated(&self, vr: &mut Request<'_>) {
        let of_target = self.outcomes.keys.of_target(vr);
        let mut memory = vr.take_state().unwrap_or_default();
        memory.outdated = Some(Box::new(Outdated {
            keys: Arc::clone(&self.outcomes.keys),
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

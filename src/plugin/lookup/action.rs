//! The action: asks memcached, and runs the hit or the miss action.

use std::ffi::CStr;
use std::fmt::{Arguments, Display};
use std::sync::Arc;
use std::task::Poll;

use memcached_core::http::Forward;
use memcached_core::lookup::LookupResult;
use memcached_core::policy::{Conditions, Policy};
use memcached_core::pool::Pool;
use memcached_core::protocol::{Key, Value};
use memcached_core::stored::{Head, Malformed};

use super::arguments::arguments;
use super::hit::{self, Sent};
use crate::client::{Lookup, unix_now};
use crate::host::{
    Action, ActionKind, BufferSlice, ConfigValue, Flow, Level, ResponseState, Server, SockAddr,
};
use crate::plugin::cache_status::{Missed, Note, say_hit, say_missed};
use crate::plugin::memcached::{Memcached, OTHER_TYPE, Request, RequestMemory};
use crate::plugin::options::{Common, Options};
use crate::plugin::publish::{Item, Publisher, shows_key};
use crate::plugin::seldom::OnceAMinute;

const PUBLISHER: Publisher = Publisher {
    action: LookupAction::NAME,
    variable: "MEMCACHED_STATUS",
};

/// One `memcached.lookup` of the configuration.
pub(in crate::plugin) struct LookupAction {
    options: Common,
    policy: Policy,
    pool: Arc<Pool<SockAddr>>,
    hit: Option<Action>,
    miss: Option<Action>,
    encoded: OnceAMinute,
}

/// What a run of the action keeps while it waits.
type Context = Option<Box<RequestMemory>>;

/// Why a request goes on without the cache.
struct Passed<'a> {
    forward: Forward,
    /// What `Cache-Status` says beside that.
    detail: Option<&'a dyn Display>,
    /// What `MEMCACHED_STATUS` says.
    status: Arguments<'a>,
    line: &'a dyn Display,
}

impl ActionKind for LookupAction {
    const NAME: &'static CStr = c"memcached.lookup";
    type Plugin = Memcached;
    /// Without a lookup: the response of the miss action is awaited.
    type Context = RequestMemory;

    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let arguments = arguments(value)?;
        let options =
            Options::parse(server, arguments.options).map_err(|error| error.to_string())?;
        Ok(Self {
            policy: options.policy(),
            pool: options.common.pool(),
            options: options.common,
            hit: arguments.hit,
            miss: arguments.miss,
            encoded: OnceAMinute::default(),
        })
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Context) -> Flow {
        let Some(mut memory) = context.take() else {
            return self.start(vr, context);
        };
        let Some(handle) = &memory.lookup else {
            return Self::after_miss(vr, context);
        };
        match handle.poll() {
            Poll::Pending => {
                *context = Some(memory);
                Flow::WaitForEvent
            }
            Poll::Ready(result) => {
                memory.lookup = None;
                self.finish(vr, context, result, memory)
            }
        }
    }

    fn panicked(&self, vr: &mut Request<'_>) -> Flow {
        self.fail(vr, &mut None, Box::default(), &"internal error");
        Flow::GoOn
    }
}

impl LookupAction {
    fn start(&self, vr: &mut Request<'_>, context: &mut Context) -> Flow {
        if vr.is_handled() {
            return Flow::GoOn;
        }
        if !self.options.allows_method(vr.method()) {
            let line = "not for this method";
            return self.bypass(vr, context, Forward::Method, &"method", &line);
        }
        if self.options.headers && conditions(vr).are_for_origin() {
            let reason = "If-Match or If-Unmodified-Since";
            let line = "not for a request with such a condition";
            return self.bypass(vr, context, Forward::Bypass, &reason, &line);
        }
        let Some(client) = vr.worker() else {
            let why = "not available on this worker";
            return self.fail(vr, context, Box::default(), &why);
        };
        let Some(waker) = vr.waker() else {
            let why = "not available on this server";
            return self.fail(vr, context, Box::default(), &why);
        };
        let key = self.options.key_of(vr);
        let begun = client.lookup(&self.pool, &key, self.options.timeout, waker);
        let mut memory = Box::new(self.memory_of(key));
        match begun {
            Lookup::Pending(handle) => {
                memory.lookup = Some(handle);
                *context = Some(memory);
                Flow::WaitForEvent
            }
            Lookup::Ready(result) => self.finish(vr, context, result, memory),
        }
    }

    fn memory_of(&self, key: Key) -> RequestMemory {
        RequestMemory {
            item: Some((Arc::clone(&self.pool), key)),
            ..RequestMemory::default()
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
                let forward = if self.options.vary.is_empty() {
                    Forward::UriMiss
                } else {
                    Forward::Miss
                };
                let passed = Passed {
                    forward,
                    detail: None,
                    status: format_args!("miss"),
                    line: &"not found",
                };
                self.pass(vr, context, memory, &passed)
            }
            LookupResult::Failed(failure) => self.fail(vr, context, memory, &failure),
        }
    }

    /// The item becomes the response.
    fn answer(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        value: &Value<BufferSlice>,
        mut memory: Box<RequestMemory>,
    ) -> Flow {
        let mut fresh_secs = None;
        let sent = if self.options.headers {
            let head = match Head::parse(value.pieces.iter(), value.flags) {
                Ok(head) => head,
                Err(malformed) => return self.reject(vr, context, memory, malformed),
            };
            if self.options.cache_status.is_some() {
                fresh_secs = self.policy.fresh_secs(&head, unix_now());
            }
            hit::send_whole(vr, value, &head, &conditions(vr))
        } else {
            hit::send_body(vr, value)
        };
        match sent {
            Sent::Whole => {}
            // Something else answered while the lookup was under way.
            Sent::Not => return Flow::GoOn,
            Sent::Cut => {
                PUBLISHER.log(vr, Level::Error, &"the body could not be sent");
                return Flow::Error;
            }
        }
        memory.is_hit = true;
        memory.cache_status = say_hit(vr, &self.options, key_of(&memory), fresh_secs);
        self.publish(vr, key_of(&memory), format_args!("hit"), &"hit");
        vr.set_state(memory);
        enter(vr, self.hit.as_ref());
        Flow::GoOn
    }

    /// The item is no whole response.
    fn reject(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        memory: Box<RequestMemory>,
        malformed: Malformed,
    ) -> Flow {
        if let Malformed::Encoded { .. } = malformed {
            if let Some(left_out) = self.encoded.pass() {
                let item = self.item(key_of(&memory));
                let line = format_args!("not a stored response: {malformed}{item}{left_out}");
                PUBLISHER.log(vr, Level::Warning, &line);
            }
        }
        let passed = Passed {
            forward: Forward::Miss,
            detail: Some(&malformed),
            status: format_args!("miss: {malformed}"),
            line: &format_args!("not a stored response: {malformed}"),
        };
        self.pass(vr, context, memory, &passed)
    }

    /// Memcached is not asked about such a request.
    fn bypass(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        forward: Forward,
        reason: &dyn Display,
        line: &dyn Display,
    ) -> Flow {
        // The key is made only to be shown.
        let memory = if shows_key(vr, self.options.environment) {
            Box::new(self.memory_of(self.options.key_of(vr)))
        } else {
            Box::default()
        };
        let passed = Passed {
            forward,
            detail: (forward == Forward::Bypass).then_some(reason),
            status: format_args!("bypass: {reason}"),
            line,
        };
        self.pass(vr, context, memory, &passed)
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
            status: format_args!("error: {why}"),
            line: why,
        };
        self.pass(vr, context, memory, &passed)
    }

    /// The request goes on without the cache. What `memcached.store` has to know of
    /// the lookup is remembered.
    fn pass(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        mut memory: Box<RequestMemory>,
        passed: &Passed<'_>,
    ) -> Flow {
        let key = key_of(&memory);
        self.publish(vr, key, passed.status, passed.line);
        let missed = Missed::new(&self.options, passed.forward, passed.detail, key);
        memory.cache_status = missed.map(Note::Due);
        if !self.options.headers {
            memory.hit_type = Some(vr.type_of_path(OTHER_TYPE).into());
        }
        vr.set_state(memory);
        enter(vr, self.miss.as_ref());
        if self.miss.is_some() && self.options.cache_status.is_some() {
            *context = Some(Box::default());
            return Flow::WaitForEvent;
        }
        Flow::GoOn
    }

    /// The miss action has run. If no `memcached.store` in it has added what
    /// `Cache-Status` says, it is added here.
    fn after_miss(vr: &mut Request<'_>, context: &mut Context) -> Flow {
        match vr.response_state() {
            ResponseState::Pending => {
                *context = Some(Box::default());
                return Flow::WaitForEvent;
            }
            ResponseState::Ready => say_missed(vr),
            ResponseState::NoHandler => {}
        }
        Flow::GoOn
    }

    fn publish(
        &self,
        vr: &mut Request<'_>,
        key: Option<&Key>,
        status: Arguments<'_>,
        line: &dyn Display,
    ) {
        let item = self.item(key);
        PUBLISHER.publish(vr, self.options.environment, item, status, line);
    }

    fn item<'a>(&'a self, key: Option<&'a Key>) -> Item<'a> {
        Item {
            pool: &self.pool,
            key,
        }
    }
}

/// The key of the lookup, if one was made.
fn key_of(memory: &RequestMemory) -> Option<&Key> {
    memory.item.as_ref().map(|(_, key)| key)
}

fn conditions(vr: &Request<'_>) -> Conditions {
    let mut conditions = Conditions::default();
    for (name, value) in vr.request_headers() {
        conditions.observe(name, value);
    }
    conditions
}

fn enter(vr: &mut Request<'_>, action: Option<&Action>) {
    if let Some(action) = action {
        vr.enter(action);
    }
}

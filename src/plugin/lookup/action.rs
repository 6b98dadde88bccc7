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
use crate::client::{Lookup, LookupHandle, unix_now};
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
pub(in crate::plugin) enum Waiting {
    /// For memcached.
    Asked {
        /// What for.
        key: Key,
        /// The lookup under way.
        handle: LookupHandle,
    },
    /// For the headers of the response that the miss action makes.
    Missed,
}

/// What a run of the action comes to.
enum Next {
    Wait(Waiting),
    Done(Flow),
}

impl ActionKind for LookupAction {
    const NAME: &'static CStr = c"memcached.lookup";
    type Plugin = Memcached;
    type Context = Waiting;

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

    fn run(&self, vr: &mut Request<'_>, context: &mut Option<Box<Waiting>>) -> Flow {
        let next = match context.take().map(|waiting| *waiting) {
            None => self.start(vr),
            Some(Waiting::Asked { key, handle }) => match handle.poll() {
                Poll::Pending => Next::Wait(Waiting::Asked { key, handle }),
                Poll::Ready(result) => self.finish(vr, result, key),
            },
            Some(Waiting::Missed) => Self::after_miss(vr),
        };
        match next {
            Next::Wait(waiting) => {
                *context = Some(Box::new(waiting));
                Flow::WaitForEvent
            }
            Next::Done(flow) => flow,
        }
    }

    fn panicked(&self, vr: &mut Request<'_>) -> Flow {
        match self.fail(vr, None, &"internal error") {
            Next::Done(flow) => flow,
            Next::Wait(_) => Flow::GoOn,
        }
    }
}

impl LookupAction {
    fn start(&self, vr: &mut Request<'_>) -> Next {
        if vr.is_handled() {
            return Next::Done(Flow::GoOn);
        }
        if !self.options.allows_method(vr.method()) {
            let line = "not for this method";
            return self.bypass(vr, Forward::Method, &"method", &line);
        }
        if self.options.headers && conditions(vr).are_for_origin() {
            let reason = "If-Match or If-Unmodified-Since";
            let line = "not for a request with such a condition";
            return self.bypass(vr, Forward::Bypass, &reason, &line);
        }
        let Some(client) = vr.worker() else {
            return self.fail(vr, None, &"not available on this worker");
        };
        let Some(waker) = vr.waker() else {
            return self.fail(vr, None, &"not available on this server");
        };
        let key = self.options.key_of(vr);
        match client.lookup(&self.pool, &key, self.options.timeout, waker) {
            Lookup::Pending(handle) => Next::Wait(Waiting::Asked { key, handle }),
            Lookup::Ready(result) => self.finish(vr, result, key),
        }
    }

    fn finish(&self, vr: &mut Request<'_>, result: LookupResult<BufferSlice>, key: Key) -> Next {
        match result {
            LookupResult::Hit(value) => self.answer(vr, &value, key),
            LookupResult::Miss => self.miss(vr, &key),
            LookupResult::Failed(failure) => self.fail(vr, Some(&key), &failure),
        }
    }

    /// The item becomes the response.
    fn answer(&self, vr: &mut Request<'_>, value: &Value<BufferSlice>, key: Key) -> Next {
        let mut fresh_secs = None;
        let sent = if self.options.headers {
            let head = match Head::parse(value.pieces.iter(), value.flags) {
                Ok(head) => head,
                Err(malformed) => return self.reject(vr, &key, malformed),
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
            Sent::Not => return Next::Done(Flow::GoOn),
            Sent::Cut => {
                PUBLISHER.log(vr, Level::Error, &"the body could not be sent");
                return Next::Done(Flow::Error);
            }
        }
        let cache_status = say_hit(vr, &self.options, &key, fresh_secs);
        self.publish(vr, Some(&key), format_args!("hit"), &"hit");
        vr.set_state(Box::new(RequestMemory {
            hit: Some((Arc::clone(&self.pool), key)),
            cache_status,
            ..RequestMemory::default()
        }));
        enter(vr, self.hit.as_ref());
        Next::Done(Flow::GoOn)
    }

    /// There is no item.
    fn miss(&self, vr: &mut Request<'_>, key: &Key) -> Next {
        // Where items are variants, there may be others for this URL.
        let forward = if self.options.vary.is_empty() {
            Forward::UriMiss
        } else {
            Forward::Miss
        };
        self.leave_note(vr, forward, None, Some(key));
        self.pass(vr, Some(key), format_args!("miss"), &"not found")
    }

    /// The item is no whole response.
    fn reject(&self, vr: &mut Request<'_>, key: &Key, malformed: Malformed) -> Next {
        if let Malformed::Encoded { .. } = malformed {
            if let Some(left_out) = self.encoded.pass() {
                let item = self.item(Some(key));
                let line = format_args!("not a stored response: {malformed}{item}{left_out}");
                PUBLISHER.log(vr, Level::Warning, &line);
            }
        }
        self.leave_note(vr, Forward::Miss, Some(&malformed), Some(key));
        let line = format_args!("not a stored response: {malformed}");
        self.pass(vr, Some(key), format_args!("miss: {malformed}"), &line)
    }

    /// Memcached is not asked about such a request.
    fn bypass(
        &self,
        vr: &mut Request<'_>,
        forward: Forward,
        reason: &dyn Display,
        line: &dyn Display,
    ) -> Next {
        // Made only to be shown.
        let shown = shows_key(vr, self.options.environment);
        let key = shown.then(|| self.options.key_of(vr));
        let detail = (forward == Forward::Bypass).then_some(reason);
        self.leave_note(vr, forward, detail, key.as_ref());
        self.pass(vr, key.as_ref(), format_args!("bypass: {reason}"), line)
    }

    /// The request goes on without memcached, which could not be asked.
    fn fail(&self, vr: &mut Request<'_>, key: Option<&Key>, why: &dyn Display) -> Next {
        self.leave_note(vr, Forward::Miss, Some(why), key);
        self.pass(vr, key, format_args!("error: {why}"), why)
    }

    /// Leaves what `memcached.store` has to know of this lookup.
    fn leave_note(
        &self,
        vr: &mut Request<'_>,
        forward: Forward,
        detail: Option<&dyn Display>,
        key: Option<&Key>,
    ) {
        let missed = Missed::new(&self.options, forward, detail, key);
        let hit_type = (!self.options.headers).then(|| vr.type_of_path(OTHER_TYPE).into());
        // That of an earlier lookup is forgotten.
        drop(vr.take_state());
        if hit_type.is_some() || missed.is_some() {
            vr.set_state(Box::new(RequestMemory {
                hit: None,
                hit_type,
                cache_status: missed.map(Note::Due),
            }));
        }
    }

    /// The request goes on without the cache.
    fn pass(
        &self,
        vr: &mut Request<'_>,
        key: Option<&Key>,
        status: Arguments<'_>,
        line: &dyn Display,
    ) -> Next {
        self.publish(vr, key, status, line);
        enter(vr, self.miss.as_ref());
        if self.miss.is_some() && self.options.cache_status.is_some() {
            return Next::Wait(Waiting::Missed);
        }
        Next::Done(Flow::GoOn)
    }

    /// The miss action has run. If no `memcached.store` in it has added what
    /// `Cache-Status` says, it is added here.
    fn after_miss(vr: &mut Request<'_>) -> Next {
        match vr.response_state() {
            ResponseState::Pending => return Next::Wait(Waiting::Missed),
            ResponseState::Ready => say_missed(vr),
            ResponseState::NoHandler => {}
        }
        Next::Done(Flow::GoOn)
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

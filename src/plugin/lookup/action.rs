//! The action: asks memcached, and runs the hit or the miss action.

use std::ffi::CStr;
use std::fmt::{Arguments, Display};
use std::sync::Arc;
use std::task::Poll;

use memcached_core::lookup::LookupResult;
use memcached_core::policy::invalidation::is_safe;
use memcached_core::policy::{Bypass, Conditions};
use memcached_core::protocol::Value;

use super::arguments::arguments;
use super::hit::{self, Sent};
use crate::client::{Lookup, LookupHandle};
use crate::host::{Action, ActionKind, BufferSlice, ConfigValue, Flow, Level, Server};
use crate::plugin::accept_encoding;
use crate::plugin::keys::{Keyed, Keys};
use crate::plugin::memcached::{LastLookup, Memcached, Outdated, Request, RequestMemory};
use crate::plugin::options::Options;
use crate::plugin::publish::Publisher;

const PUBLISHER: Publisher = Publisher {
    action: LookupAction::NAME,
    variable: "MEMCACHED_STATUS",
};

/// One `memcached.lookup` of the configuration.
pub(in crate::plugin) struct LookupAction {
    options: Arc<Options>,
    keys: Arc<Keys>,
    hit: Option<Action>,
    miss: Option<Action>,
}

impl ActionKind for LookupAction {
    const NAME: &'static CStr = c"memcached.lookup";
    type Plugin = Memcached;
    type Context = RequestMemory;

    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let arguments = arguments(value)?;
        let options =
            Options::parse(server, arguments.options).map_err(|error| error.to_string())?;
        let options = Arc::new(options);
        Ok(Self {
            keys: Arc::new(Keys::new(server, Self::NAME, Arc::clone(&options))),
            options,
            hit: arguments.hit,
            miss: arguments.miss,
        })
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Option<Box<RequestMemory>>) -> Flow {
        let Some(mut memory) = context.take() else {
            return self.start(vr, context);
        };
        match memory
            .pending
            .as_ref()
            .map_or(Poll::Pending, LookupHandle::poll)
        {
            Poll::Pending => {
                *context = Some(memory);
                Flow::WaitForEvent
            }
            Poll::Ready(result) => {
                memory.pending = None;
                self.finish(vr, result, memory)
            }
        }
    }

    fn panicked(&self, vr: &mut Request<'_>) -> Flow {
        self.pass(vr, format_args!("error: internal error"), &"internal error")
    }
}

impl LookupAction {
    fn start(&self, vr: &mut Request<'_>, context: &mut Option<Box<RequestMemory>>) -> Flow {
        if vr.is_handled() {
            return Flow::GoOn;
        }
        if !is_safe(vr.method()) {
            self.remember_outdated(vr);
        }
        let options = &self.options.common;
        if !options.allows_method(vr.method()) {
            return self.pass(vr, format_args!("bypass: method"), &"not for this method");
        }
        let key = match self.keys.of(vr) {
            Ok(key) => key,
            Err(bypass) => return self.bypass(vr, bypass),
        };
        let mut memory = self.memory(vr, Ok(key.clone()));
        if options.headers && conditions(vr).are_for_origin() {
            vr.set_state(memory);
            let status = format_args!("bypass: If-Match or If-Unmodified-Since");
            return self.pass(vr, status, &"not for a request with such a condition");
        }
        let Some(client) = vr.worker() else {
            return self.fail(vr, memory, &"not available on this worker");
        };
        let Some(waker) = vr.waker() else {
            return self.fail(vr, memory, &"not available on this server");
        };
        match client.lookup(self.keys.pool(), &key.key, options.timeout, waker) {
            Lookup::Pending(handle) => {
                memory.pending = Some(handle);
                *context = Some(memory);
                Flow::WaitForEvent
            }
            Lookup::Ready(result) => self.finish(vr, result, memory),
        }
    }

    fn finish(
        &self,
        vr: &mut Request<'_>,
        result: LookupResult<BufferSlice>,
        memory: Box<RequestMemory>,
    ) -> Flow {
        match result {
            LookupResult::Hit(value) => self.answer(vr, &value, memory),
            LookupResult::Miss => self.miss(vr, memory, format_args!("miss"), &"not found"),
            LookupResult::Failed(failure) => self.fail(vr, memory, &failure),
        }
    }

    /// The item becomes the response.
    fn answer(
        &self,
        vr: &mut Request<'_>,
        value: &Value<BufferSlice>,
        mut memory: Box<RequestMemory>,
    ) -> Flow {
        let sent = if self.options.common.headers {
            match hit::send_whole(vr, value, &conditions(vr)) {
                Ok(sent) => sent,
                Err(malformed) => {
                    let line = format!("not a stored response: {malformed}");
                    return self.miss(vr, memory, format_args!("miss: {malformed}"), &line);
                }
            }
        } else {
            hit::send_body(vr, value)
        };
        if let Some(lookup) = &mut memory.lookup {
            lookup.is_hit = sent == Sent::Whole;
        }
        vr.set_state(memory);
        match sent {
            Sent::Whole => {}
            // Something else answered while the lookup was under way.
            Sent::Not => return Flow::GoOn,
            Sent::Cut => {
                PUBLISHER.log(vr, Level::Error, &"the body could not be sent");
                return Flow::Error;
            }
        }
        self.publish(vr, format_args!("hit"), &"hit");
        enter(vr, self.hit.as_ref())
    }

    /// The request has nothing to do with the cache.
    fn bypass(&self, vr: &mut Request<'_>, bypass: Bypass) -> Flow {
        let flow = self.pass(vr, format_args!("bypass: {bypass}"), &bypass);
        let memory = self.memory(vr, Err(bypass));
        vr.set_state(memory);
        flow
    }

    /// The request goes on without memcached, which could not be asked.
    fn fail(&self, vr: &mut Request<'_>, memory: Box<RequestMemory>, why: &dyn Display) -> Flow {
        self.miss(vr, memory, format_args!("error: {why}"), why)
    }

    /// There is no item to answer with, but there may be one next time.
    fn miss(
        &self,
        vr: &mut Request<'_>,
        memory: Box<RequestMemory>,
        status: Arguments<'_>,
        line: &dyn Display,
    ) -> Flow {
        let accepted = memory.lookup.as_ref().and_then(LastLookup::accepted);
        vr.set_state(memory);
        if let Some(codings) = self.keys.codings(accepted) {
            accept_encoding::overwrite(vr, &codings);
        }
        self.pass(vr, status, line)
    }

    /// The request goes on.
    fn pass(&self, vr: &mut Request<'_>, status: Arguments<'_>, line: &dyn Display) -> Flow {
        self.publish(vr, status, line);
        enter(vr, self.miss.as_ref())
    }

    /// What is remembered of the request, with this as its last lookup.
    #[expect(clippy::unnecessary_box_returns, reason = "it stays in its box")]
    fn memory(&self, vr: &mut Request<'_>, key: Result<Keyed, Bypass>) -> Box<RequestMemory> {
        let mut memory = vr.take_state().unwrap_or_default();
        memory.lookup = Some(LastLookup {
            keys: Arc::clone(&self.keys),
            key,
            is_hit: false,
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

    fn publish(&self, vr: &mut Request<'_>, status: Arguments<'_>, line: &dyn Display) {
        PUBLISHER.publish(vr, self.options.common.environment, status, line);
    }
}

fn conditions(vr: &Request<'_>) -> Conditions {
    let mut conditions = Conditions::default();
    for (name, value) in vr.request_headers() {
        conditions.observe(name, value);
    }
    conditions
}

fn enter(vr: &mut Request<'_>, action: Option<&Action>) -> Flow {
    if let Some(action) = action {
        vr.enter(action);
    }
    Flow::GoOn
}

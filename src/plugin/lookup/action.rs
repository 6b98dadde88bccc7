//! The action: asks memcached, and runs the hit or the miss action.

use std::ffi::CStr;
use std::fmt::{Arguments, Display};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use memcached_core::lookup::LookupResult;
use memcached_core::policy::Conditions;
use memcached_core::pool::Pool;
use memcached_core::protocol::Value;

use super::arguments::arguments;
use super::hit::{self, Sent};
use crate::client::{Lookup, LookupHandle};
use crate::host::{Action, ActionKind, BufferSlice, ConfigValue, Flow, Level, Server, SockAddr};
use crate::plugin::memcached::{Memcached, Request, RequestMemory};
use crate::plugin::options::{Common, Options};
use crate::plugin::publish::Publisher;

const PUBLISHER: Publisher = Publisher {
    action: LookupAction::NAME,
    variable: "MEMCACHED_STATUS",
};

/// One `memcached.lookup` of the configuration.
pub(in crate::plugin) struct LookupAction {
    options: Common,
    pool: Arc<Pool<SockAddr>>,
    hit: Option<Action>,
    miss: Option<Action>,
    warned_of_large: AtomicBool,
}

impl ActionKind for LookupAction {
    const NAME: &'static CStr = c"memcached.lookup";
    type Plugin = Memcached;
    type Context = RequestMemory;

    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let arguments = arguments(value)?;
        let options =
            Options::parse(server, arguments.options).map_err(|error| error.to_string())?;
        Ok(Self {
            pool: options.common.pool(),
            options: options.common,
            hit: arguments.hit,
            miss: arguments.miss,
            warned_of_large: AtomicBool::new(false),
        })
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Option<Box<RequestMemory>>) -> Flow {
        let Some(mut memory) = context.take() else {
            return self.start(vr, context);
        };
        match memory
            .lookup
            .as_ref()
            .map_or(Poll::Pending, LookupHandle::poll)
        {
            Poll::Pending => {
                *context = Some(memory);
                Flow::WaitForEvent
            }
            Poll::Ready(result) => {
                memory.lookup = None;
                self.finish(vr, result, memory)
            }
        }
    }

    fn panicked(&self, vr: &mut Request<'_>) -> Flow {
        self.fail(vr, &"internal error")
    }
}

impl LookupAction {
    fn start(&self, vr: &mut Request<'_>, context: &mut Option<Box<RequestMemory>>) -> Flow {
        if vr.is_handled() {
            return Flow::GoOn;
        }
        if !self.options.allows_method(vr.method()) {
            return self.pass(vr, format_args!("bypass: method"), &"not for this method");
        }
        if self.options.headers && conditions(vr).are_for_origin() {
            let status = format_args!("bypass: If-Match or If-Unmodified-Since");
            return self.pass(vr, status, &"not for a request with such a condition");
        }
        let Some(client) = vr.worker() else {
            return self.fail(vr, &"not available on this worker");
        };
        let Some(waker) = vr.waker() else {
            return self.fail(vr, &"not available on this server");
        };
        let mut memory = Box::new(RequestMemory {
            pool: Arc::clone(&self.pool),
            key: self.options.key_of(vr),
            lookup: None,
        });
        let Common {
            timeout, max_value, ..
        } = self.options;
        match client.lookup(&memory.pool, &memory.key, timeout, max_value, waker) {
            Lookup::Pending(handle) => {
                memory.lookup = Some(handle);
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
            LookupResult::Miss => self.pass(vr, format_args!("miss"), &"not found"),
            LookupResult::TooLarge(len) => self.pass_too_large(vr, len),
            LookupResult::Failed(failure) => self.fail(vr, &failure),
        }
    }

    /// The item becomes the response.
    fn answer(
        &self,
        vr: &mut Request<'_>,
        value: &Value<BufferSlice>,
        memory: Box<RequestMemory>,
    ) -> Flow {
        let sent = if self.options.headers {
            match hit::send_whole(vr, value, &conditions(vr)) {
                Ok(sent) => sent,
                Err(malformed) => {
                    let line = format!("not a stored response: {malformed}");
                    return self.pass(vr, format_args!("miss: {malformed}"), &line);
                }
            }
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
        vr.set_state(memory);
        self.publish(vr, format_args!("hit"), &"hit");
        enter(vr, self.hit.as_ref())
    }

    /// There is an item that is not worth its memory; the first one is worth a
    /// line.
    fn pass_too_large(&self, vr: &mut Request<'_>, len: u64) -> Flow {
        let max_value = self.options.max_value;
        let line = format!("a value of {len} bytes is larger than max_value, {max_value}");
        if !self.warned_of_large.swap(true, Ordering::Relaxed) {
            PUBLISHER.log(vr, Level::Warning, &line);
        }
        self.pass(vr, format_args!("miss: larger than max_value"), &line)
    }

    /// The request goes on without memcached, which could not be asked.
    fn fail(&self, vr: &mut Request<'_>, why: &dyn Display) -> Flow {
        self.pass(vr, format_args!("error: {why}"), why)
    }

    /// The request goes on without the cache.
    fn pass(&self, vr: &mut Request<'_>, status: Arguments<'_>, line: &dyn Display) -> Flow {
        self.publish(vr, status, line);
        enter(vr, self.miss.as_ref())
    }

    fn publish(&self, vr: &mut Request<'_>, status: Arguments<'_>, line: &dyn Display) {
        PUBLISHER.publish(vr, self.options.environment, status, line);
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

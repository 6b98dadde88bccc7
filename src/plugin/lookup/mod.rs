//! `memcached.lookup (options, action-hit, action-miss)`.

mod arguments;
mod hit;

use std::ffi::CStr;
use std::fmt::{Arguments, Display};

use memcached_core::protocol::Value;
use memcached_core::response::Conditions;

use super::options::Options;
use super::{Memcached, RequestState, tell};
use crate::client::{Found, LookupHandle};
use crate::host::{Action, ActionKind, BufferSlice, ConfigValue, Flow, Level, Server, VRequest};
use arguments::arguments;
use hit::Sent;

/// The variable of the request's environment that tells what a lookup came to.
const VARIABLE: &str = "MEMCACHED_STATUS";

/// One `memcached.lookup` of the configuration.
pub struct LookupAction {
    options: Options,
    hit: Option<Action>,
    miss: Option<Action>,
}

impl ActionKind for LookupAction {
    const NAME: &'static CStr = c"memcached.lookup";
    type Plugin = Memcached;
    type Context = RequestState;

    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let (list, hit, miss) = arguments(value)?;
        let options = Options::parse(server, list).map_err(|error| error.to_string())?;
        Ok(Self { options, hit, miss })
    }

    fn run(
        &self,
        vr: &mut VRequest<'_, Memcached>,
        context: &mut Option<Box<RequestState>>,
    ) -> Flow {
        match context {
            None => self.start(vr, context),
            Some(waiting) => {
                let found = waiting.lookup.as_ref().map(LookupHandle::poll);
                if let Some(None) = found {
                    return Flow::WaitForEvent;
                }
                waiting.lookup = None;
                match (found.flatten(), context.take()) {
                    (Some(Found::Hit(value)), Some(asked)) => self.answer(vr, &value, asked),
                    (Some(Found::Failed(failure)), _) => self.fail(vr, &failure),
                    _ => self.pass(vr, format_args!("miss"), &"not found"),
                }
            }
        }
    }

    fn panicked(&self, vr: &mut VRequest<'_, Memcached>) -> Flow {
        self.fail(vr, &"internal error")
    }
}

impl LookupAction {
    fn start(
        &self,
        vr: &mut VRequest<'_, Memcached>,
        context: &mut Option<Box<RequestState>>,
    ) -> Flow {
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
        let key = self.options.key_of(vr);
        let server = client.server(&self.options.server);
        match server.lookup(key.clone(), self.options.timing, waker) {
            Ok(handle) => {
                *context = Some(Box::new(RequestState {
                    server: self.options.server.clone(),
                    key,
                    lookup: Some(handle),
                }));
                Flow::WaitForEvent
            }
            Err(failure) => self.fail(vr, &failure),
        }
    }

    /// The item becomes the response.
    fn answer(
        &self,
        vr: &mut VRequest<'_, Memcached>,
        value: &Value<BufferSlice>,
        asked: Box<RequestState>,
    ) -> Flow {
        let sent = if self.options.headers {
            match hit::send_whole(vr, value, &conditions(vr)) {
                Ok(sent) => sent,
                Err(malformed) => {
                    let status = format_args!("miss: {malformed}");
                    let line = format_args!("not a stored response: {malformed}");
                    return self.pass(vr, status, &line);
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
                vr.log(Level::Error, "memcached.lookup: the body could not be sent");
                return Flow::Error;
            }
        }
        vr.set_state(asked);
        self.note(vr, format_args!("hit"), &"hit");
        enter(vr, self.hit.as_ref())
    }

    /// The request goes on without memcached, which could not be asked.
    fn fail(&self, vr: &mut VRequest<'_, Memcached>, why: &dyn Display) -> Flow {
        self.pass(vr, format_args!("error: {why}"), why)
    }

    /// The request goes on without the cache.
    fn pass(
        &self,
        vr: &mut VRequest<'_, Memcached>,
        status: Arguments<'_>,
        line: &dyn Display,
    ) -> Flow {
        self.note(vr, status, line);
        enter(vr, self.miss.as_ref())
    }

    /// Tells what a lookup came to, for logs and header actions, and as a line.
    fn note(&self, vr: &mut VRequest<'_, Memcached>, status: Arguments<'_>, line: &dyn Display) {
        let line = format_args!("memcached.lookup: {line}");
        tell(vr, self.options.environment, VARIABLE, status, line);
    }
}

fn conditions(vr: &VRequest<'_, Memcached>) -> Conditions {
    let mut conditions = Conditions::default();
    for (name, value) in vr.request_headers() {
        conditions.observe(name, value);
    }
    conditions
}

fn enter(vr: &mut VRequest<'_, Memcached>, action: Option<&Action>) -> Flow {
    if let Some(action) = action {
        vr.enter(action);
    }
    Flow::GoOn
}

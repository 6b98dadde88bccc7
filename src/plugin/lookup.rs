//! `memcached.lookup (options, action-hit, action-miss)`.

use std::ffi::CStr;

use memcached_core::protocol::{Key, Value};

use super::options::{self, Options};
use super::{Memcached, RequestState};
use crate::client::{Client, Found, LookupHandle};
use crate::host::{Action, ActionKind, BufferSlice, ConfigValue, Flow, Level, Server, VRequest};

/// One `memcached.lookup` of the configuration.
pub struct LookupAction {
    options: Options,
    hit: Option<Action>,
    miss: Option<Action>,
}

/// A request that waits for its lookup.
pub struct Waiting {
    handle: LookupHandle,
    key: Key,
}

impl ActionKind for LookupAction {
    const NAME: &'static CStr = c"memcached.lookup";
    type Plugin = Memcached;
    type Context = Waiting;

    fn configure(server: Server, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let (list, hit, miss) = arguments(value)?;
        let options = Options::parse(server, list).map_err(|error| error.to_string())?;
        Ok(Self { options, hit, miss })
    }

    fn run(
        &self,
        vr: &VRequest<'_>,
        client: Option<&Client>,
        context: &mut Option<Box<Waiting>>,
    ) -> Flow {
        match context {
            None => self.start(vr, client, context),
            Some(waiting) => {
                let Some(found) = waiting.handle.poll() else {
                    return Flow::WaitForEvent;
                };
                let waiting = context.take();
                match (found, waiting) {
                    (Found::Hit(value), Some(waiting)) => self.answer(vr, &value, waiting.key),
                    (Found::Failed(failure), _) => {
                        self.pass(vr, &format!("memcached.lookup: {failure}"))
                    }
                    _ => self.pass(vr, "memcached.lookup: not found"),
                }
            }
        }
    }

    fn panicked(&self, vr: &VRequest<'_>) -> Flow {
        self.pass(vr, "memcached.lookup: internal error")
    }
}

impl LookupAction {
    fn start(
        &self,
        vr: &VRequest<'_>,
        client: Option<&Client>,
        context: &mut Option<Box<Waiting>>,
    ) -> Flow {
        if vr.is_handled() {
            return Flow::GoOn;
        }
        if !self.options.allows_method(vr.method()) {
            return self.pass(vr, "memcached.lookup: not for this method");
        }
        let Some(client) = client else {
            return self.pass(vr, "memcached.lookup: not available on this worker");
        };
        let Some(waker) = vr.waker() else {
            return self.pass(vr, "memcached.lookup: not available on this server");
        };
        let key = self.options.key.eval(vr, Key::hashing);
        let server = client.server(&self.options.server);
        match server.lookup(key.clone(), self.options.timing, waker) {
            Ok(handle) => {
                *context = Some(Box::new(Waiting { handle, key }));
                Flow::WaitForEvent
            }
            Err(failure) => self.pass(vr, &format!("memcached.lookup: {failure}")),
        }
    }

    /// The item becomes the response.
    fn answer(&self, vr: &VRequest<'_>, value: &Value<BufferSlice>, key: Key) -> Flow {
        if !vr.handle_direct() {
            // Something else answered while the lookup was under way.
            return Flow::GoOn;
        }
        vr.set_status(200);
        let mime_type = vr.mime_type();
        let mime_type = mime_type.as_deref().unwrap_or(b"application/octet-stream");
        vr.set_response_header("Content-Type", mime_type);
        if value.len == 0 {
            // The host gives the length of a body itself, but for HEAD it takes
            // an empty one for a body that nobody made.
            vr.set_response_header("Content-Length", b"0");
        }
        for piece in value.pieces.iter() {
            vr.append_body(piece);
        }
        vr.set_state::<Memcached>(RequestState { hit: key });
        debug(vr, "memcached.lookup: hit");
        enter(vr, self.hit.as_ref())
    }

    /// The request goes on without the cache.
    fn pass(&self, vr: &VRequest<'_>, why: &str) -> Flow {
        debug(vr, why);
        enter(vr, self.miss.as_ref())
    }
}

fn enter(vr: &VRequest<'_>, action: Option<&Action>) -> Flow {
    if let Some(action) = action {
        vr.enter(action);
    }
    Flow::GoOn
}

fn debug(vr: &VRequest<'_>, text: &str) {
    if vr.debug_requests() {
        vr.log(Level::Debug, text);
    }
}

type Arguments<'a> = (Option<ConfigValue<'a>>, Option<Action>, Option<Action>);

/// Takes the forms apart in which the configuration can give the arguments: an
/// option list alone, or a list of options, hit action and miss action.
fn arguments(value: Option<ConfigValue<'_>>) -> Result<Arguments<'_>, String> {
    let Some(value) = value.filter(|value| !options::is_nothing(value)) else {
        return Ok((None, None, None));
    };
    if options::is_option_list(&value) {
        return Ok((Some(value), None, None));
    }
    let form = "expected (options, hit-action, miss-action)";
    let Some(parts) = value.as_list() else {
        return Err(format!("{form}, found {}", value.type_name()));
    };
    if parts.len() > 3 {
        return Err(format!("{form}, found {} arguments", parts.len()));
    }
    let mut parts = parts;
    let list = parts.next().flatten();
    if let Some(list) = &list
        && !options::is_nothing(list)
        && list.as_list().is_none()
    {
        return Err(format!(
            "{form}, found {} as first argument",
            list.type_name()
        ));
    }
    let mut action = |which: &str| match parts.next().flatten() {
        Some(part) if !part.is_none() => match part.action() {
            Some(action) => Ok(Some(action)),
            None => Err(format!(
                "the {which} action must be an action block or none, found {}",
                part.type_name()
            )),
        },
        _ => Ok(None),
    };
    let hit = action("hit")?;
    let miss = action("miss")?;
    Ok((list, hit, miss))
}

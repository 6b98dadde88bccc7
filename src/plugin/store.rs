//! `memcached.store options`.

use std::ffi::CStr;
use std::time::{SystemTime, UNIX_EPOCH};

use memcached_core::protocol::{Key, Ttl, exptime};
use memcached_core::response::{Facts, Policy, Reason};

use super::Memcached;
use super::options::{self, Options};
use crate::client::Client;
use crate::host::{
    ActionKind, BodyFilter, ConfigValue, FilterIo, Flow, Level, ResponseState, Server, VRequest,
};

/// One `memcached.store` of the configuration.
pub struct StoreAction {
    options: Options,
}

impl ActionKind for StoreAction {
    const NAME: &'static CStr = c"memcached.store";
    type Plugin = Memcached;
    /// The key, kept while the response headers are awaited: the regex
    /// captures that it was made from are gone by then.
    type Context = Key;

    fn configure(server: Server, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let list = match value {
            Some(value) if !options::is_nothing(&value) && !options::is_option_list(&value) => {
                single(value)?
            }
            other => other,
        };
        let options = Options::parse(server, list).map_err(|error| error.to_string())?;
        Ok(Self { options })
    }

    fn run(
        &self,
        vr: &VRequest<'_>,
        client: Option<&Client>,
        context: &mut Option<Box<Key>>,
    ) -> Flow {
        let key = match context.take() {
            Some(key) => *key,
            None => self.options.key.eval(vr, Key::hashing),
        };
        match vr.response_state() {
            ResponseState::NoHandler => {
                let text = "memcached.store: no response to store; \
                            a content handler must stand before memcached.store";
                vr.log(Level::Error, text);
                return Flow::Error;
            }
            ResponseState::Pending => {
                *context = Some(Box::new(key));
                return Flow::WaitForEvent;
            }
            ResponseState::Ready => {}
        }
        if client.is_none() {
            return Flow::GoOn;
        }
        match self.decide(vr, &key) {
            Ok(ttl) => self.collect(vr, key, ttl),
            Err(reason) => not_stored(vr, &reason),
        }
        Flow::GoOn
    }

    fn panicked(&self, _vr: &VRequest<'_>) -> Flow {
        Flow::GoOn
    }
}

impl StoreAction {
    /// Whether the response may be stored, and for how long.
    fn decide(&self, vr: &VRequest<'_>, key: &Key) -> Result<Ttl, Reason> {
        let method = vr.method();
        if method == b"HEAD" {
            return Err(Reason::Head);
        }
        if !self.options.allows_method(method) {
            return Err(Reason::Method);
        }
        if vr.status() != 200 {
            return Err(Reason::Status(vr.status()));
        }
        if vr
            .state::<Memcached>()
            .is_some_and(|known| known.hit == *key)
        {
            return Err(Reason::FromCache);
        }
        let mut facts = Facts::default();
        let mut length = None;
        vr.request_headers(|name, value| facts.observe_request(name, value));
        vr.response_headers(|name, value| {
            facts.observe_response(name, value);
            if name.eq_ignore_ascii_case(b"Content-Length") {
                length = std::str::from_utf8(value).ok().and_then(|n| n.parse().ok());
            }
        });
        // A body that is known to be too long need not be collected first.
        if length.is_some_and(|length: u64| length > self.options.maxsize) {
            return Err(Reason::TooLarge);
        }
        let policy = Policy {
            force: self.options.force,
            ..Policy::default()
        };
        facts.decide(policy, self.options.ttl, unix_now())
    }

    fn collect(&self, vr: &VRequest<'_>, key: Key, ttl: Ttl) {
        let filter = StoreFilter {
            key,
            ttl,
            flags: self.options.flags,
            maxsize: self.options.maxsize,
            server: self.options.server.clone(),
            timing: self.options.timing,
            body: Some(Vec::new()),
        };
        if !vr.add_filter_out(filter) {
            not_stored(vr, &Reason::TooLate);
        }
    }
}

/// Copies a body that passes and stores it when it ends.
struct StoreFilter {
    key: Key,
    ttl: Ttl,
    flags: u32,
    maxsize: u64,
    server: crate::host::SockAddr,
    timing: memcached_core::connection::Timing,
    /// What has passed; `None` once it is decided that nothing is stored, or
    /// when it has been.
    body: Option<Vec<u8>>,
}

impl BodyFilter for StoreFilter {
    fn handle(&mut self, vr: Option<&VRequest<'_>>, io: &mut FilterIo<'_>) -> Flow {
        if io.output_closed() && !(io.input_closed() && io.input_len() == 0) {
            // The client is gone.
            self.give_up(vr, &Reason::Cut);
            io.discard_all();
            return Flow::GoOn;
        }
        if io.input_gone() {
            self.give_up(vr, &Reason::Cut);
            io.close_output();
            return Flow::GoOn;
        }
        self.copy(vr, io);
        io.forward_all();
        if io.input_closed() {
            if let Some(vr) = vr {
                self.store(vr);
            }
            io.close_output();
        }
        Flow::GoOn
    }
}

impl StoreFilter {
    fn copy(&mut self, vr: Option<&VRequest<'_>>, io: &mut FilterIo<'_>) {
        let Some(body) = &mut self.body else {
            return;
        };
        let room = self.maxsize - body.len() as u64;
        if io.input_len() > room {
            self.give_up(vr, &Reason::TooLarge);
            return;
        }
        if !io.read_all(|bytes| body.extend_from_slice(bytes)) {
            self.give_up(vr, &Reason::Unreadable("a file".into()));
        }
    }

    fn give_up(&mut self, vr: Option<&VRequest<'_>>, reason: &Reason) {
        if self.body.take().is_some()
            && let Some(vr) = vr
        {
            not_stored(vr, reason);
        }
    }

    fn store(&mut self, vr: &VRequest<'_>) {
        let Some(body) = self.body.take() else {
            return;
        };
        if vr.status() != 200 {
            not_stored(vr, &Reason::Status(vr.status()));
            return;
        }
        let Some(client) = vr.worker_state::<Memcached>() else {
            return;
        };
        let exptime = exptime(self.ttl, unix_now());
        let server = client.server(&self.server);
        let stored = server.store(self.key.clone(), self.flags, exptime, body, self.timing);
        if vr.debug_requests() {
            let text = match stored {
                Ok(()) => "memcached.store: sent to memcached".into(),
                Err(failure) => format!("memcached.store: not stored: {failure}"),
            };
            vr.log(Level::Debug, &text);
        }
    }
}

fn not_stored(vr: &VRequest<'_>, reason: &Reason) {
    if vr.debug_requests() {
        vr.log(
            Level::Debug,
            &format!("memcached.store: not stored: {reason}"),
        );
    }
}

fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The one argument of a list that holds just that.
fn single(value: ConfigValue<'_>) -> Result<Option<ConfigValue<'_>>, String> {
    match value.as_list() {
        None => Ok(Some(value)),
        Some(mut parts) if parts.len() == 1 => Ok(parts.next().flatten()),
        Some(parts) => Err(format!(
            "expected one list of options, found {} arguments",
            parts.len()
        )),
    }
}

//! `memcached.store options`.

mod filter;

use std::ffi::CStr;
use std::fmt::Display;

use memcached_core::protocol::{Key, Ttl};
use memcached_core::response::stored::{Entry, HeadWriter};
use memcached_core::response::{Facts, Policy, Reason, Scope};

use super::options::{self, Environment, Options};
use super::{Memcached, tell, unix_now};
use crate::host::{ActionKind, ConfigValue, Flow, Level, ResponseState, Server, VRequest};
use filter::StoreFilter;

/// The variable of the request's environment that tells what a store came to.
const VARIABLE: &str = "MEMCACHED_STORE";

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

    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let list = match value {
            Some(value) if !options::is_nothing(&value) && !options::is_option_list(&value) => {
                single(value)?
            }
            other => other,
        };
        let options = Options::parse(server, list).map_err(|error| error.to_string())?;
        Ok(Self { options })
    }

    fn run(&self, vr: &mut VRequest<'_, Memcached>, context: &mut Option<Box<Key>>) -> Flow {
        let key = match context.take() {
            Some(key) => *key,
            None => self.options.key_of(vr),
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
        if vr.worker().is_none() {
            return Flow::GoOn;
        }
        match self.decide(vr, &key) {
            Ok(item) => self.collect(vr, key, item),
            Err(reason) => not_stored(vr, self.options.environment, &reason),
        }
        Flow::GoOn
    }

    fn panicked(&self, _vr: &mut VRequest<'_, Memcached>) -> Flow {
        Flow::GoOn
    }
}

impl StoreAction {
    /// Whether the response may be stored, for how long, and behind what head.
    fn decide(&self, vr: &VRequest<'_, Memcached>, key: &Key) -> Result<Item, Reason> {
        let options = &self.options;
        let method = vr.method();
        if method == b"HEAD" {
            return Err(Reason::Head);
        }
        if !options.allows_method(method) {
            return Err(Reason::Method);
        }
        let status = u16::try_from(vr.status()).unwrap_or(0);
        if !options.statuses.contains(&status) {
            return Err(Reason::Status(vr.status()));
        }
        if vr
            .state()
            .is_some_and(|hit| hit.key == *key && hit.server == options.server)
        {
            return Err(Reason::FromCache);
        }
        let mut facts = Facts::default();
        let mut head = HeadWriter::default();
        let mut length: Option<u64> = None;
        for (name, value) in vr.request_headers() {
            facts.observe_request(name, value);
        }
        for (name, value) in vr.response_headers() {
            facts.observe_response(name, value);
            if options.headers {
                head.push(name, value);
            }
            if name.eq_ignore_ascii_case(b"Content-Length") {
                length = std::str::from_utf8(value).ok().and_then(|n| n.parse().ok());
            }
        }
        // A body that is known to be too long need not be collected first.
        if length.is_some_and(|length| length > options.maxsize) {
            return Err(Reason::TooLarge);
        }
        let policy = Policy {
            force: options.force,
            scope: if options.headers {
                Scope::Whole(&options.vary)
            } else {
                Scope::Body
            },
        };
        let now = unix_now();
        let ttl = facts.decide(policy, options.lifetimes.of(status), now)?;
        let entry = if options.headers {
            head.encode(status, now, facts.age(now), options.etag)
                .map_err(Reason::Headers)?
        } else {
            Entry::default()
        };
        Ok(Item {
            ttl,
            length,
            fresh_until: facts.fresh_until(policy, now),
            entry,
        })
    }

    fn collect(&self, vr: &mut VRequest<'_, Memcached>, key: Key, item: Item) {
        let filter = StoreFilter {
            key,
            ttl: item.ttl,
            length: item.length,
            fresh_until: item.fresh_until,
            status: vr.status(),
            flags: self.options.flags,
            maxsize: self.options.maxsize,
            server: self.options.server.clone(),
            timing: self.options.timing,
            environment: self.options.environment,
            entry: Some(item.entry),
        };
        if vr.add_filter_out(filter) {
            if self.options.environment == Environment::Set {
                vr.set_environment(VARIABLE, "storing");
            }
        } else {
            not_stored(vr, self.options.environment, &Reason::TooLate);
        }
    }
}

/// What becomes of a response that may be stored.
struct Item {
    ttl: Ttl,
    /// The body's, as the response announces it.
    length: Option<u64>,
    /// In seconds since 1970.
    fresh_until: Option<u64>,
    /// Its head, where headers are stored.
    entry: Entry,
}

/// Tells why a response is not stored.
fn not_stored(vr: &mut VRequest<'_, Memcached>, environment: Environment, why: &dyn Display) {
    let line = format_args!("memcached.store: not stored: {why}");
    tell(vr, environment, VARIABLE, format_args!("no: {why}"), line);
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

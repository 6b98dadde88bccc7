//! `memcached.store options`.

mod filter;

use std::ffi::CStr;
use std::fmt::Display;

use memcached_core::policy::{Exchange, NotStored, Policy, Storable};
use memcached_core::protocol::Key;
use memcached_core::stored::{HeadWriter, NewItem};

use super::options::{self, Environment, Options};
use super::{Memcached, tell, unix_now};
use crate::client::Client;
use crate::host::{ActionKind, ConfigValue, Flow, Level, ResponseState, Server, VRequest};
use filter::StoreFilter;

/// The variable of the request's environment that tells what a store came to.
const VARIABLE: &str = "MEMCACHED_STORE";

/// One `memcached.store` of the configuration.
pub struct StoreAction {
    options: Options,
    policy: Policy,
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
        let policy = policy_of(&options);
        Ok(Self { options, policy })
    }

    fn run(
        &self,
        vr: &VRequest<'_>,
        client: Option<&Client>,
        context: &mut Option<Box<Key>>,
    ) -> Flow {
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
        if client.is_none() {
            return Flow::GoOn;
        }
        match self.decide(vr, &key) {
            Ok((storable, item)) => self.collect(vr, key, storable, item),
            Err(reason) => not_stored(vr, self.options.environment, &reason),
        }
        Flow::GoOn
    }

    fn panicked(&self, _vr: &VRequest<'_>) -> Flow {
        Flow::GoOn
    }
}

impl StoreAction {
    /// Whether the response may be stored, and the item that it becomes.
    fn decide(&self, vr: &VRequest<'_>, key: &Key) -> Result<(Storable, NewItem), NotStored> {
        let mut exchange = Exchange::new(vr.method(), vr.status());
        exchange.from_cache = vr
            .state::<Memcached>()
            .is_some_and(|hit| hit.key == *key && hit.server == self.options.server);
        let mut head = HeadWriter::default();
        vr.request_headers(|name, value| exchange.observe_request(name, value));
        vr.response_headers(|name, value| {
            exchange.observe_response(name, value);
            if self.policy.headers {
                head.push(name, value);
            }
        });
        let now = unix_now();
        let storable = self.policy.decide(&exchange, now)?;
        let item = self.policy.new_item(&head, &exchange, now)?;
        Ok((storable, item))
    }

    fn collect(&self, vr: &VRequest<'_>, key: Key, storable: Storable, item: NewItem) {
        let filter = StoreFilter {
            key,
            lifetime: storable.lifetime,
            length: storable.length,
            status: vr.status(),
            flags: self.options.flags,
            maxsize: self.policy.maxsize,
            server: self.options.server.clone(),
            timing: self.options.timing,
            environment: self.options.environment,
            entry: Some(item),
        };
        if vr.add_filter_out(filter) {
            if self.options.environment == Environment::Set {
                vr.set_environment(VARIABLE, "storing");
            }
        } else {
            not_stored(vr, self.options.environment, &NotStored::TooLate);
        }
    }
}

/// The rules that the options give.
fn policy_of(options: &Options) -> Policy {
    Policy {
        methods: options.methods.clone(),
        statuses: options.statuses.clone(),
        headers: options.headers,
        vary: options.vary.clone(),
        lifetimes: options.lifetimes.clone(),
        maxsize: options.maxsize,
        etag: options.etag,
        force: options.force,
        ..Policy::default()
    }
}

/// Tells why a response is not stored.
fn not_stored(vr: &VRequest<'_>, environment: Environment, why: &dyn Display) {
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

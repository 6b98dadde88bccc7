//! The action: decides whether the response may be stored, and sets a filter on
//! its body if so.

use std::ffi::CStr;
use std::sync::Arc;

use memcached_core::policy::{Exchange, NotStored, Policy, Storable};
use memcached_core::pool::Pool;
use memcached_core::protocol::Key;
use memcached_core::stored::{HeadWriter, NewItem};

use super::filter::StoreFilter;
use super::outcome::{NAME, PUBLISHER, not_stored, storing};
use crate::client::unix_now;
use crate::host::{ActionKind, ConfigValue, Flow, Level, ResponseState, Server, SockAddr};
use crate::plugin::memcached::{Memcached, Request};
use crate::plugin::options::{self, Misfit, Options};

/// One `memcached.store` of the configuration.
pub(in crate::plugin) struct StoreAction {
    /// Shared with the filters of all workers.
    options: Arc<Options>,
    policy: Policy,
    pool: Arc<Pool<SockAddr>>,
}

impl ActionKind for StoreAction {
    const NAME: &'static CStr = NAME;
    type Plugin = Memcached;
    /// The key, kept while the response headers are awaited: the regex captures
    /// that it was made from are gone by then.
    type Context = Key;

    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let list = match options::arguments(value) {
            Ok([list]) => list,
            // Whatever it is, it stands where the options should.
            Err(Misfit::Type(_)) => value,
            Err(misfit) => return Err(format!("expected one list of options, {misfit}")),
        };
        let options = Options::parse(server, list).map_err(|error| error.to_string())?;
        let policy = policy_of(&options);
        let pool = options.common.pool();
        Ok(Self {
            options: Arc::new(options),
            policy,
            pool,
        })
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Option<Box<Key>>) -> Flow {
        let key = match context.take() {
            Some(key) => *key,
            None => self.options.common.key_of(vr),
        };
        match vr.response_state() {
            ResponseState::NoHandler => {
                let line = "no response to store; \
                            a content handler must stand before memcached.store";
                PUBLISHER.log(vr, Level::Error, &line);
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
            Ok((response, item)) => self.collect(vr, key, response, item),
            Err(reason) => not_stored(vr, &self.options.common, &reason),
        }
        Flow::GoOn
    }

    fn panicked(&self, _vr: &mut Request<'_>) -> Flow {
        Flow::GoOn
    }
}

impl StoreAction {
    /// Whether the response may be stored; and the item that its body is added
    /// to.
    fn decide(&self, vr: &Request<'_>, key: &Key) -> Result<(Storable, NewItem), NotStored> {
        let mut exchange = Exchange::new(vr.method(), vr.status());
        exchange.from_cache = vr
            .state()
            .is_some_and(|hit| hit.key == *key && hit.pool.has_items_of(&self.pool));
        let mut head = HeadWriter::default();
        for (name, value) in vr.request_headers() {
            exchange.observe_request(name, value);
        }
        for (name, value) in vr.response_headers() {
            exchange.observe_response(name, value);
            if self.policy.headers {
                head.push(name, value);
            }
        }
        let now = unix_now();
        let response = self.policy.decide(&exchange, now)?;
        let item = self.policy.new_item(&head, &exchange, now)?;
        Ok((response, item))
    }

    fn collect(&self, vr: &mut Request<'_>, key: Key, response: Storable, item: NewItem) {
        let filter = StoreFilter {
            options: Arc::clone(&self.options),
            pool: Arc::clone(&self.pool),
            key,
            status: vr.status(),
            response,
            item: Some(item),
        };
        if vr.add_filter_out(filter) {
            storing(vr, &self.options.common);
        } else {
            not_stored(vr, &self.options.common, &NotStored::TooLate);
        }
    }
}

/// The rules that the options give.
fn policy_of(options: &Options) -> Policy {
    let Options { common, store } = options;
    Policy {
        methods: common.methods.clone(),
        statuses: store.statuses.clone(),
        headers: common.headers,
        vary: common.vary.clone(),
        lifetimes: store.ttl.clone(),
        maxsize: store.maxsize,
        etag: store.etag,
        force: store.force,
        ..Policy::default()
    }
}

//! The action: decides whether the response may be stored, and sets a filter on
//! its body if so.

use std::ffi::CStr;
use std::sync::Arc;

use memcached_core::decimal;
use memcached_core::policy::{Exchange, NotStored, Policy, Scope};
use memcached_core::protocol::Key;
use memcached_core::stored::{HeadWriter, NewItem};

use super::filter::{Storable, StoreFilter};
use super::outcome::{NAME, PUBLISHER, not_stored, storing};
use crate::client::unix_now;
use crate::host::{ActionKind, ConfigValue, Flow, Level, ResponseState, Server};
use crate::plugin::memcached::{Memcached, Request};
use crate::plugin::options::{self, Misfit, Options};

/// One `memcached.store` of the configuration.
pub(in crate::plugin) struct StoreAction {
    /// Shared with the filters of all workers.
    options: Arc<Options>,
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
        Ok(Self {
            options: Arc::new(options),
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
        let Options { common, store } = &*self.options;
        let method = vr.method();
        if method == b"HEAD" {
            return Err(NotStored::Head);
        }
        if !common.allows_method(method) {
            return Err(NotStored::Method);
        }
        let status = u16::try_from(vr.status()).unwrap_or(0);
        if !store.statuses.contains(&status) {
            return Err(NotStored::Status(vr.status()));
        }
        if vr
            .state()
            .is_some_and(|hit| hit.key == *key && hit.server == common.server)
        {
            return Err(NotStored::FromCache);
        }
        let mut exchange = Exchange::default();
        let mut head = HeadWriter::default();
        let mut length: Option<u64> = None;
        for (name, value) in vr.request_headers() {
            exchange.observe_request(name, value);
        }
        for (name, value) in vr.response_headers() {
            exchange.observe_response(name, value);
            if common.headers {
                head.push(name, value);
            }
            if name.eq_ignore_ascii_case(b"Content-Length") {
                length = decimal::parse(value).ok();
            }
        }
        // A body that is known to be too long need not be collected first.
        if length.is_some_and(|length| length > store.maxsize) {
            return Err(NotStored::TooLarge);
        }
        let policy = Policy {
            force: store.force,
            scope: if common.headers {
                Scope::Whole(&common.vary)
            } else {
                Scope::Body
            },
        };
        let now = unix_now();
        let ttl = exchange.decide(policy, store.ttl.of(status), now)?;
        let item = if common.headers {
            head.encode(status, now, exchange.age(now), store.etag)
                .map_err(NotStored::Headers)?
        } else {
            NewItem::default()
        };
        let response = Storable {
            status: vr.status(),
            ttl,
            length,
            fresh_until: exchange.fresh_until(policy, now),
        };
        Ok((response, item))
    }

    fn collect(&self, vr: &mut Request<'_>, key: Key, response: Storable, item: NewItem) {
        let filter = StoreFilter {
            options: Arc::clone(&self.options),
            key,
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

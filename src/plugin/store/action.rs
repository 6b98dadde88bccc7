//! The action: decides whether the response may be stored, and sets a filter on
//! its body if so.

use std::ffi::CStr;
use std::rc::Rc;
use std::sync::Arc;

use memcached_core::policy::{Exchange, NotStored, Storable};
use memcached_core::protocol::Key;
use memcached_core::stored::{HeadWriter, NewItem};

use super::filter::StoreFilter;
use super::outcome::NAME;
use super::shared::Shared;
use crate::client::{Client, unix_now};
use crate::host::{ActionKind, ConfigValue, Flow, ResponseState, Server};
use crate::plugin::cache_status::say_decision;
use crate::plugin::memcached::{Memcached, Request};
use crate::plugin::options::{self, Misfit, Options};

/// One `memcached.store` of the configuration.
pub(in crate::plugin) struct StoreAction(Arc<Shared>);

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
        Ok(Self(Arc::new(Shared::new(options))))
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Option<Box<Key>>) -> Flow {
        let key = match context.take() {
            Some(key) => *key,
            None => self.0.options.common.key_of(vr),
        };
        match vr.response_state() {
            ResponseState::NoHandler => self.0.warn_of_no_handler(vr),
            ResponseState::Pending => {
                *context = Some(Box::new(key));
                return Flow::WaitForEvent;
            }
            ResponseState::Ready => self.handle(vr, &key),
        }
        Flow::GoOn
    }

    fn panicked(&self, _vr: &mut Request<'_>) -> Flow {
        Flow::GoOn
    }
}

impl StoreAction {
    /// The response's headers are there.
    fn handle(&self, vr: &mut Request<'_>, key: &Key) {
        let decision = self.decide(vr, key);
        for name in self.0.policy.headers_ending_here() {
            vr.remove_response_header(name.as_bytes());
        }
        let said = decision.as_ref().map(|(response, _)| response);
        say_decision(vr, &self.0.options.common, key, said);
        let Some(client) = vr.worker() else {
            return;
        };
        match decision {
            Ok((response, item)) => self.collect(vr, client, key, response, item),
            Err(reason) => {
                client.store_counts().not_stored();
                self.0.not_stored(vr, key, &reason);
            }
        }
    }

    /// Whether the response may be stored; and the item that its body is added
    /// to.
    fn decide(&self, vr: &Request<'_>, key: &Key) -> Result<(Storable, NewItem), NotStored> {
        let policy = &self.0.policy;
        let mut exchange = Exchange::new(vr.method(), vr.status());
        let memory = vr.state();
        let hit = memory.filter(|memory| memory.is_hit);
        let hit = hit.and_then(|memory| memory.item.as_ref());
        exchange.from_cache =
            hit.is_some_and(|(pool, of_hit)| of_hit == key && pool.has_items_of(&self.0.pool));
        let mut head = HeadWriter::default();
        for (name, value) in vr.request_headers() {
            exchange.observe_request(name, value);
        }
        for (name, value) in vr.response_headers() {
            exchange.observe_response(name, value);
            if policy.headers && !memory.is_some_and(|memory| memory.is_own_header(name, value)) {
                head.push(name, value);
            }
        }
        let now = unix_now();
        let response = policy.decide(&exchange, now)?;
        let item = policy.new_item(&head, &exchange, now)?;
        Ok((response, item))
    }

    /// Stores the response once its body is there.
    fn collect(
        &self,
        vr: &mut Request<'_>,
        client: &Client,
        key: &Key,
        response: Storable,
        item: NewItem,
    ) {
        let mut filter = StoreFilter {
            shared: Arc::clone(&self.0),
            counts: Rc::clone(client.store_counts()),
            key: key.clone(),
            status: vr.status(),
            response,
            item: Some(item),
        };
        if response.complete {
            filter.finish(vr);
            return;
        }
        // Said before, since adding a filter can run it.
        self.0.storing(vr, key);
        if !vr.add_filter_out(filter) {
            self.0.not_stored(vr, key, &NotStored::TooLate);
        }
    }
}

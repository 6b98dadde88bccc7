//! The filter that copies a body as it passes, and stores it at its end.

use std::sync::Arc;

use memcached_core::policy::{NotStored, Storable};
use memcached_core::pool::Pool;
use memcached_core::protocol::{Key, Store, StoreMode, exptime};
use memcached_core::stored::NewItem;

use super::outcome::{not_stored, sent};
use crate::client::unix_now;
use crate::host::{BodyFilter, FilterIo, Flow, SockAddr, Unreadable};
use crate::plugin::memcached::{Memcached, Request};
use crate::plugin::options::Options;

/// Copies a body as it passes, and stores it at its end.
pub(super) struct StoreFilter {
    pub(super) options: Arc<Options>,
    pub(super) pool: Arc<Pool<SockAddr>>,
    pub(super) key: Key,
    /// The status of the response when the action ran.
    pub(super) status: i32,
    pub(super) response: Storable,
    /// The item with the part of the body that has passed; `None` once it is
    /// stored, or is not going to be.
    pub(super) item: Option<NewItem>,
}

impl BodyFilter for StoreFilter {
    type Plugin = Memcached;

    fn handle(&mut self, mut vr: Option<&mut Request<'_>>, io: &mut FilterIo<'_>) -> Flow {
        if io.output_closed() && !(io.input_closed() && io.input_len() == 0) {
            // The client is gone.
            self.give_up(vr, &NotStored::Cut);
            io.discard_all();
            return Flow::GoOn;
        }
        if io.input_gone() {
            self.give_up(vr, &NotStored::Cut);
            io.close_output();
            return Flow::GoOn;
        }
        self.copy(vr.as_deref_mut(), io);
        io.forward_all();
        if io.input_closed() {
            if let Some(vr) = vr {
                self.finish(vr);
            }
            io.close_output();
        }
        Flow::GoOn
    }

    fn output_gone(&mut self, vr: Option<&mut Request<'_>>) {
        self.give_up(vr, &NotStored::Cut);
    }
}

impl StoreFilter {
    fn copy(&mut self, vr: Option<&mut Request<'_>>, io: &mut FilterIo<'_>) {
        let Some(item) = &mut self.item else {
            return;
        };
        let room = self.options.store.maxsize - item.body_len();
        if io.input_len() > room {
            self.give_up(vr, &NotStored::TooLarge);
            return;
        }
        let mut input = io.input();
        loop {
            match input.read() {
                Ok(Some(bytes)) => item.push_body(bytes),
                Ok(None) => return,
                Err(Unreadable) => break,
            }
        }
        self.give_up(vr, &NotStored::Unreadable("a file".into()));
    }

    fn give_up(&mut self, vr: Option<&mut Request<'_>>, reason: &NotStored) {
        let given_up = self.item.take();
        if let Some((_, vr)) = given_up.zip(vr) {
            not_stored(vr, &self.options.common, reason);
        }
    }

    /// The body has come to its end.
    fn finish(&mut self, vr: &mut Request<'_>) {
        let Some(item) = self.item.take() else {
            return;
        };
        match self.store(vr, item) {
            Ok(()) => {}
            Err(reason) => not_stored(vr, &self.options.common, &reason),
        }
    }

    fn store(&self, vr: &mut Request<'_>, item: NewItem) -> Result<(), NotStored> {
        let response = &self.response;
        if vr.status() != self.status {
            return Err(NotStored::Status(vr.status()));
        }
        // Some backends end a body by closing the connection, whether they have
        // sent all of it or not.
        let cut = |length| length != item.body_len();
        if response.length.is_some_and(cut) {
            return Err(NotStored::Cut);
        }
        let Some(client) = vr.worker() else {
            return Ok(());
        };
        let now = unix_now();
        let ttl = response.lifetime.ttl(now).ok_or(NotStored::Expired)?;
        let exptime = exptime(ttl, now);
        let options = &self.options;
        let mut data = item.finish();
        // It grew with the body, and the room it has left is not counted.
        data.shrink_to_fit();
        let item = Store {
            mode: StoreMode::Set,
            key: self.key.clone(),
            flags: options.store.flags,
            exptime,
            data,
        };
        match client.store(&self.pool, item, options.common.timeout) {
            Ok(()) => sent(vr, &options.common),
            Err(failure) => not_stored(vr, &options.common, &failure),
        }
        Ok(())
    }
}

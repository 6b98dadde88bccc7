//! The filter that copies a body as it passes, and stores it at its end.

use std::rc::Rc;
use std::sync::Arc;

use memcached_core::lookup::lease;
use memcached_core::metrics::ActionCount;
use memcached_core::policy::{BodyHeaders, Life, NotStored, Storable};
use memcached_core::protocol::{Key, Store, StoreMode, exptime};
use memcached_core::stored::NewItem;

use super::outcome::HandedOver;
use super::shared::Shared;
use super::shared::end_of;
use crate::client::{RunHandle, StoreCounts, Tally, unix_now};
use crate::host::{BodyFilter, FilterIo, Flow};
use crate::plugin::memcached::{Memcached, OTHER_TYPE, Request};

/// Copies a body as it passes, and stores it at its end.
pub(super) struct StoreFilter {
    pub(super) shared: Arc<Shared>,
    pub(super) counts: Rc<StoreCounts>,
    /// Likewise of the action.
    pub(super) tally: Tally,
    pub(super) key: Key,
    /// It is not the one that was looked up.
    pub(super) key_differs: bool,
    /// The status of the response when the action ran.
    pub(super) status: i32,
    pub(super) response: Storable,
    /// It is for a server that stands in for that of the key.
    pub(super) stands_in: bool,
    /// The item with the part of the body that has passed; `None` once it is
    /// stored, or is not going to be.
    pub(super) item: Option<NewItem>,
    /// The right to make the page, if a lookup has won it.
    pub(super) run: Option<RunHandle>,
}

impl BodyFilter for StoreFilter {
    type Plugin = Memcached;

    fn handle(&mut self, mut vr: Option<&mut Request<'_>>, io: &mut FilterIo<'_>) -> Flow {
        if io.output_closed() && !(io.input_closed() && io.input_len() == 0) {
            // The client is gone.
            self.end_early(vr, true);
            io.discard_all();
            return Flow::GoOn;
        }
        if io.input_gone() {
            if let Some(vr) = vr.as_deref_mut() {
                vr.remember_cut();
            }
            self.end_early(vr, false);
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
        self.end_early(vr, true);
    }
}

impl StoreFilter {
    fn copy(&mut self, vr: Option<&mut Request<'_>>, io: &mut FilterIo<'_>) {
        let Some(item) = &mut self.item else {
            return;
        };
        let room = self.shared.policy.maxsize - item.body_len();
        if io.input_len() > room {
            self.give_up(vr, &NotStored::TooLarge);
            return;
        }
        if io.read_all(|bytes| item.push_body(bytes)).is_err() {
            self.give_up(vr, &NotStored::Unreadable("a file".into()));
        }
    }

    /// No more of the body will come: the client or the backend is gone, or the
    /// response was made one without a body.
    fn end_early(&mut self, vr: Option<&mut Request<'_>>, client_left: bool) {
        let status = vr.as_ref().map_or(self.status, |vr| vr.status());
        let reason = if status == self.status {
            NotStored::Cut
        } else {
            NotStored::Status(status)
        };
        let has_failed = vr.as_ref().is_some_and(|vr| vr.has_failed());
        if client_left && !has_failed && matches!(reason, NotStored::Cut) {
            // Somebody else may go on with it.
            self.run = None;
        }
        self.give_up(vr, &reason);
    }

    fn give_up(&mut self, vr: Option<&mut Request<'_>>, reason: &NotStored) {
        if self.item.take().is_none() {
            return;
        }
        self.counts.not_stored();
        self.tally.count(ActionCount::not_stored(reason));
        if let Some(run) = self.run.take() {
            run.end(end_of(reason));
        }
        if let Some(vr) = vr {
            self.shared.not_stored(vr, Some(&self.key), reason);
        }
    }

    /// The body has come to its end.
    pub(super) fn finish(&mut self, vr: &mut Request<'_>) {
        let Some(item) = &self.item else {
            return;
        };
        let now = unix_now();
        match self.check(vr, item, now) {
            Ok(life) => self.store(vr, life, now),
            Err(reason) => self.give_up(Some(vr), &reason),
        }
    }

    /// Whether what has come may be stored, and for how long.
    fn check(&self, vr: &Request<'_>, item: &NewItem, now: u64) -> Result<Life, NotStored> {
        if vr.status() != self.status {
            return Err(NotStored::Status(vr.status()));
        }
        if vr.state().is_some_and(|memory| memory.is_cut) {
            return Err(NotStored::Cut);
        }
        // Some backends end a body by closing the connection, whether they have
        // sent all of it or not.
        if self
            .response
            .length
            .is_some_and(|length| length != item.body_len())
        {
            return Err(NotStored::Cut);
        }
        // What no lookup would read.
        if item.value_len() > self.shared.keys.options().common.max_value {
            return Err(NotStored::AboveMaxValue);
        }
        if !self.shared.policy.headers {
            self.check_body_only(vr)?;
        }
        self.response.life(now).ok_or(NotStored::Expired)
    }

    /// Whether a hit may have this body without the headers that it has now.
    fn check_body_only(&self, vr: &Request<'_>) -> Result<(), NotStored> {
        let mut headers = BodyHeaders::default();
        for (name, value) in vr.response_headers() {
            headers.observe(name, value);
        }
        let lookup = vr.state().and_then(|memory| memory.lookup.as_ref());
        let by_lookup = lookup.and_then(|lookup| lookup.hit_type.as_deref());
        let hit_type = by_lookup.unwrap_or_else(|| vr.type_of_path(OTHER_TYPE));
        let checked = self.shared.policy.check_body_only(&headers, hit_type)?;
        if let Some(difference) = checked {
            self.shared.warn_of_difference(vr, &self.key, &difference);
        }
        Ok(())
    }

    fn store(&mut self, vr: &mut Request<'_>, life: Life, now: u64) {
        let Some(mut item) = self.item.take() else {
            return;
        };
        let shared = &self.shared;
        let Some(client) = vr.worker() else {
            self.counts.not_stored();
            self.tally.count(ActionCount::NOT_TAKEN);
            shared.refused(vr, Some(&self.key), &"not available on this worker");
            return;
        };
        if let Some(until) = life.fresh_until(now) {
            item.set_fresh_until(until);
        }
        let flags = shared.keys.options().flags(item.body_len() == 0);
        let mut data = item.finish();
        // It grew with the body, and the room it has left is not counted.
        data.shrink_to_fit();
        let options = shared.keys.options();
        let exptime = exptime(life.of_item(), now);
        // Without a run it was decided before that it goes to its own server.
        let moves = self.stands_in || self.run.is_some();
        let stand_in = || client.stand_in(shared.keys.pool(), &self.key, self.run.as_ref());
        let given = HandedOver {
            key: &self.key,
            key_differs: self.key_differs,
            stand_in: moves.then(stand_in).flatten(),
        };
        if let Some(run) = self.run.take() {
            let result = run.store(lease::NewItem {
                flags,
                exptime,
                data,
            });
            shared.handed_over(vr, given, result);
            return;
        }
        let item = Store {
            mode: StoreMode::Set,
            key: self.key.clone(),
            flags,
            exptime,
            data,
        };
        let timeout = options.common.timeout;
        match client.store(shared.keys.pool(), item, timeout, self.stands_in) {
            Ok(()) => shared.queued(vr, given),
            Err(failure) => {
                self.tally.count(ActionCount::NOT_TAKEN);
                shared.refused(vr, Some(&self.key), &failure);
            }
        }
    }
}

impl Drop for StoreFilter {
    fn drop(&mut self) {
        // Its request is gone.
        self.run = None;
        self.give_up(None, &NotStored::Cut);
    }
}

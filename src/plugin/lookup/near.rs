//! Items that were found lately: they become the response without asking memcached, and are kept
//! after it was asked.

use std::rc::Rc;
use std::time::Duration;

use memcached_core::lookup::Asks;
use memcached_core::lookup::near::Reading;
use memcached_core::protocol::Value;
use memcached_core::stored::Head;

use super::answering::head_of;
use super::asking::{Asked, Asking};
use super::hit;
use super::outcome::{How, Served};
use crate::client::{Client, NearPage, since_1970, unix_now};
use crate::host::BufferSlice;
use crate::plugin::memcached::{LastLookup, Request, RequestMemory};

impl Asking {
    /// The item of the request's key becomes the response if it was found lately. If not, what is
    /// remembered comes back.
    pub(super) fn answer_near(
        &self,
        vr: &mut Request<'_>,
        client: &Client,
        memory: Box<RequestMemory>,
    ) -> Result<Asked, Box<RequestMemory>> {
        if !self.options().near.is_on() {
            return Err(memory);
        }
        let key = memory.lookup.as_ref().and_then(LastLookup::key);
        let found =
            key.and_then(|key| client.near(self.keys.pool(), key, self.options().near.most));
        match found.filter(|page| self.suits(page)) {
            Some(page) => Ok(self.serve_near(vr, &page, false, memory)),
            None => Err(memory),
        }
    }

    /// The same where memcached could not be asked: what was found may be older, and out of date
    /// as far as it may be served then.
    pub(super) fn answer_on_error(
        &self,
        vr: &mut Request<'_>,
        memory: Box<RequestMemory>,
    ) -> Result<Asked, Box<RequestMemory>> {
        match self.old_page(vr, &memory) {
            Some((page, is_stale)) => Ok(self.serve_near(vr, &page, is_stale, memory)),
            None => Err(memory),
        }
    }

    fn old_page(&self, vr: &Request<'_>, memory: &RequestMemory) -> Option<(Rc<NearPage>, bool)> {
        let near = &self.options().near;
        if !near.is_on() {
            return None;
        }
        let key = memory.lookup.as_ref().and_then(LastLookup::key)?;
        let client = vr.worker()?;
        let page = client.near_on_error(self.keys.pool(), key, near.most_on_error())?;
        if !self.suits(&page) {
            return None;
        }
        let is_stale = page.head().map_or(Some(false), |head| {
            self.policy.is_stale_on_error(head, unix_now())
        })?;
        Some((page, is_stale))
    }

    /// What is to be known of an item beside its value: what is kept must not outlive it.
    pub(super) fn asks(&self) -> Asks {
        let options = self.options();
        if options.near.is_on() && options.freshness.speaks_meta() {
            Asks::Life
        } else {
            Asks::Value
        }
    }

    /// Whether an item can be what the action looks for.
    fn suits(&self, page: &NearPage) -> bool {
        let common = &self.options().common;
        page.head().is_some() == common.headers && page.value().len <= common.max_value
    }

    fn serve_near(
        &self,
        vr: &mut Request<'_>,
        page: &NearPage,
        is_stale: bool,
        memory: Box<RequestMemory>,
    ) -> Asked {
        let how = How {
            is_stale,
            is_near: true,
        };
        if let Some(head) = page.head() {
            return self.serve_whole(vr, page.value(), head, how, memory);
        }
        let sent = hit::send_body(vr, page.value());
        let served = Served {
            how,
            ..Served::default()
        };
        self.sent(vr, memory, sent, served)
    }

    /// Keeps a page that was found, and that is fresh.
    pub(super) fn keep_near(
        &self,
        vr: &Request<'_>,
        memory: &RequestMemory,
        reading: Option<Reading>,
        value: &Value<BufferSlice>,
        head: Option<&Head<'_>>,
    ) {
        if !self.options().near.is_on() {
            return;
        }
        let key = memory.lookup.as_ref().and_then(LastLookup::key);
        let (Some(client), Some(key), Some(reading)) = (vr.worker(), key, reading) else {
            return;
        };
        let early = self.options().freshness.early();
        let fresh_for = self.policy.fresh_for(head, value, since_1970(), early);
        if fresh_for != Some(Duration::ZERO) {
            client.keep_near(self.keys.pool(), key, &reading, value, head, fresh_for);
        }
    }

    /// The same for a fresh page that a visit has found.
    pub(super) fn keep_visited(
        &self,
        vr: &Request<'_>,
        memory: &RequestMemory,
        reading: Option<Reading>,
        page: &Value<BufferSlice>,
    ) {
        if !self.options().near.is_on() {
            return;
        }
        if let Ok(head) = head_of(vr.worker(), page) {
            self.keep_near(vr, memory, reading, page, Some(&head));
        }
    }

    /// Memcached has said that there is nothing.
    pub(super) fn forget_near(&self, vr: &Request<'_>, memory: &RequestMemory) {
        if !self.options().near.is_on() {
            return;
        }
        let key = memory.lookup.as_ref().and_then(LastLookup::key);
        if let Some((client, key)) = vr.worker().zip(key) {
            client.forget_near(self.keys.pool(), key);
        }
    }
}

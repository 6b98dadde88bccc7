//! What memcached said becomes the response, or sends the request on.

use std::rc::Rc;

use memcached_core::lookup::LookupResult;
use memcached_core::lookup::near::Reading;
use memcached_core::metrics::ActionCount;
use memcached_core::policy::{Conditions, Servable};
use memcached_core::protocol::Value;
use memcached_core::server::Failure;
use memcached_core::stored::{Head, Kind, Malformed};

use super::asking::{Asked, Asking};
use super::hit::{self, Sent};
use super::outcome::{How, Passed, Served};
use crate::client::{Client, unix_now};
use crate::host::BufferSlice;
use crate::plugin::memcached::{Request, RequestMemory};

impl Asking {
    pub(super) fn finish(
        &self,
        vr: &mut Request<'_>,
        result: LookupResult<BufferSlice>,
        read: Read,
        memory: Box<RequestMemory>,
    ) -> Asked {
        match result {
            LookupResult::Hit(value) => self.answer(vr, &value, read, memory),
            LookupResult::Miss => {
                self.forget_near(vr, &memory);
                let passed = self.not_found();
                self.pass(vr, memory, &passed)
            }
            LookupResult::TooLarge(len) => self.pass_too_large(vr, memory, len),
            LookupResult::Failed(failure) => self.failed(vr, memory, failure),
        }
    }

    /// The item becomes the response.
    fn answer(
        &self,
        vr: &mut Request<'_>,
        value: &Value<BufferSlice>,
        read: Read,
        memory: Box<RequestMemory>,
    ) -> Asked {
        let Read { reading, is_shared } = read;
        let kind = self.kind_of(value);
        if kind != Kind::Page {
            return self.pass_empty(vr, memory, kind);
        }
        if !self.options().common.headers {
            self.keep_near(vr, &memory, reading, value, None);
            let sent = hit::send_body(vr, value);
            return self.sent(vr, memory, sent, Served::default());
        }
        let (own, shared);
        let head = if is_shared {
            shared = match head_of(vr.worker(), value) {
                Ok(head) => head,
                Err(malformed) => return self.reject(vr, memory, malformed),
            };
            &*shared
        } else {
            own = match Head::parse(value.pieces.iter(), value.flags) {
                Ok(head) => head,
                Err(malformed) => return self.reject(vr, memory, malformed),
            };
            &own
        };
        let now = unix_now();
        let is_stale = match self.policy.page_life(head, now).by_clock(now) {
            Servable::Fresh => {
                self.keep_near(vr, &memory, reading, value, Some(head));
                false
            }
            Servable::WhileRevalidate => true,
            Servable::IfError | Servable::Gone => return self.pass_stale(vr, memory),
        };
        let how = How {
            is_stale,
            is_near: false,
        };
        self.serve_whole(vr, value, head, how, memory)
    }

    /// A whole response becomes the response.
    pub(super) fn serve_whole(
        &self,
        vr: &mut Request<'_>,
        value: &Value<BufferSlice>,
        head: &Head<'_>,
        how: How,
        memory: Box<RequestMemory>,
    ) -> Asked {
        let now = unix_now();
        let shows_ttl = self.options().common.cache_status.is_some() && !how.is_stale;
        let fresh_secs = shows_ttl.then(|| self.policy.fresh_secs(head, now));
        let times = head.times(now);
        let served = Served {
            made_at: times.filter(|it| it.is_dated).map(|it| it.date),
            fresh_secs: fresh_secs.flatten(),
            how,
        };
        let none = Conditions::default();
        let conditions = memory.conditions.as_deref().unwrap_or(&none);
        let sent = hit::send_whole(vr, value, head, times, conditions);
        self.sent(vr, memory, sent, served)
    }

    /// Memcached has no such item.
    pub(super) fn not_found(&self) -> Passed<'static> {
        Passed {
            count: ActionCount::MISS,
            forward: self.forward_of_miss(),
            detail: None,
            key: None,
            status: "miss",
            line: &"not found",
        }
    }

    /// Memcached cannot be asked; what was found lately may do.
    pub(super) fn failed(
        &self,
        vr: &mut Request<'_>,
        memory: Box<RequestMemory>,
        failure: Failure,
    ) -> Asked {
        match self.answer_on_error(vr, memory) {
            Ok(asked) => asked,
            Err(memory) => self.fail(vr, memory, &failure),
        }
    }

    /// What became of an item that was to be sent.
    pub(super) fn sent(
        &self,
        vr: &mut Request<'_>,
        memory: Box<RequestMemory>,
        sent: Sent,
        served: Served,
    ) -> Asked {
        match sent {
            Sent::Whole => {
                self.outcomes.hit(vr, memory, &served);
                Asked::Hit
            }
            Sent::Not => {
                // Something else answered while the lookup was under way.
                vr.set_state(memory);
                Asked::Handled
            }
            Sent::Cut => {
                vr.set_state(memory);
                self.outcomes.tell_of_cut(vr);
                Asked::Cut
            }
        }
    }
}

/// How a result was read.
#[derive(Clone, Copy, Default)]
pub(super) struct Read {
    /// When it was asked for.
    pub(super) reading: Option<Reading>,
    /// Other requests have the same.
    pub(super) is_shared: bool,
}

/// The head of a page that others are served too, or that is looked at again.
pub(super) fn head_of(
    client: Option<&Client>,
    value: &Value<BufferSlice>,
) -> Result<Rc<Head<'static>>, Malformed> {
    match client {
        Some(client) => client.head_of(value),
        None => Ok(Head::parse(value.pieces.iter(), value.flags)?
            .into_owned()
            .into()),
    }
}

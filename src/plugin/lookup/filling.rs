//! Clients that wait for a copy of their request to make the page.

use std::rc::Rc;

use memcached_core::metrics::ActionCount;
use memcached_core::protocol::Value;
use memcached_core::stored::Head;

use super::asking::{Asked, Asking};
use super::fill::{Attended, WakeAtEnd};
use super::hit::{Sent, send_whole};
use super::outcome::{Passed, Served};
use super::visit::still_servable;
use crate::client::{RunHandle, unix_now};
use crate::host::BufferSlice;
use crate::plugin::handover::Unstored;
use crate::plugin::memcached::{Filling, Made, Otherwise, Pending, Request, RequestMemory};

impl Asking {
    /// A copy of the request makes the page, and the client waits for it.
    pub(super) fn fill_and_wait(
        &self,
        vr: &mut Request<'_>,
        run: RunHandle,
        page: Option<Value<BufferSlice>>,
        otherwise: Option<Otherwise>,
        mut memory: Box<RequestMemory>,
    ) -> Result<Asked, (RunHandle, Box<RequestMemory>)> {
        let is_tried = memory.making.as_ref().is_some_and(|making| making.is_tried);
        let copied = memory
            .lookup
            .as_ref()
            .and_then(|lookup| self.copy(vr, lookup));
        let (false, Some(copied), Some(waker), Some(client)) =
            (is_tried, copied, vr.waker(), vr.worker())
        else {
            return Err((run, memory));
        };
        let freshness = &self.options().freshness;
        let had_page = page.is_some();
        let made = Rc::default();
        let at_end = WakeAtEnd {
            made: Rc::clone(&made),
            waker,
        };
        // Of what there is nothing yet, it waits for as long as others would for it.
        let limit = (!had_page).then(|| at_end.in_time(client, freshness.lock_wait));
        let place = Rc::default();
        let lookup = memory.lookup.as_ref();
        let is_last = otherwise.is_none();
        let handover = lookup.and_then(|lookup| self.handover(vr, lookup, is_last));
        let (at_end, kept) = (Some(at_end), handover.clone());
        let copy = copied.start(run, page, Rc::clone(&place), at_end, kept);
        let attended = Attended {
            copy,
            place,
            client: client.clone(),
            most: freshness.refresh_max,
            handover: handover.clone(),
        };
        let making = memory.making.get_or_insert_default();
        making.is_tried = true;
        making.had_page = had_page;
        memory.pending = Some(Pending::Filling(Box::new(Filling {
            made,
            handover,
            otherwise,
            _limit: limit,
            _copy: attended,
        })));
        Ok(Asked::Pending(memory))
    }

    /// A copy may have made the page.
    pub(super) fn filled(
        &self,
        vr: &mut Request<'_>,
        filling: Box<Filling>,
        mut memory: Box<RequestMemory>,
    ) -> Asked {
        let Some(made) = filling.made.get() else {
            memory.pending = Some(Pending::Filling(filling));
            return Asked::Pending(memory);
        };
        if made != Made::Page {
            let unstored = filling.handover.and_then(|handover| handover.take());
            return self.not_filled(vr, made, filling.otherwise, unstored, memory);
        }
        let (Some(client), Some(waker)) = (vr.worker(), vr.waker()) else {
            return self.fail(vr, memory, &"not available on this worker");
        };
        memory.making.get_or_insert_default().otherwise = filling.otherwise;
        if let Some(lookup) = &mut memory.lookup {
            lookup.begins(client);
        }
        self.visit(vr, client, waker, memory)
    }

    /// A copy has made nothing that is stored.
    fn not_filled(
        &self,
        vr: &mut Request<'_>,
        made: Made,
        otherwise: Option<Otherwise>,
        unstored: Option<Unstored>,
        memory: Box<RequestMemory>,
    ) -> Asked {
        // A response that is no error is better than one that is out of date.
        let otherwise = otherwise.filter(|_| made != Made::Response);
        if let Some(page) = still_servable(vr, otherwise) {
            return self.serve(vr, &page, true, memory);
        }
        let had_page = memory.making.as_ref().is_some_and(|making| making.had_page);
        if made == Made::Nothing && had_page {
            return self.say_gateway_timeout(vr, memory);
        }
        let passed = Passed {
            count: match made {
                Made::Response => ActionCount::UNCACHEABLE,
                Made::Late | Made::Page | Made::Error | Made::Nothing => ActionCount::MISS,
            },
            forward: self.forward_of_miss(),
            detail: None,
            key: None,
            status: match made {
                Made::Response => "uncacheable",
                Made::Late => "miss: waited in vain",
                Made::Page | Made::Error | Made::Nothing => "miss",
            },
            line: &"what a copy of the request got is not stored",
        };
        match unstored {
            Some(unstored) => self.give(vr, unstored, &passed, memory),
            None => self.pass(vr, memory, &passed),
        }
    }

    /// The client gets what its copy got.
    fn give(
        &self,
        vr: &mut Request<'_>,
        unstored: Unstored,
        passed: &Passed<'_>,
        memory: Box<RequestMemory>,
    ) -> Asked {
        let Unstored { response, why } = unstored;
        let head = match Head::parse(response.pieces.iter(), response.flags) {
            Ok(head) => head,
            // It was written for this, so that cannot be.
            Err(malformed) => return self.reject(vr, memory, malformed),
        };
        let times = head.times(unix_now()).filter(|times| times.age > 0);
        let conditions = memory.conditions.as_deref().cloned();
        let conditions = conditions.unwrap_or_default().ignoring_ranges();
        match send_whole(vr, &response, &head, times, &conditions) {
            Sent::Whole => {
                self.outcomes.pass(vr, memory, passed);
                Asked::Made(why)
            }
            sent @ (Sent::Not | Sent::Cut) => self.sent(vr, memory, sent, Served::default()),
        }
    }
}

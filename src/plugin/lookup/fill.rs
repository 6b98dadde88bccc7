//! Copies of requests that make a page: in the background, for a client that waits,
//! or for one that has left.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use memcached_core::lookup::lease::End;
use memcached_core::policy::validators;
use memcached_core::protocol::Value;
use memcached_core::stored::{Head, pieces};

use super::asking::Asking;
use crate::client::{RefreshPlace, RunHandle};
use crate::host::{Action, BufferSlice, CopyEnd, RequestCopy, Waker};
use crate::plugin::backend_headers::replace;
use crate::plugin::memcached::{LastLookup, Made, Making, Memcached, Request, RequestMemory};

/// What makes and stores a page, for copies of requests to run.
pub(super) struct Fill {
    action: Action,
    /// It was seen that it does not store what it makes: the lookup stands before
    /// its handlers instead of around them.
    is_idle: Arc<AtomicBool>,
}

/// Headers of a request that ask for a part of a page, or for nothing if the client
/// has it already.
const FOR_ONE: [&[u8]; 6] = [
    b"Range",
    b"If-Range",
    b"If-None-Match",
    b"If-Modified-Since",
    b"If-Match",
    b"If-Unmodified-Since",
];

/// Headers that say who the visitor is.
const OF_VISITOR: [&[u8]; 2] = [b"Cookie", b"Authorization"];

impl Fill {
    pub(super) fn new(action: Action) -> Self {
        Self {
            action,
            is_idle: Arc::default(),
        }
    }
}

/// A copy of a request that is going to make a page.
pub(super) struct Copied {
    copy: RequestCopy<Memcached>,
    action: Action,
    is_idle: Arc<AtomicBool>,
    lookup: LastLookup,
    limit: Duration,
}

impl Asking {
    /// Whether a copy of the request can make its page.
    pub(super) fn can_copy(&self, vr: &Request<'_>) -> bool {
        let fill = self.fill.as_ref();
        let has_credentials = || {
            let mut headers = vr.request_headers();
            headers.any(|(name, _)| name.eq_ignore_ascii_case(b"Authorization"))
        };
        fill.is_some_and(|fill| !fill.is_idle.load(Ordering::Relaxed))
            && vr.method() == b"GET"
            && !vr.has_captures()
            && !vr.is_copy()
            && !has_credentials()
    }

    /// A copy of the request as it is now.
    pub(super) fn copy(&self, vr: &Request<'_>, lookup: &LastLookup) -> Option<Copied> {
        if !self.can_copy(vr) {
            return None;
        }
        let fill = self.fill.as_ref()?;
        Some(Copied {
            copy: vr.copy()?,
            action: fill.action.clone(),
            is_idle: Arc::clone(&fill.is_idle),
            lookup: lookup.clone(),
            limit: self.options().freshness.refresh_timeout,
        })
    }

    /// A place among the copies of this worker.
    pub(super) fn place(&self, vr: &Request<'_>) -> Option<RefreshPlace> {
        vr.worker()?
            .refresh_place(self.options().freshness.refresh_max)
    }
}

impl Copied {
    /// Has the page made. `page` is the one that there is; `at_end` is dropped when the
    /// copy is gone.
    pub(super) fn start(
        self,
        run: RunHandle,
        page: Option<Value<BufferSlice>>,
        place: Option<RefreshPlace>,
        at_end: Option<WakeAtEnd>,
    ) {
        let Self {
            copy,
            action,
            is_idle,
            lookup,
            limit,
        } = self;
        let own = run.clone();
        let prepare = |vr: &mut Request<'_>| {
            for name in FOR_ONE {
                vr.remove_request_header(name);
            }
            for name in OF_VISITOR {
                if !lookup.keys.depend_on(name) {
                    vr.remove_request_header(name);
                }
            }
            if let Some(page) = &page {
                add_validators(vr, page);
            }
            let making = Making {
                run: Some(own),
                page,
                is_tried: true,
                ..Making::default()
            };
            vr.set_state(Box::new(RequestMemory {
                lookup: Some(lookup),
                making: Some(Box::new(making)),
                ..RequestMemory::default()
            }));
            replace(vr);
        };
        copy.start(&action, limit, prepare, move |end| {
            // Unless the page was stored, or it is known why it was not.
            if end.is_whole && end.status < 500 && !run.has_ended() {
                is_idle.store(true, Ordering::Relaxed);
                run.end(End::Abandoned);
            }
            run.end(End::Error);
            if let Some(at_end) = &at_end {
                at_end.made.set(Some(made(end, &run)));
            }
            drop((place, at_end));
        });
    }
}

/// Asks the backend whether the page is still right.
fn add_validators(vr: &mut Request<'_>, page: &Value<BufferSlice>) {
    let Ok(head) = Head::parse(page.pieces.iter(), page.flags) else {
        return;
    };
    let body = pieces(page.pieces.iter(), head.size() as u64..page.len);
    let body: Vec<_> = body.map(|(piece, part)| piece.slice(part)).collect();
    for (name, value) in validators(&head, body.iter().map(AsRef::as_ref)) {
        vr.add_request_header(name.as_bytes(), value);
    }
}

/// What came of it. Errors are those of RFC 5861, section 4.
fn made(end: CopyEnd, run: &RunHandle) -> Made {
    match end.status {
        _ if run.is_stored() => Made::Page,
        _ if !end.is_whole => Made::Nothing,
        500 | 502..=504 => Made::Error,
        _ => Made::Response,
    }
}

/// Wakes a client that waits for a copy, whatever becomes of that.
pub(super) struct WakeAtEnd {
    pub(super) made: Rc<Cell<Option<Made>>>,
    pub(super) waker: Waker,
}

impl Drop for WakeAtEnd {
    fn drop(&mut self) {
        if self.made.get().is_none() {
            self.made.set(Some(Made::Nothing));
        }
        self.waker.wake();
    }
}

//! Copies of requests that make a page: in the background, for a client that waits,
//! or for one that has left.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use memcached_core::lookup::lease::End;
use memcached_core::policy::validators;
use memcached_core::protocol::Value;
use memcached_core::stored::{Head, pieces};

use super::asking::Asking;
use crate::client::{Client, Ended, RefreshPlace, RunHandle, unix_now};
use crate::host::{Action, BufferSlice, CopyEnd, RequestCopy, RunningCopy, Timer, Waker};
use crate::plugin::backend_headers::replace;
use crate::plugin::handover::{Handover, is_error};
use crate::plugin::memcached::{LastLookup, Made, Making, Memcached, Request, RequestMemory};

/// What makes and stores a page, for copies of requests to run.
pub(in crate::plugin) struct Fill {
    action: Action,
    trust: Arc<Trust>,
    /// It is all that makes a response, so that one which is not stored can be given to the
    /// client.
    is_all: bool,
}

/// Whether there is a store in what copies run. If the lookup stands before its
/// handlers instead of around them, there is none.
#[derive(Default)]
struct Trust {
    /// A store was seen.
    is_earned: AtomicBool,
    /// When a copy ran and none was, in seconds since 1970.
    doubted_at: AtomicU64,
}

/// Seconds after which another copy may show what it does.
const DOUBT_SECS: u64 = 60;

impl Trust {
    fn allows_copies(&self) -> bool {
        let doubted_at = self.doubted_at.load(Ordering::Relaxed);
        self.is_earned.load(Ordering::Relaxed)
            || doubted_at == 0
            || unix_now().abs_diff(doubted_at) >= DOUBT_SECS
    }

    /// A copy has run, and a store took what it made or not.
    fn observe(&self, has_store: bool) {
        if has_store {
            self.is_earned.store(true, Ordering::Relaxed);
        } else {
            self.doubted_at.store(unix_now(), Ordering::Relaxed);
        }
    }
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
    pub(in crate::plugin) fn new(action: Action, is_all: bool) -> Self {
        Self {
            action,
            trust: Arc::default(),
            is_all,
        }
    }
}

/// A copy of a request that is going to make a page.
pub(super) struct Copied {
    copy: RequestCopy<Memcached>,
    action: Action,
    trust: Arc<Trust>,
    lookup: LastLookup,
    limit: Duration,
}

impl Asking {
    /// Whether a copy of the request can make its page.
    pub(super) fn can_copy(&self, vr: &Request<'_>) -> bool {
        let fill = self.fill.as_ref();
        fill.is_some_and(|fill| fill.trust.allows_copies())
            && vr.method() == b"GET"
            && !vr.has_captures()
            && !vr.is_copy()
            && !has_credentials(vr)
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
            trust: Arc::clone(&fill.trust),
            lookup: lookup.clone(),
            limit: self.options().freshness.refresh_timeout,
        })
    }

    /// Where a copy can leave a response that is not stored, if that is what the client
    /// itself would get. `wants_errors` if there is nothing to be served in place of one.
    pub(super) fn handover(
        &self,
        vr: &Request<'_>,
        lookup: &LastLookup,
        wants_errors: bool,
    ) -> Option<Handover> {
        let fill = self.fill.as_ref()?;
        let client = vr.worker()?.clone();
        let limit = self.options().common.timeout;
        let left_out = |name: &[u8]| {
            let mut own = OF_VISITOR.iter().copied();
            own.any(|it| name.eq_ignore_ascii_case(it) && !lookup.keys.depend_on(it))
        };
        let is_same = !vr.request_headers().any(|(name, _)| left_out(name));
        (fill.is_all && is_same).then(|| Handover::new(client, limit, wants_errors))
    }

    /// A place among the copies of this worker.
    pub(super) fn place(&self, vr: &Request<'_>) -> Option<RefreshPlace> {
        vr.worker()?
            .refresh_place(self.options().freshness.refresh_max)
    }
}

impl Copied {
    /// Has the page made. `page` is the one that there is. The copy goes on as long as
    /// it may bring something to be stored; `place` and `at_end` are dropped when it is
    /// gone.
    pub(super) fn start(
        self,
        run: RunHandle,
        page: Option<Value<BufferSlice>>,
        place: Rc<Cell<Option<RefreshPlace>>>,
        at_end: Option<WakeAtEnd>,
        handover: Option<Handover>,
    ) -> RunningCopy {
        let Self {
            copy,
            action,
            trust,
            lookup,
            limit,
        } = self;
        let (own, watched) = (run.clone(), run.clone());
        let own_handover = handover.clone();
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
                handover: own_handover,
                ..Making::default()
            };
            vr.set_state(Box::new(RequestMemory {
                lookup: Some(lookup),
                making: Some(Box::new(making)),
                ..RequestMemory::default()
            }));
            replace(vr);
        };
        let running = copy.start(&action, limit, prepare, move |end| {
            let has_store = run.ended().is_some();
            if has_store || end.is_whole && end.status < 500 {
                trust.observe(has_store);
            }
            if !has_store && end.is_whole && end.status < 500 {
                run.end(End::Abandoned);
            }
            run.end(End::Error);
            if let Some(at_end) = &at_end {
                at_end.made.set(Some(made(end, &run)));
            }
            drop((place, at_end));
        });
        let copy = running.clone();
        // Nothing more is wanted of it, except a body that is handed over.
        watched.on_end(move |_| match &handover {
            Some(handover) => handover.end(&copy),
            None => copy.cancel(),
        });
        running
    }
}

/// Whether the answer may be for the one who asks alone.
pub(super) fn has_credentials(vr: &Request<'_>) -> bool {
    let mut headers = vr.request_headers();
    headers.any(|(name, _)| name.eq_ignore_ascii_case(b"Authorization"))
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
    match (run.ended(), end.status) {
        (Some(Ended::Stored), _) => Made::Page,
        // It broke off.
        (_, 0) | (Some(Ended::Unstored(End::Error)), ..=499) => Made::Nothing,
        (_, status) if is_error(status) => Made::Error,
        // Of one that a store took no more is awaited.
        (Some(Ended::Unstored(End::Abandoned)) | None, _) if !end.is_whole => Made::Nothing,
        _ => Made::Response,
    }
}

/// Wakes a client that waits for a copy, whatever becomes of that.
pub(super) struct WakeAtEnd {
    pub(super) made: Rc<Cell<Option<Made>>>,
    pub(super) waker: Waker,
}

impl WakeAtEnd {
    /// Wakes it too when it has waited for so long.
    pub(super) fn in_time(&self, client: &Client, limit: Duration) -> Timer {
        let (made, waker) = (Rc::clone(&self.made), self.waker.clone());
        client.timer(limit, move || {
            if made.get().is_none() {
                made.set(Some(Made::Late));
                waker.wake();
            }
        })
    }
}

/// A copy whose client waits for it.
pub(in crate::plugin) struct Attended {
    pub(super) copy: RunningCopy,
    pub(super) place: Rc<Cell<Option<RefreshPlace>>>,
    pub(super) client: Client,
    /// How many may run without a client.
    pub(super) most: usize,
    /// Where it leaves what is not stored.
    pub(super) handover: Option<Handover>,
}

impl Drop for Attended {
    fn drop(&mut self) {
        if !self.copy.is_running() {
            return;
        }
        // Its client is gone: it is one of those that run without, unless it runs for this
        // client alone.
        let is_for_client = self.handover.as_ref().is_some_and(Handover::is_coming);
        let place = self.client.refresh_place(self.most);
        match place.filter(|_| !is_for_client) {
            Some(place) => self.place.set(Some(place)),
            None => self.copy.cancel(),
        }
    }
}

impl Drop for WakeAtEnd {
    fn drop(&mut self) {
        if self.made.get().is_none() {
            self.made.set(Some(Made::Nothing));
        }
        self.waker.wake();
    }
}

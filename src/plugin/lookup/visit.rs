//! Pages that are made once for all: who makes them, who waits, who is served what
//! is out of date.

use std::cell::Cell;
use std::rc::Rc;
use std::task::Poll;

use memcached_core::http::Forward;
use memcached_core::lookup::lease::{self, Answer, End, Run, Why};
use memcached_core::metrics::ActionCount;
use memcached_core::protocol::Value;
use memcached_core::stored::{Kind, Malformed};
use memcached_core::time::Time;

use super::answering::head_of;
use super::asking::{Asked, Asking};
use super::fill::has_credentials;
use super::outcome::{How, Passed};
use crate::client::{Client, RunHandle, VisitHandle, unix_now};
use crate::host::{BufferSlice, Waker};
use crate::plugin::memcached::{LastLookup, Otherwise, Pending, Request, RequestMemory};

/// Headers with which a response is for one client alone.
const NOT_WHOLE: [&[u8]; 5] = [
    b"Range",
    b"If-Range",
    b"If-None-Match",
    b"If-Modified-Since",
    b"Upgrade",
];

impl Asking {
    /// Whether the request may make the page for all: its response can be stored.
    /// Others take nothing from those that can.
    pub(super) fn may_make(&self, vr: &Request<'_>) -> bool {
        let freshness = &self.options().freshness;
        freshness.is_on()
            && vr.method() == b"GET"
            && (is_for_all(vr) || freshness.whole_on_miss && self.can_copy(vr) && !upgrades(vr))
    }

    /// Looks a page up.
    pub(super) fn visit(
        &self,
        vr: &mut Request<'_>,
        client: &Client,
        waker: Waker,
        memory: Box<RequestMemory>,
    ) -> Asked {
        let options = self.options();
        let Some(key) = memory.lookup.as_ref().and_then(LastLookup::key) else {
            // Nothing would wake it.
            return self.fail(vr, memory, &"internal error");
        };
        let is_tried = memory.making.as_ref().is_some_and(|making| making.is_tried);
        let rules = options
            .freshness
            .rules(!is_tried && self.can_copy(vr), has_credentials(vr));
        let (timeout, max_value) = (options.common.timeout, options.common.max_value);
        let handle = client.visit(self.keys.pool(), key, timeout, max_value, rules, waker);
        self.poll_visit(vr, Box::new(handle), memory)
    }

    /// Goes on with it.
    pub(super) fn poll_visit(
        &self,
        vr: &mut Request<'_>,
        handle: Box<VisitHandle>,
        mut memory: Box<RequestMemory>,
    ) -> Asked {
        let malformed = Cell::new(None);
        let (client, now) = (vr.worker(), unix_now());
        let kind = |value: &Value<BufferSlice>| {
            let head = || head_of(client, value);
            self.policy
                .lease_kind(value, now, head)
                .unwrap_or_else(|why| {
                    malformed.set(Some(why));
                    lease::Kind::Marker
                })
        };
        match handle.poll(&kind) {
            Poll::Pending => {
                memory.pending = Some(Pending::Visit(handle));
                Asked::Pending(memory)
            }
            Poll::Ready(answer) => {
                if let Some(awaited) = handle.awaited() {
                    self.outcomes.count(vr, ActionCount::WAITED);
                    memory.making.get_or_insert_default().awaited = Some(awaited);
                }
                if let Answer::Fresh(page) = &answer {
                    self.keep_visited(vr, &memory, handle.reading(), page);
                }
                drop(handle);
                self.answered(vr, answer, malformed.take(), memory)
            }
        }
    }

    /// `malformed` says what is wrong with what there is, if it is no page.
    fn answered(
        &self,
        vr: &mut Request<'_>,
        answer: Answer<BufferSlice>,
        malformed: Option<Malformed>,
        memory: Box<RequestMemory>,
    ) -> Asked {
        let has_won = match &answer {
            Answer::Make(_) | Answer::Revalidate { .. } => true,
            Answer::Stale { refresh, .. } => refresh.is_some(),
            Answer::Fresh(_) | Answer::Uncacheable(_) | Answer::Alone(_) => false,
        };
        if has_won {
            self.outcomes.count(vr, ActionCount::WON);
        }
        match answer {
            Answer::Fresh(page) => self.serve(vr, &page, false, memory),
            Answer::Stale {
                page,
                is_fresh,
                refresh,
            } => {
                if let Some(run) = refresh {
                    self.refresh(vr, run, &page, &memory);
                }
                self.serve(vr, &page, !is_fresh, memory)
            }
            Answer::Revalidate {
                page,
                or_serve,
                run,
            } => self.revalidate(vr, page, or_serve, run, memory),
            Answer::Make(run) => {
                self.forget_near(vr, &memory);
                self.make(vr, run, memory)
            }
            Answer::Uncacheable(run) => {
                self.forget_near(vr, &memory);
                self.uncacheable(vr, run, malformed, memory)
            }
            Answer::Alone(why) => self.alone(vr, why, memory),
        }
    }

    /// There is a marker, or something that is no page.
    fn uncacheable(
        &self,
        vr: &mut Request<'_>,
        run: Run,
        malformed: Option<Malformed>,
        mut memory: Box<RequestMemory>,
    ) -> Asked {
        memory.making.get_or_insert_default().run = hold(vr, run);
        match malformed {
            Some(malformed) => self.reject(vr, memory, malformed),
            None => self.pass_empty(vr, memory, Kind::Marker),
        }
    }

    pub(super) fn serve(
        &self,
        vr: &mut Request<'_>,
        page: &Value<BufferSlice>,
        is_stale: bool,
        memory: Box<RequestMemory>,
    ) -> Asked {
        match head_of(vr.worker(), page) {
            Ok(head) => {
                let how = How {
                    is_stale,
                    is_near: false,
                };
                self.serve_whole(vr, page, &head, how, memory)
            }
            // It was read before, so this cannot be.
            Err(malformed) => self.fail(vr, memory, &malformed),
        }
    }

    /// Has a page made anew that is being served.
    fn refresh(
        &self,
        vr: &mut Request<'_>,
        run: Run,
        page: &Value<BufferSlice>,
        memory: &RequestMemory,
    ) {
        let Some(run) = hold(vr, run) else {
            return;
        };
        let lookup = memory.lookup.as_ref();
        // A copy is made only if there is a place for it.
        let placed = self
            .place(vr)
            .and_then(|place| Some((place, self.copy(vr, lookup?)?)));
        match placed {
            Some((place, copied)) => {
                self.outcomes.count(vr, ActionCount::REFRESH);
                copied.start(
                    run,
                    Some(page.clone()),
                    Rc::new(Cell::new(Some(place))),
                    None,
                    None,
                );
            }
            None => run.end(End::Abandoned),
        }
    }

    /// The client waits until the page is made anew.
    fn revalidate(
        &self,
        vr: &mut Request<'_>,
        page: Value<BufferSlice>,
        until: Option<Time>,
        run: Run,
        memory: Box<RequestMemory>,
    ) -> Asked {
        let Some(run) = hold(vr, run) else {
            return self.serve(vr, &page, true, memory);
        };
        let is_tried = memory.making.as_ref().is_some_and(|making| making.is_tried);
        if is_tried && until.is_some() {
            run.end(End::Abandoned);
            return self.serve(vr, &page, true, memory);
        }
        let kept = until.map(|until| Otherwise {
            page: page.clone(),
            until,
        });
        match self.fill_and_wait(vr, run, Some(page), kept, memory) {
            Ok(asked) => asked,
            Err((run, memory)) => {
                let passed = Passed {
                    count: ActionCount::MISS,
                    forward: Forward::Stale,
                    detail: None,
                    key: None,
                    status: "miss: stale",
                    line: &"stale",
                };
                self.pass_with(vr, Some(run), memory, &passed)
            }
        }
    }

    /// Nobody has the page: this request makes it.
    fn make(&self, vr: &mut Request<'_>, run: Run, memory: Box<RequestMemory>) -> Asked {
        let mut run = hold(vr, run);
        let mut memory = memory;
        if !is_for_all(vr) {
            // Its own response could not be stored.
            if let Some(own) = run.take() {
                match self.fill_and_wait(vr, own, None, None, memory) {
                    Ok(asked) => return asked,
                    Err((own, kept)) => {
                        own.end(End::Abandoned);
                        memory = kept;
                    }
                }
            }
        }
        // If its client leaves, a copy goes on.
        if let (Some(run), Some(lookup)) = (&run, &memory.lookup) {
            if let Some(copied) = self.copy(vr, lookup) {
                let client = vr.worker().cloned();
                let most = self.options().freshness.refresh_max;
                run.set_successor(
                    move |run| match client.and_then(|it| it.refresh_place(most)) {
                        Some(place) => {
                            copied.start(run, None, Rc::new(Cell::new(Some(place))), None, None);
                        }
                        None => run.end(End::Abandoned),
                    },
                );
            }
        }
        let passed = self.not_found();
        self.pass_with(vr, run, memory, &passed)
    }

    fn alone(&self, vr: &mut Request<'_>, why: Why, mut memory: Box<RequestMemory>) -> Asked {
        if why == Why::Waited {
            self.outcomes.count(vr, ActionCount::TIMED_OUT);
        }
        let making = memory.making.as_mut();
        let otherwise = making.and_then(|making| making.otherwise.take());
        if let Some(page) = still_servable(vr, otherwise) {
            return self.serve(vr, &page, true, memory);
        }
        match why {
            Why::Waited => {
                let passed = Passed {
                    count: ActionCount::MISS,
                    forward: Forward::Miss,
                    detail: Some(&"waited in vain"),
                    key: None,
                    status: "miss: waited in vain",
                    line: &"another request has not made it in time",
                };
                self.pass(vr, memory, &passed)
            }
            Why::TooLarge(len) => self.pass_too_large(vr, memory, len),
            Why::Refused => self.fail(vr, memory, &"memcached refused"),
            Why::Failed(failure) => self.failed(vr, memory, failure),
        }
    }

    /// The request goes on without the cache, and may make the page.
    fn pass_with(
        &self,
        vr: &mut Request<'_>,
        run: Option<RunHandle>,
        mut memory: Box<RequestMemory>,
        passed: &Passed<'_>,
    ) -> Asked {
        memory.making.get_or_insert_default().run = run;
        self.pass(vr, memory, passed)
    }
}

/// The page, if it may be served now.
pub(super) fn still_servable(
    vr: &Request<'_>,
    otherwise: Option<Otherwise>,
) -> Option<Value<BufferSlice>> {
    let now = vr.worker()?.now();
    let otherwise = otherwise.filter(|it| now < it.until)?;
    Some(otherwise.page)
}

fn hold(vr: &Request<'_>, run: Run) -> Option<RunHandle> {
    Some(vr.worker()?.hold(run))
}

/// Whether everybody could be given the response.
fn is_for_all(vr: &Request<'_>) -> bool {
    let is_one = |name: &[u8]| NOT_WHOLE.iter().any(|one| name.eq_ignore_ascii_case(one));
    !vr.request_headers().any(|(name, _)| is_one(name))
}

fn upgrades(vr: &Request<'_>) -> bool {
    vr.request_headers()
        .any(|(name, _)| name.eq_ignore_ascii_case(b"Upgrade"))
}

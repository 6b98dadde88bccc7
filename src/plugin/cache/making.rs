//! The backend's block makes the response that was not there, and it is stored: for
//! the request that asked, or for a copy of it.

use std::ffi::CStr;
use std::sync::Arc;

use memcached_core::lookup::lease::End;

use crate::host::{Action, ActionKind, ConfigValue, Flow, Server};
use crate::plugin::cache_status::say_missed;
use crate::plugin::memcached::{Memcached, Request};
use crate::plugin::store::{self, Candidate, Stored, Storing};

/// What one `memcached.cache` of the configuration makes responses with.
pub(super) struct Making {
    pub(super) storing: Storing,
    pub(super) backend: Action,
}

/// What is waited for.
pub(in crate::plugin) enum Waiting {
    /// That the block has run.
    Block(Candidate),
    /// The response.
    Response(store::Waiting),
}

/// How far it is.
pub(super) enum Made {
    Pending(Waiting),
    /// Nothing has handled the request.
    Nothing,
    /// The response is there, and is being stored or is not going to be.
    Response,
}

impl Waiting {
    /// The request goes away, or its backend failed; then the server makes the response.
    pub(super) fn ended_early(self, vr: &mut Request<'_>, backend_failed: bool) {
        if backend_failed {
            say_missed(vr);
        }
        let run = match &self {
            Self::Block(candidate) => candidate.run(),
            Self::Response(waiting) => waiting.run(),
        };
        if let Some(run) = run.filter(|_| backend_failed) {
            run.end(End::Error);
        }
    }
}

impl Making {
    pub(super) fn backend(&self) -> &Action {
        &self.backend
    }

    /// Has the block make the response that the last lookup did not find.
    pub(super) fn begin(&self, vr: &mut Request<'_>) -> Waiting {
        let candidate = self.storing.candidate_of_lookup(vr);
        vr.enter(&self.backend);
        Waiting::Block(candidate)
    }

    /// Goes on with a request that was woken, with what it waited for.
    pub(super) fn resume(&self, vr: &mut Request<'_>, waiting: Waiting) -> Made {
        let stored = match waiting {
            Waiting::Block(candidate) => self.storing.begin_after_block(vr, candidate),
            Waiting::Response(waiting) => self.storing.resume(vr, waiting),
        };
        match stored {
            Stored::Pending(waiting) => Made::Pending(Waiting::Response(waiting)),
            Stored::NoResponse => Made::Nothing,
            Stored::Done => Made::Response,
        }
    }
}

/// Makes and stores a page for a copy of a request.
pub(super) struct FillAction(pub(super) Arc<Making>);

impl ActionKind for FillAction {
    const NAME: &'static CStr = c"memcached.cache";
    type Plugin = Memcached;
    type Context = Waiting;

    fn configure(_: Server<'_>, _: Option<ConfigValue<'_>>) -> Result<Self, String> {
        Err("it stands in no configuration".into())
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Option<Box<Waiting>>) -> Flow {
        let waiting = match context.take() {
            None => self.0.begin(vr),
            Some(waiting) => match self.0.resume(vr, *waiting) {
                Made::Pending(waiting) => waiting,
                Made::Nothing | Made::Response => return Flow::GoOn,
            },
        };
        *context = Some(Box::new(waiting));
        Flow::WaitForEvent
    }

    fn ended_early(vr: &mut Request<'_>, context: Box<Waiting>, backend_failed: bool) {
        context.ended_early(vr, backend_failed);
    }

    fn panicked(&self, _: &mut Request<'_>) -> Flow {
        Flow::GoOn
    }
}

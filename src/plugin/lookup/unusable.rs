//! Items that are there, and are no answer: locks and markers, and pages that are
//! not fresh any more.

use memcached_core::http::Forward;
use memcached_core::protocol::Value;
use memcached_core::stored::Kind;

use super::action::LookupAction;
use super::outcome::{Context, Passed};
use crate::host::{BufferSlice, Flow};
use crate::plugin::memcached::{Request, RequestMemory};

impl LookupAction {
    /// What an item is. Where items are bodies, any may be empty, unless the
    /// server's other users are known to leave locks.
    pub(super) fn kind_of(&self, value: &Value<BufferSlice>) -> Kind {
        let options = &self.outcomes.options;
        let meets_locks = options.freshness.meets_locks();
        if options.common.headers || meets_locks {
            Kind::of(value.flags, value.len, meets_locks)
        } else {
            Kind::Page
        }
    }

    /// Somebody makes the response, or it may not be stored.
    pub(super) fn pass_empty(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        memory: Box<RequestMemory>,
        kind: Kind,
    ) -> Flow {
        let (status, line) = match kind {
            Kind::Marker if self.outcomes.options.common.headers => (
                "uncacheable",
                "a marker that its response may not be stored",
            ),
            Kind::Marker => ("miss", "a marker"),
            Kind::Lock | Kind::Page => ("miss", "being made for another request"),
        };
        let passed = Passed {
            forward: Forward::Miss,
            detail: None,
            key: None,
            status,
            line: &line,
        };
        self.miss(vr, context, memory, &passed)
    }

    /// The page is stale.
    pub(super) fn pass_stale(
        &self,
        vr: &mut Request<'_>,
        context: &mut Context,
        memory: Box<RequestMemory>,
    ) -> Flow {
        let passed = Passed {
            forward: Forward::Stale,
            detail: None,
            key: None,
            status: "miss: stale",
            line: &"stale",
        };
        self.miss(vr, context, memory, &passed)
    }
}

//! Items that are there, and are no answer: locks and markers, and pages that are
//! not fresh any more.

use memcached_core::http::Forward;
use memcached_core::protocol::Value;
use memcached_core::stored::Kind;

use super::asking::{Asked, Asking};
use super::outcome::Passed;
use crate::host::BufferSlice;
use crate::plugin::memcached::{Request, RequestMemory};

impl Asking {
    /// What an item is. Where items are bodies, any may be empty, unless the
    /// server's other users are known to leave locks.
    pub(super) fn kind_of(&self, value: &Value<BufferSlice>) -> Kind {
        let options = self.options();
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
        memory: Box<RequestMemory>,
        kind: Kind,
    ) -> Asked {
        let (status, line) = match kind {
            Kind::Marker if self.options().common.headers => (
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
        self.pass(vr, memory, &passed)
    }

    /// The page is stale.
    pub(super) fn pass_stale(&self, vr: &mut Request<'_>, memory: Box<RequestMemory>) -> Asked {
        let passed = Passed {
            forward: Forward::Stale,
            detail: None,
            key: None,
            status: "miss: stale",
            line: &"stale",
        };
        self.pass(vr, memory, &passed)
    }
}

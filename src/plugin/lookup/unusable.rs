//! Items that are there, and are no answer: locks and markers, and pages that are
//! not fresh any more. Requests that have nothing to do with the cache.

use memcached_core::http::Forward;
use memcached_core::policy::Bypass;
use memcached_core::protocol::Value;
use memcached_core::stored::{Kind, Malformed};

use super::asking::{Asked, Asking};
use super::outcome::Passed;
use crate::host::BufferSlice;
use crate::plugin::backend_headers::client_headers;
use crate::plugin::cache_status::say_missed;
use crate::plugin::memcached::{Request, RequestMemory};
use crate::plugin::publish::shows_key;

impl Asking {
    /// The item is no whole response.
    pub(super) fn reject(
        &self,
        vr: &mut Request<'_>,
        memory: Box<RequestMemory>,
        malformed: Malformed,
    ) -> Asked {
        let line = format!("not a stored response: {malformed}");
        if let Malformed::Encoded { .. } = malformed {
            self.outcomes.warn_of_encoded(vr, &memory, &line);
        }
        let passed = Passed {
            forward: Forward::Miss,
            detail: Some(&malformed),
            key: None,
            status: &format!("miss: {malformed}"),
            line: &line,
        };
        self.pass(vr, memory, &passed)
    }

    /// There is an item that is not worth its memory.
    pub(super) fn pass_too_large(
        &self,
        vr: &mut Request<'_>,
        memory: Box<RequestMemory>,
        len: u64,
    ) -> Asked {
        let max_value = self.options().common.max_value;
        let line = format!("a value of {len} bytes is larger than max_value, {max_value}");
        self.outcomes.warn_of_large(vr, &memory, &line);
        let reason = "larger than max_value";
        let passed = Passed {
            forward: Forward::Miss,
            detail: Some(&reason),
            key: None,
            status: "miss: larger than max_value",
            line: &line,
        };
        self.pass(vr, memory, &passed)
    }

    pub(super) fn bypass_method(&self, vr: &mut Request<'_>) -> Asked {
        // The key is made only to be shown.
        let shown = shows_key(vr, self.options().common.environment);
        let key = shown.then(|| self.keys.shown(vr, &client_headers(vr)));
        let key = key.flatten();
        let passed = Passed {
            forward: Forward::Method,
            detail: None,
            key: key.as_ref(),
            status: "bypass: method",
            line: &"not for this method",
        };
        let memory = vr.take_state().unwrap_or_default();
        self.outcomes.pass(vr, memory, &passed);
        Asked::Passed
    }

    /// The request has nothing to do with the cache.
    pub(super) fn bypass(&self, vr: &mut Request<'_>, bypass: &Bypass) -> Asked {
        let memory = self.memory(vr, Err(bypass.clone()));
        let passed = Passed {
            forward: Forward::Bypass,
            detail: Some(bypass),
            key: None,
            status: &format!("bypass: {bypass}"),
            line: bypass,
        };
        self.pass(vr, memory, &passed)
    }

    /// The backend was asked for a page that may not be served without it, and gave no
    /// whole response (RFC 9111, section 5.2.2.2).
    pub(super) fn say_gateway_timeout(
        &self,
        vr: &mut Request<'_>,
        memory: Box<RequestMemory>,
    ) -> Asked {
        let why = "no whole response from the backend";
        let passed = Passed {
            forward: Forward::Stale,
            detail: Some(&why),
            key: None,
            status: "error: no whole response from the backend",
            line: &why,
        };
        self.pass(vr, memory, &passed);
        if vr.handle_direct() {
            vr.set_status(504);
            say_missed(vr);
        }
        Asked::Handled
    }

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

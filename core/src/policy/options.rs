//! What an administrator decided about the rules.

use super::identity::VaryBy;
use super::ignore::{Ignore, Rule};
use super::lifetime::Lifetimes;
use super::windows::Windows;
use crate::http::HeaderNames;
use crate::protocol::Ttl;
use crate::stored::FRESH_UNTIL;

/// Headers of responses that end at this cache, whatever the policy, and with
/// `targeted`.
const ALWAYS_END_HERE: [&str; 1] = [FRESH_UNTIL];
const TARGETED_END_HERE: [&str; 3] = [FRESH_UNTIL, "Surrogate-Control", "X-Accel-Expires"];

/// The options of an action that decide what is stored. Each field is the option
/// of the same name; [`Policy::default`] has the defaults of `memcached.store`.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct Policy {
    /// `methods`: requests with any other method are neither answered nor stored.
    pub methods: Vec<Vec<u8>>,
    /// `status`: statuses of responses that may be stored, 200 among them.
    pub statuses: Vec<u16>,
    /// `headers`: whole responses are stored, not bodies alone.
    pub headers: bool,
    /// `vary`: headers of the request that are part of the key.
    pub vary: VaryBy,
    /// `bypass_cookies` names some: what is stored comes from requests without
    /// them, and no other cookie makes a difference.
    pub bypasses_cookies: bool,
    /// `ttl`: how long a response lives that names no lifetime, and without
    /// `max_ttl` the most that any other may live.
    pub lifetimes: Lifetimes,
    /// `max_ttl`: the most that any response may live; `None` if not given,
    /// [`Ttl::Forever`] if there is no bound.
    pub max_ttl: Option<Ttl>,
    /// `ttl_jitter`: lifetimes are shortened at random by up to so many percent.
    pub ttl_jitter: u32,
    /// `stale_while_revalidate` and `stale_if_error`, which count where a response
    /// does not name its own; `None` if no item lives longer than it is fresh.
    pub stale: Option<Windows>,
    /// `require_lifetime`: store only what names a lifetime.
    pub require_lifetime: bool,
    /// `maxsize`: largest body, in bytes.
    pub maxsize: u64,
    /// `known_length`: store only bodies whose length the response announces.
    pub known_length: bool,
    /// `etag`: whole responses without an entity-tag get one.
    pub etag: bool,
    /// `store_without`: response headers that are not stored.
    pub store_without: HeaderNames,
    /// `targeted`: fields that speak to this cache alone go before
    /// `Cache-Control` and `Expires`.
    pub targeted: bool,
    /// `ignore`: rules that are left out.
    pub ignore: Ignore,
    /// `force`: all rules that `ignore` can name are left out, and a whole
    /// response may be encoded in a way that the key does not name.
    pub force: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            methods: vec![b"GET".to_vec(), b"HEAD".to_vec()],
            statuses: vec![200],
            headers: false,
            vary: VaryBy::default(),
            bypasses_cookies: false,
            lifetimes: Lifetimes::of_all(Ttl::Secs(30)),
            max_ttl: None,
            ttl_jitter: 0,
            stale: None,
            require_lifetime: false,
            maxsize: 64 * 1024,
            known_length: false,
            etag: false,
            store_without: HeaderNames::default(),
            targeted: false,
            ignore: Ignore::default(),
            force: false,
        }
    }
}

impl Policy {
    /// Whether requests with this method have to do with the cache at all.
    #[must_use]
    pub fn allows_method(&self, method: &[u8]) -> bool {
        self.methods.iter().any(|allowed| allowed == method)
    }

    /// Headers of a response that end at this cache: they are neither stored nor
    /// sent on.
    #[must_use]
    pub fn headers_ending_here(&self) -> &'static [&'static str] {
        if self.heeds_targeted() {
            &TARGETED_END_HERE
        } else {
            &ALWAYS_END_HERE
        }
    }

    /// Whether the targeted fields count.
    pub(super) fn heeds_targeted(&self) -> bool {
        self.targeted && self.heeds(Rule::Targeted)
    }

    /// Whether a rule counts.
    pub(super) fn heeds(&self, rule: Rule) -> bool {
        !self.force && !self.ignore.contains(rule)
    }
}

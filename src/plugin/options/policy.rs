//! The rules that the options give.

use memcached_core::policy::Policy;

use super::table::Options;

impl Options {
    /// The rules.
    pub(in crate::plugin) fn policy(&self) -> Policy {
        let Self {
            common,
            identity,
            store,
            purge: _,
        } = self;
        Policy {
            methods: common.methods.clone(),
            statuses: store.statuses.clone(),
            headers: common.headers,
            vary: identity.vary.clone(),
            bypasses_cookies: !identity.bypass_cookies.is_empty(),
            lifetimes: store.ttl.clone(),
            max_ttl: store.max_ttl,
            require_lifetime: store.require_lifetime,
            maxsize: store.maxsize,
            known_length: store.known_length,
            etag: store.etag,
            store_without: store.without.clone(),
            targeted: common.targeted,
            ignore: common.ignore,
            force: store.force,
        }
    }
}

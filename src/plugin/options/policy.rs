//! The rules and the flags of items that the options give.

use memcached_core::policy::Policy;
use memcached_core::stored::PAGE_FLAGS;

use super::table::Options;

impl Options {
    /// The rules.
    pub(in crate::plugin) fn policy(&self) -> Policy {
        let Self {
            common,
            identity,
            store,
            freshness,
            purge: _,
            near: _,
            tls: _,
        } = self;
        let flags = self.flags(false);
        Policy {
            methods: common.methods.clone(),
            statuses: store.statuses.clone(),
            headers: common.headers,
            vary: identity.vary.clone(),
            bypasses_cookies: !identity.bypass_cookies.is_empty(),
            lifetimes: store.ttl.clone(),
            max_ttl: store.max_ttl,
            ttl_jitter: freshness.ttl_jitter,
            // Of other items nobody would read how long they are fresh.
            stale: (freshness.is_on() && flags == PAGE_FLAGS).then(|| freshness.windows()),
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

    /// The flags of an item that is stored, unless the option of that name says
    /// something else: those of whole responses that say how long they are fresh;
    /// and of an empty body, those that tell it from a lock.
    pub(in crate::plugin) fn flags(&self, is_empty: bool) -> u32 {
        let Self {
            store, freshness, ..
        } = self;
        let is_page = if self.common.headers {
            freshness.is_on()
        } else {
            is_empty && freshness.meets_locks()
        };
        match store.flags {
            0 if is_page => PAGE_FLAGS,
            flags => flags,
        }
    }
}

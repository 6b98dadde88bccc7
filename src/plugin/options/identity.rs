//! Options that decide which requests share an item.

use memcached_core::http::Forward;
use memcached_core::namespace::Name;
use memcached_core::policy::CookieRule;
use memcached_core::policy::identity::{Encodings, PatternTraits, Ports, VaryBy, names_header};
use memcached_core::policy::invalidation::KeyTemplate;

use crate::host::{Pattern, Plugin, Target, VRequest};

/// Which requests share an item, and which have to do with none.
pub(in crate::plugin) struct Identity {
    pub(in crate::plugin) key: KeyPattern,
    /// Headers of which each value has an item of its own.
    pub(in crate::plugin) vary: VaryBy,
    /// The codings that have items of their own, with `accept-encoding` in `vary`.
    pub(in crate::plugin) encodings: Encodings,
    /// Ports that a site is known by.
    pub(in crate::plugin) ports: Ports,
    /// Whether headers that choose the page have items of their own.
    pub(in crate::plugin) guard: bool,
    /// Cookies whose requests have nothing to do with the cache.
    pub(in crate::plugin) bypass_cookies: CookieRule,
    /// Requests for which it gives something have nothing to do with the cache.
    pub(in crate::plugin) bypass: Option<Pattern>,
    /// Keys begin with its count.
    pub(in crate::plugin) namespace: Option<Name>,
}

impl Identity {
    /// What a miss is called.
    pub(in crate::plugin) fn forward_of_miss(&self) -> Forward {
        // Where items are variants, there may be others for this URL.
        if self.vary.is_empty() {
            Forward::UriMiss
        } else {
            Forward::Miss
        }
    }
}

/// The pattern of a key.
pub(in crate::plugin) struct KeyPattern {
    pub(super) pattern: Pattern,
    pub(super) text: Box<[u8]>,
    /// It is the path and nothing else, which is there without the host's evaluation.
    pub(super) is_path: bool,
    /// The target follows, as the client sent it; no pattern has that.
    pub(super) then_target: bool,
}

impl KeyPattern {
    /// Appends what it gives for a request with this target.
    pub(in crate::plugin) fn eval<P: Plugin>(
        &self,
        vr: &VRequest<'_, P>,
        target: &Target<'_>,
        text: &mut Vec<u8>,
    ) {
        if self.is_path {
            text.extend_from_slice(target.path);
            return;
        }
        self.pattern.eval(vr, text);
        if self.then_target {
            text.extend_from_slice(target.original);
        }
    }

    /// As it is shown.
    pub(in crate::plugin) fn name(&self) -> String {
        let end = if self.then_target {
            "%{req.raw_path}"
        } else {
            ""
        };
        format!("{}{end}", String::from_utf8_lossy(&self.text))
    }

    /// What it is made of.
    pub(in crate::plugin) fn traits(&self) -> PatternTraits {
        let traits = PatternTraits::of(&self.text);
        if self.then_target {
            traits.followed_by_target()
        } else {
            traits
        }
    }

    /// The pattern for what is known by its address alone, if it is made of parts of
    /// that.
    pub(in crate::plugin) fn template(&self) -> Option<KeyTemplate> {
        let template = KeyTemplate::of(&self.text)?;
        Some(if self.then_target {
            template.followed_by_target()
        } else {
            template
        })
    }

    /// Whether it has a header of the request.
    pub(in crate::plugin) fn names(&self, header: &[u8]) -> bool {
        names_header(&self.text, header)
    }

    /// Whether both give the same.
    pub(in crate::plugin) fn is_same(&self, other: &Self) -> bool {
        self.text == other.text && self.then_target == other.then_target
    }
}

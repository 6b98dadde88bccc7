//! The rules: whether a response may be stored, and for how long.

use super::exchange::Exchange;
use super::identity::VaryBy;
use super::not_stored::NotStored;
use crate::protocol::Ttl;

/// What an administrator decided about the rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy<'a> {
    /// Store whatever the response says about caches, except what a hit could
    /// not reproduce.
    pub force: bool,
    /// What of a response is stored.
    pub scope: Scope<'a>,
}

/// What of a response is stored.
#[derive(Clone, Copy, Debug, Default)]
pub enum Scope<'a> {
    /// Its body.
    #[default]
    Body,
    /// Its headers too, one item for each variant by these names.
    Whole(&'a VaryBy),
}

/// Length of what is shown of a header's name, in bytes.
const SHOWN_NAME_MAX: usize = 40;

impl Exchange {
    /// Whether the response may be stored, and how long the item may live, at
    /// most `ttl`.
    ///
    /// # Errors
    /// The reason why it may not.
    pub fn decide(
        &self,
        policy: Policy<'_>,
        ttl: Ttl,
        unix_now_secs: u64,
    ) -> Result<Ttl, NotStored> {
        if !self.coding_is_reproducible(policy) {
            return Err(NotStored::ContentEncoding);
        }
        if policy.force {
            return Ok(ttl);
        }
        // Either lifetime of 0 forbids, although s-maxage otherwise goes before
        // max-age: an origin that sends one wants the response not to be kept.
        let control = &self.cache_control;
        for (named, directive) in [
            (control.no_store, "no-store"),
            (control.private, "private"),
            (control.no_cache, "no-cache"),
            (control.s_maxage == Some(0), "s-maxage=0"),
            (control.max_age == Some(0), "max-age=0"),
        ] {
            if named {
                return Err(NotStored::CacheControl(directive));
            }
        }
        if self.set_cookie {
            return Err(NotStored::SetCookie);
        }
        if let Some(name) = self.vary.iter().find(|name| !in_key(name, policy.scope)) {
            let shown = &name[..name.len().min(SHOWN_NAME_MAX)];
            return Err(NotStored::Vary(shown.escape_ascii().to_string().into()));
        }
        let for_all = control.public || control.s_maxage.is_some() || control.must_revalidate;
        if self.authorization && !for_all {
            return Err(NotStored::Authorization);
        }
        match self.lifetime(unix_now_secs) {
            None => Ok(ttl),
            Some(0) => Err(NotStored::Expired),
            Some(secs) => Ok(ttl.at_most(u32::try_from(secs).unwrap_or(u32::MAX))),
        }
    }

    /// When the response stops being fresh, in seconds since 1970, if it names a
    /// lifetime and the policy heeds it. An item must not outlive this, however
    /// long its body takes to arrive.
    #[must_use]
    pub fn fresh_until(&self, policy: Policy<'_>, unix_now_secs: u64) -> Option<u64> {
        let secs = self.lifetime(unix_now_secs).filter(|_| !policy.force)?;
        Some(unix_now_secs.saturating_add(secs))
    }

    /// Whether every hit would name the coding of the body to a client that
    /// accepts it. Unless the key depends on what clients accept, only an
    /// administrator can know that they all do.
    fn coding_is_reproducible(&self, policy: Policy<'_>) -> bool {
        match policy.scope {
            _ if self.codings.is_empty() => true,
            Scope::Body => false,
            Scope::Whole(_) if policy.force => true,
            Scope::Whole(vary) => {
                vary.contains(b"Accept-Encoding")
                    && self
                        .codings
                        .iter()
                        .all(|coding| self.accepted.has_known(coding))
            }
        }
    }
}

/// Whether a header that `Vary` names is part of the key or makes no difference;
/// `Accept-Encoding` makes none for a body that is not encoded.
fn in_key(name: &[u8], scope: Scope<'_>) -> bool {
    name.eq_ignore_ascii_case(b"Accept-Encoding")
        || matches!(scope, Scope::Whole(vary) if vary.contains(name))
}

//! The rules themselves.

use super::cache_control::{CacheControl, delta_seconds};
use super::codings::Accepted;
use super::reason::Reason;
use super::stored::{list, unix_secs};
use super::variant::VaryBy;
use crate::protocol::Ttl;

/// What an administrator decided about the rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy<'a> {
    /// Store whatever the response says about caches. What could not be given
    /// back rightly is not stored even so.
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
    /// Its headers too, one item for each variant that these make.
    Whole(&'a VaryBy),
}

/// The headers of an exchange, as far as they matter.
#[derive(Debug, Default)]
pub struct Facts {
    cache_control: CacheControl,
    authorization: bool,
    set_cookie: bool,
    /// Of the body, `identity` left out.
    codings: Vec<Vec<u8>>,
    accepted: Accepted,
    /// What `Vary` names.
    vary: Vec<Vec<u8>>,
    /// Seconds.
    age: u64,
    /// Seconds since 1970.
    date: Option<u64>,
    /// Seconds since 1970; 0 is long ago.
    expires: Option<u64>,
}

/// So much of a header's name is shown.
const SHOWN_NAME_MAX: usize = 40;

impl Facts {
    /// Takes a header of the request in.
    pub fn observe_request(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"Authorization") {
            self.authorization = true;
        } else if name.eq_ignore_ascii_case(b"Accept-Encoding") {
            self.accepted.observe(value);
        }
    }

    /// Takes a header of the response in.
    pub fn observe_response(&mut self, name: &[u8], value: &[u8]) {
        let is = |header: &str| name.eq_ignore_ascii_case(header.as_bytes());
        if is("Cache-Control") {
            self.cache_control.observe(value);
        } else if is("Set-Cookie") {
            self.set_cookie = true;
        } else if is("Content-Encoding") {
            let codings = list(value).filter(|coding| !coding.eq_ignore_ascii_case(b"identity"));
            self.codings.extend(codings.map(<[u8]>::to_vec));
        } else if is("Vary") {
            self.vary.extend(list(value).map(<[u8]>::to_vec));
        } else if is("Age") {
            let age = delta_seconds(value.trim_ascii()).unwrap_or(0);
            self.age = self.age.max(age.into());
        } else if is("Date") {
            self.date = self.date.or_else(|| unix_secs(value));
        } else if is("Expires") {
            // What is no date has expired (RFC 9111 section 5.3), and of
            // several the earliest counts.
            let expires = unix_secs(value).unwrap_or(0);
            self.expires = Some(self.expires.map_or(expires, |other| other.min(expires)));
        }
    }

    /// Whether the response may be stored and how long the item may live,
    /// which is never longer than `ttl`.
    ///
    /// # Errors
    /// Why it may not.
    pub fn decide(&self, policy: Policy<'_>, ttl: Ttl, unix_now_secs: u64) -> Result<Ttl, Reason> {
        if !self.coding_can_be_given_back(policy) {
            return Err(Reason::ContentEncoding);
        }
        if policy.force {
            return Ok(ttl);
        }
        // Either lifetime of 0 forbids, although s-maxage otherwise comes before
        // max-age: who writes one means that the response must not be kept.
        let control = &self.cache_control;
        for (named, directive) in [
            (control.no_store, "no-store"),
            (control.private, "private"),
            (control.no_cache, "no-cache"),
            (control.s_maxage == Some(0), "s-maxage=0"),
            (control.max_age == Some(0), "max-age=0"),
        ] {
            if named {
                return Err(Reason::CacheControl(directive));
            }
        }
        if self.set_cookie {
            return Err(Reason::SetCookie);
        }
        if let Some(name) = self.vary.iter().find(|name| !in_key(name, policy.scope)) {
            let shown = &name[..name.len().min(SHOWN_NAME_MAX)];
            return Err(Reason::Vary(shown.escape_ascii().to_string().into()));
        }
        let for_all = control.public || control.s_maxage.is_some() || control.must_revalidate;
        if self.authorization && !for_all {
            return Err(Reason::Authorization);
        }
        match self.lifetime(unix_now_secs) {
            None => Ok(ttl),
            Some(0) => Err(Reason::Expired),
            Some(secs) => Ok(ttl.at_most(u32::try_from(secs).unwrap_or(u32::MAX))),
        }
    }

    /// Until when the response is fresh, in seconds since 1970, if it says so
    /// and that counts. A body may take its time, and an item must not outlive
    /// this.
    #[must_use]
    pub fn fresh_until(&self, policy: Policy<'_>, unix_now_secs: u64) -> Option<u64> {
        let secs = self.lifetime(unix_now_secs).filter(|_| !policy.force)?;
        Some(unix_now_secs.saturating_add(secs))
    }

    /// Whether every hit would name the coding of the body, to clients that
    /// accept it. Without a key that tells what they accept, only an
    /// administrator can know that they do.
    fn coding_can_be_given_back(&self, policy: Policy<'_>) -> bool {
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

    /// Seconds since the response was made (RFC 9111 section 4.2.3): it is at
    /// least as old as its `Date`.
    #[must_use]
    pub fn age(&self, unix_now_secs: u64) -> u64 {
        let made = self.date.unwrap_or(unix_now_secs);
        self.age.max(unix_now_secs.saturating_sub(made))
    }

    /// Seconds that the response is still fresh for (RFC 9111 section 4.2), if
    /// it says so. A lifetime in seconds comes before a date, and `s-maxage`
    /// before `max-age`.
    fn lifetime(&self, unix_now_secs: u64) -> Option<u64> {
        let made = self.date.unwrap_or(unix_now_secs);
        let control = &self.cache_control;
        let explicit = control.s_maxage.or(control.max_age).map(u64::from);
        let fresh =
            explicit.or_else(|| self.expires.map(|expires| expires.saturating_sub(made)))?;
        Some(fresh.saturating_sub(self.age(unix_now_secs)))
    }
}

/// Whether a header that `Vary` names changes nothing, or the key.
/// `Accept-Encoding` alone changes nothing for a body that is not encoded.
fn in_key(name: &[u8], scope: Scope<'_>) -> bool {
    name.eq_ignore_ascii_case(b"Accept-Encoding")
        || matches!(scope, Scope::Whole(vary) if vary.contains(name))
}

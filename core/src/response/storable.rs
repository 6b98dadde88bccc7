//! The rules themselves.

use super::cache_control::{CacheControl, delta_seconds};
use super::reason::Reason;
use super::stored::unix_secs;
use crate::protocol::Ttl;

/// What an administrator decided about the rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// Store whatever the response says about caches. What could not be given
    /// back rightly is not stored even so.
    pub force: bool,
}

/// The headers of an exchange, as far as they matter.
#[derive(Debug, Default)]
pub struct Facts {
    cache_control: CacheControl,
    authorization: bool,
    set_cookie: bool,
    encoded: bool,
    vary: Option<Box<str>>,
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
    pub fn observe_request(&mut self, name: &[u8], _value: &[u8]) {
        if name.eq_ignore_ascii_case(b"Authorization") {
            self.authorization = true;
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
            let codings = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
            self.encoded |= codings
                .filter(|coding| !coding.is_empty())
                .any(|coding| !coding.eq_ignore_ascii_case(b"identity"));
        } else if is("Vary") {
            self.observe_vary(value);
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

    fn observe_vary(&mut self, value: &[u8]) {
        let mut names = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        let other =
            names.find(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"Accept-Encoding"));
        if let (None, Some(name)) = (&self.vary, other) {
            let shown = &name[..name.len().min(SHOWN_NAME_MAX)];
            self.vary = Some(shown.escape_ascii().to_string().into());
        }
    }

    /// Whether the response may be stored and how long the item may live,
    /// which is never longer than `ttl`.
    ///
    /// # Errors
    /// Why it may not.
    pub fn decide(&self, policy: Policy, ttl: Ttl, unix_now_secs: u64) -> Result<Ttl, Reason> {
        if self.encoded {
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
        if let Some(name) = &self.vary {
            return Err(Reason::Vary(name.clone()));
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

    /// Seconds that the response is still fresh for (RFC 9111 section 4.2), if
    /// it says so. A lifetime in seconds comes before a date, and `s-maxage`
    /// before `max-age`.
    fn lifetime(&self, unix_now_secs: u64) -> Option<u64> {
        let made = self.date.unwrap_or(unix_now_secs);
        let control = &self.cache_control;
        let explicit = control.s_maxage.or(control.max_age).map(u64::from);
        let fresh =
            explicit.or_else(|| self.expires.map(|expires| expires.saturating_sub(made)))?;
        // RFC 9111 section 4.2.3: a response is at least as old as its Date.
        let age = self.age.max(unix_now_secs.saturating_sub(made));
        Some(fresh.saturating_sub(age))
    }
}

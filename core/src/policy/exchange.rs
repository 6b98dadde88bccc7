//! The headers of a request and its response, as far as the rules need them.

use crate::http::{Accepted, Age, CacheControl, SECONDS_MAX, capped, list, parse_date};

/// What the headers of a request and its response say.
#[derive(Debug, Default)]
pub struct Exchange {
    pub(super) cache_control: CacheControl,
    pub(super) authorization: bool,
    pub(super) set_cookie: bool,
    /// Codings of the body without `identity`.
    pub(super) codings: Vec<Vec<u8>>,
    pub(super) accepted: Accepted,
    /// Names in `Vary`.
    pub(super) vary: Vec<Vec<u8>>,
    age: Age,
    /// `Date`, in seconds since 1970.
    date: Option<u64>,
    /// `Expires`, in seconds since 1970; 0 if it is not a date.
    expires: Option<u64>,
}

impl Exchange {
    /// Records a request header.
    pub fn observe_request(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"Authorization") {
            self.authorization = true;
        } else if name.eq_ignore_ascii_case(b"Accept-Encoding") {
            self.accepted.observe(value);
        }
    }

    /// Records a response header.
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
            self.age.observe(value);
        } else if is("Date") {
            self.date = self.date.or_else(|| parse_date(value));
        } else if is("Expires") {
            // An invalid date lies in the past (RFC 9111 section 5.3); of
            // several dates the earliest counts.
            let expires = parse_date(value).unwrap_or(0);
            self.expires = Some(self.expires.map_or(expires, |other| other.min(expires)));
        }
    }

    /// Seconds since the origin made the response (RFC 9111 section 4.2.3), at
    /// least the time since its `Date` and at most [`SECONDS_MAX`]. An `Age`
    /// without any number makes it as old as can be.
    #[must_use]
    pub fn age(&self, unix_now_secs: u64) -> u32 {
        let apparent = capped(unix_now_secs.saturating_sub(self.made(unix_now_secs)));
        match self.age {
            Age::Missing => apparent,
            Age::Secs(secs) | Age::Invalid(Some(secs)) => apparent.max(secs),
            Age::Invalid(None) => SECONDS_MAX,
        }
    }

    /// Its `Date` in seconds since 1970; now if that is missing or unreadable.
    fn made(&self, unix_now_secs: u64) -> u64 {
        self.date.unwrap_or(unix_now_secs)
    }

    /// Seconds for which the response is still fresh (RFC 9111 section 4.2), if
    /// it names a lifetime: `s-maxage`, else `max-age`, else `Expires`.
    pub(super) fn lifetime(&self, unix_now_secs: u64) -> Option<u64> {
        let made = self.made(unix_now_secs);
        let control = &self.cache_control;
        let explicit = control.s_maxage.or(control.max_age).map(u64::from);
        let fresh =
            explicit.or_else(|| self.expires.map(|expires| expires.saturating_sub(made)))?;
        Some(fresh.saturating_sub(self.age(unix_now_secs).into()))
    }
}

//! A request and its response, as far as the rules need them.

use super::identity::KeyCodings;
use super::targeted::TargetedFields;
use crate::decimal;
use crate::http::{Age, CacheControl, SECONDS_MAX, capped, is_name, list, parse_date};

/// Where a response comes from, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provenance {
    /// A handler has made it for this request.
    #[default]
    Handler,
    /// It was made from the item that it would be stored as.
    SameItem,
    /// It was made from another item.
    OtherItem {
        /// When the origin made it, in seconds since 1970; `None` if the item does
        /// not tell.
        made_at: Option<u64>,
    },
}

/// What a request and the head of its response say.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a header")]
pub struct Exchange<'a> {
    /// Method of the request.
    pub method: &'a [u8],
    /// Status of the response.
    pub status: i32,
    /// Where the response comes from.
    pub provenance: Provenance,
    /// The codings that a body may have under the key that it would be stored
    /// as, if that names any: `vary` has `accept-encoding`.
    pub key_codings: Option<KeyCodings<'a>>,
    pub(super) authorization: bool,
    pub(super) targeted: TargetedFields,
    pub(super) cache_control: CacheControl,
    /// `no-cache` in `Pragma`.
    pub(super) pragma_no_cache: bool,
    pub(super) set_cookie: bool,
    pub(super) set_cookie2: bool,
    pub(super) content_range: bool,
    /// The response has an entity-tag or a date of its last change.
    pub(super) has_validator: bool,
    /// Codings of the body without `identity`.
    pub(super) codings: Vec<Vec<u8>>,
    /// Names in `Vary`.
    pub(super) vary: Vec<Vec<u8>>,
    length: ContentLength,
    age: Age,
    /// `Date`, in seconds since 1970.
    date: Option<u64>,
    /// `Expires`, in seconds since 1970; 0 if it is not a date.
    pub(super) expires: Option<u64>,
}

/// Length of the body as the response announces it.
#[derive(Clone, Copy, Debug, Default)]
enum ContentLength {
    #[default]
    Missing,
    Bytes(u64),
    /// It is not a number, or several lines disagree.
    Invalid,
}

impl<'a> Exchange<'a> {
    /// A request with this method and a response with this status.
    #[must_use]
    pub fn new(method: &'a [u8], status: i32) -> Self {
        Self {
            method,
            status,
            ..Self::default()
        }
    }

    /// Records a request header.
    pub fn observe_request(&mut self, name: &[u8]) {
        if is_name(name, "Authorization") {
            self.authorization = true;
        }
    }

    /// Records a response header.
    pub fn observe_response(&mut self, name: &[u8], value: &[u8]) {
        let is = |header: &str| is_name(name, header);
        if is("Cache-Control") {
            self.cache_control.observe(value);
        } else if is("Pragma") {
            self.pragma_no_cache |= list(value).any(|part| part.eq_ignore_ascii_case(b"no-cache"));
        } else if is("Set-Cookie") {
            self.set_cookie = true;
        } else if is("Set-Cookie2") {
            self.set_cookie2 = true;
        } else if is("ETag") || is("Last-Modified") {
            self.has_validator = true;
        } else if is("Content-Range") {
            self.content_range = true;
        } else if is("Content-Encoding") {
            let codings = list(value).filter(|coding| !coding.eq_ignore_ascii_case(b"identity"));
            self.codings.extend(codings.map(<[u8]>::to_vec));
        } else if is("Content-Length") {
            self.length.observe(value);
        } else if is("Vary") {
            self.vary.extend(list(value).map(<[u8]>::to_vec));
        } else if is("Age") {
            self.age.observe(value);
        } else if is("Date") {
            self.date = self.date.or_else(|| parse_date(value));
        } else if is("Expires") {
            // An invalid date counts as past (RFC 9111 section 5.3); of
            // several dates the earliest counts.
            let expires = parse_date(value).unwrap_or(0);
            self.expires = Some(self.expires.map_or(expires, |other| other.min(expires)));
        } else {
            self.targeted.observe(name, value);
        }
    }

    /// Whether the response has no body by its status, so that no end of a body
    /// will come (RFC 9110 sections 15.3.5 and 15.3.6).
    #[must_use]
    pub fn has_no_body(&self) -> bool {
        matches!(self.status, 204 | 205)
    }

    /// Length of the body in bytes, if the response announces it.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match self.length {
            _ if self.has_no_body() => Some(0),
            ContentLength::Bytes(length) => Some(length),
            ContentLength::Missing | ContentLength::Invalid => None,
        }
    }

    /// Seconds since the origin made the response (RFC 9111 section 4.2.3), at
    /// least the time since its `Date`, or since its item tells that it was made,
    /// and at most [`SECONDS_MAX`]. An `Age` without any number makes it as old as
    /// can be.
    #[must_use]
    pub fn age(&self, unix_now_secs: u64) -> u32 {
        let made = self.made(unix_now_secs);
        let made = match self.provenance {
            Provenance::OtherItem { made_at: Some(at) } => made.min(at),
            _ => made,
        };
        let apparent = capped(unix_now_secs.saturating_sub(made));
        match self.age {
            Age::Missing => apparent,
            Age::Secs(secs) | Age::Invalid(Some(secs)) => apparent.max(secs),
            Age::Invalid(None) => SECONDS_MAX,
        }
    }

    /// Its `Date` in seconds since 1970; now if that is missing or unreadable.
    pub(super) fn made(&self, unix_now_secs: u64) -> u64 {
        self.date.unwrap_or(unix_now_secs)
    }
}

impl ContentLength {
    fn observe(&mut self, value: &[u8]) {
        *self = match (*self, decimal::parse(value.trim_ascii())) {
            (Self::Missing, Ok(length)) => Self::Bytes(length),
            (Self::Bytes(known), Ok(length)) if known == length => Self::Bytes(length),
            _ => Self::Invalid,
        };
    }
}

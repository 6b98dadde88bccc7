//! The rules: whether a response may be stored, and for how long.

use super::control::Control;
use super::exchange::{Exchange, Provenance};
use super::ignore::Rule;
use super::lifetime::Lifetime;
use super::not_stored::NotStored;
use super::options::Policy;
use super::shown::shown;
use super::windows::Windows;
use crate::stored::{Extra, HeadSpec, HeadWriter, NewItem};

/// A response that may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storable {
    /// How long it is fresh.
    pub lifetime: Lifetime,
    /// How long it may be served after that.
    pub windows: Windows,
    /// Length of its body in bytes, if the response announces it. A body of any
    /// other length was cut short.
    pub length: Option<u64>,
    /// It has no body, so that no end of one will come: the item is complete.
    pub complete: bool,
}

impl Policy {
    /// Whether the response of this exchange may be stored, and for how long.
    ///
    /// # Errors
    /// The first rule that forbids it.
    pub fn decide(
        &self,
        exchange: &Exchange<'_>,
        unix_now_secs: u64,
    ) -> Result<Storable, NotStored> {
        self.check_exchange(exchange)?;
        let control = Control::of(exchange, self, unix_now_secs);
        if let Some(forbidden) = control.forbidden {
            return Err(forbidden);
        }
        if self.heeds(Rule::SetCookie) {
            Self::check_cookies(exchange)?;
        }
        if self.heeds(Rule::Vary) {
            self.check_vary(exchange)?;
        }
        if self.heeds(Rule::Authorization) && exchange.authorization && !control.shared {
            return Err(NotStored::Authorization);
        }
        if self.require_lifetime && control.fresh_secs.is_none() {
            return Err(NotStored::NoLifetime);
        }
        let fresh_until = control
            .fresh_secs
            .map(|secs| unix_now_secs.saturating_add(secs));
        let status = u16::try_from(exchange.status).unwrap_or(0);
        let lifetime = Lifetime::new(self.lifetimes.of(status), self.max_ttl, fresh_until);
        if lifetime.ttl(unix_now_secs).is_none() {
            return Err(NotStored::Expired);
        }
        let lifetime = match exchange.provenance {
            Provenance::OtherItem { made_at: Some(at) } => lifetime.counted_from(at),
            _ => lifetime,
        };
        if lifetime.ttl(unix_now_secs).is_none() {
            return Err(NotStored::TooOld);
        }
        Ok(Storable {
            lifetime,
            windows: self.windows(control.stale, exchange.has_validator),
            length: exchange.length(),
            complete: exchange.has_no_body(),
        })
    }

    /// The item of a response that may be stored as `response` says, without its
    /// body so far. `head` has all headers of the response.
    ///
    /// # Errors
    /// Its head cannot be stored.
    pub fn new_item(
        &self,
        head: &HeadWriter,
        exchange: &Exchange<'_>,
        response: &Storable,
        unix_now_secs: u64,
    ) -> Result<NewItem, NotStored> {
        if !self.headers {
            return Ok(NewItem::default());
        }
        let status = u16::try_from(exchange.status).unwrap_or(0);
        // What never ends needs no line that says when.
        let has_line = self.stale.is_some() && !response.lifetime.is_endless();
        let spec = HeadSpec {
            age_secs: exchange.age(unix_now_secs),
            add_etag: self.etag,
            extra: has_line.then(|| Extra {
                secs: response.windows.longest(),
                is_served: response.windows.kept == 0,
            }),
            ..HeadSpec::new(status, unix_now_secs)
        };
        let ends_here = |name: &[u8]| {
            let names = self.headers_ending_here();
            names
                .iter()
                .any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
        };
        let without = |name: &[u8]| self.store_without.contains(name) || ends_here(name);
        head.encode(&spec, without).map_err(NotStored::Headers)
    }

    /// What no policy lifts: responses that a hit could not reproduce.
    fn check_exchange(&self, exchange: &Exchange<'_>) -> Result<(), NotStored> {
        if exchange.method == b"HEAD" {
            return Err(NotStored::Head);
        }
        if !self.allows_method(exchange.method) {
            return Err(NotStored::Method);
        }
        let status = u16::try_from(exchange.status).unwrap_or(0);
        if !self.statuses.contains(&status) {
            return Err(NotStored::Status(exchange.status));
        }
        match exchange.provenance {
            Provenance::SameItem => return Err(NotStored::SameItem),
            Provenance::OtherItem { made_at: None } => return Err(NotStored::UnknownAge),
            Provenance::OtherItem { .. } | Provenance::Handler => {}
        }
        match exchange.length() {
            Some(length) if length > self.maxsize => return Err(NotStored::TooLarge),
            None if self.known_length => return Err(NotStored::UnknownLength),
            _ => {}
        }
        if status == 200 && exchange.content_range {
            return Err(NotStored::ContentRange);
        }
        if self.can_name_coding(exchange) {
            Ok(())
        } else {
            Err(NotStored::ContentEncoding)
        }
    }

    fn check_cookies(exchange: &Exchange<'_>) -> Result<(), NotStored> {
        if exchange.set_cookie {
            Err(NotStored::SetCookie)
        } else if exchange.set_cookie2 {
            Err(NotStored::SetCookie2)
        } else {
            Ok(())
        }
    }

    fn check_vary(&self, exchange: &Exchange<'_>) -> Result<(), NotStored> {
        let Some(name) = exchange.vary.iter().find(|name| !self.covers(name)) else {
            return Ok(());
        };
        Err(NotStored::Vary(shown(name)))
    }

    /// Whether a header that `Vary` names is part of the key or makes no
    /// difference; `Accept-Encoding` makes none for a body that is not encoded.
    fn covers(&self, name: &[u8]) -> bool {
        name.eq_ignore_ascii_case(b"Accept-Encoding")
            || (self.bypasses_cookies && name.eq_ignore_ascii_case(b"Cookie"))
            || (self.headers && self.vary.contains(name))
    }

    /// Whether every hit would name the coding of the body to a client that
    /// accepts it. Unless the key names what clients accept, only an administrator
    /// can know that they all do.
    fn can_name_coding(&self, exchange: &Exchange<'_>) -> bool {
        if exchange.codings.is_empty() {
            return true;
        }
        self.headers
            && match &exchange.key_codings {
                Some(key) => exchange.codings.iter().all(|coding| key.allow(coding)),
                None => self.force,
            }
    }
}

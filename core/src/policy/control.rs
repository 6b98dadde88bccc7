//! What a response says about caches, as far as a policy heeds it.

use super::exchange::Exchange;
use super::ignore::Rule;
use super::not_stored::NotStored;
use super::options::Policy;
use super::stale::StaleControl;
use super::targeted::Targeted;
use crate::http::{AccelExpires, CacheControl};

/// What the fields say that decide.
#[derive(Debug, Default)]
pub(super) struct Control {
    /// Why a shared cache must not store the response.
    pub forbidden: Option<NotStored>,
    /// It may be shared although the request had credentials (RFC 9111 section
    /// 3.5).
    pub shared: bool,
    /// Seconds for which it is still fresh (RFC 9111 section 4.2), if it names a
    /// lifetime.
    pub fresh_secs: Option<u64>,
    /// What it says of the time after that.
    pub stale: StaleControl,
}

impl Control {
    /// What the response of this exchange says.
    pub(super) fn of(exchange: &Exchange<'_>, policy: &Policy, unix_now_secs: u64) -> Self {
        let age = exchange.age(unix_now_secs).into();
        let targeted = exchange.targeted.deciding();
        match targeted.filter(|_| policy.heeds_targeted()) {
            Some(Targeted::Directives(field, control)) => {
                Self::from_directives(field, &control, age)
            }
            Some(Targeted::Accel(expires)) => Self::from_accel_expires(expires, age, unix_now_secs),
            None => Self::from_plain_fields(exchange, policy, age, unix_now_secs),
        }
    }

    /// What `Cache-Control`, or else `Pragma`, and `Expires` say.
    fn from_plain_fields(
        exchange: &Exchange<'_>,
        policy: &Policy,
        age: u64,
        unix_now_secs: u64,
    ) -> Self {
        let control = &exchange.cache_control;
        let mut found = Self::from_directives("Cache-Control", control, age);
        if !policy.heeds(Rule::CacheControl) {
            // What it allows still counts.
            (found.forbidden, found.fresh_secs) = (None, None);
            found.stale = StaleControl::default();
        } else if exchange.pragma_no_cache && !control.present {
            found.forbidden = Some(NotStored::directive("Pragma", "no-cache"));
        }
        if found.fresh_secs.is_none() && policy.heeds(Rule::Expires) {
            let made = exchange.made(unix_now_secs);
            let lifetime = exchange.expires.map(|expires| expires.saturating_sub(made));
            found.fresh_secs = lifetime.map(|secs| secs.saturating_sub(age));
        }
        found
    }

    /// What `X-Accel-Expires` says.
    fn from_accel_expires(expires: AccelExpires, age_secs: u64, unix_now_secs: u64) -> Self {
        let forbidden =
            (expires == AccelExpires::In(0)).then(|| NotStored::directive("X-Accel-Expires", "0"));
        let fresh = match expires {
            AccelExpires::In(secs) => u64::from(secs).saturating_sub(age_secs),
            AccelExpires::At(time) => time.saturating_sub(unix_now_secs),
        };
        Self {
            forbidden,
            shared: false,
            fresh_secs: Some(fresh),
            stale: StaleControl::default(),
        }
    }

    /// What the directives of this field say of a response of this age.
    fn from_directives(field: &'static str, control: &CacheControl, age_secs: u64) -> Self {
        // RFC 9111 section 5.2.2.10: s-maxage overrides max-age, 0 included.
        let overridden = control.s_maxage.is_some();
        let forbidden = [
            (control.no_store, "no-store"),
            (control.private, "private"),
            (control.no_cache, "no-cache"),
            (control.s_maxage == Some(0), "s-maxage=0"),
            (control.max_age == Some(0) && !overridden, "max-age=0"),
        ];
        let forbidden = forbidden.into_iter().find(|(named, _)| *named);
        let lifetime = control.s_maxage.or(control.max_age).map(u64::from);
        Self {
            forbidden: forbidden.map(|(_, directive)| NotStored::directive(field, directive)),
            shared: control.public || overridden || control.must_revalidate,
            fresh_secs: lifetime.map(|secs| secs.saturating_sub(age_secs)),
            stale: StaleControl::of(control),
        }
    }
}

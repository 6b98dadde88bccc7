//! What responses say of the time after their lifetime (RFC 9111 section 4.2.4,
//! RFC 5861).

use super::options::Policy;
use super::windows::Windows;
use crate::http::CacheControl;

/// What the fields of a response that decide say of it when it is stale.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StaleControl {
    /// It must not be served then.
    forbidden: bool,
    /// It must not, unless it says so itself.
    only_named: bool,
    while_revalidate: Option<u32>,
    if_error: Option<u32>,
}

impl StaleControl {
    /// What these directives say.
    pub(super) fn of(control: &CacheControl) -> Self {
        Self {
            forbidden: control.must_revalidate || control.proxy_revalidate || control.no_cache,
            only_named: control.s_maxage.is_some(),
            while_revalidate: control.stale_while_revalidate,
            if_error: control.stale_if_error,
        }
    }

    /// The windows, where `otherwise` is for what the response does not name;
    /// `None` if it must not be served when it is stale.
    fn windows(self, otherwise: Windows) -> Option<Windows> {
        let names_one = self.while_revalidate.is_some() || self.if_error.is_some();
        if self.forbidden || (self.only_named && !names_one) {
            return None;
        }
        let otherwise = if self.only_named {
            Windows::NONE
        } else {
            otherwise
        };
        Some(Windows {
            while_revalidate: self.while_revalidate.unwrap_or(otherwise.while_revalidate),
            if_error: self.if_error.unwrap_or(otherwise.if_error),
            kept: 0,
        })
    }
}

impl Policy {
    /// The windows of a response that says this. One that must not be served when it
    /// is stale is kept all the same if the backend can be asked whether it is still
    /// right.
    pub(super) fn windows(&self, control: StaleControl, has_validator: bool) -> Windows {
        let Some(own) = self.stale else {
            return Windows::NONE;
        };
        control.windows(own).unwrap_or_else(|| Windows {
            kept: if has_validator { own.longest() } else { 0 },
            ..Windows::NONE
        })
    }

    /// The windows of a stored response whose headers say this, and whose item lives
    /// on for `extra` seconds, which shows that it might be served when it was
    /// stored. If its headers say otherwise, the field that decided ended at this
    /// cache; nothing is known of what that named.
    pub(super) fn stored_windows(&self, control: StaleControl, extra: u32) -> Windows {
        let windows = self.stale.and_then(|own| {
            let otherwise = self.heeds_targeted().then_some(own);
            control.windows(own).or(otherwise)
        });
        windows.unwrap_or(Windows::NONE).at_most(extra)
    }
}

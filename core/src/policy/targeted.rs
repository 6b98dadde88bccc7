//! Fields that speak to this cache alone (RFC 9213). The first that is valid
//! decides, and `Cache-Control` and `Expires` are left to other caches.

use crate::http::{
    AccelExpires, CacheControl, Dictionary, Item, SurrogateControl, capped, is_name,
};

/// Their values.
#[derive(Debug, Default)]
pub(super) struct TargetedFields {
    /// Lines of `CDN-Cache-Control`, joined by commas.
    cdn: Option<Vec<u8>>,
    surrogate: SurrogateControl,
    accel: Accel,
}

/// What `X-Accel-Expires` says.
#[derive(Clone, Copy, Debug, Default)]
enum Accel {
    #[default]
    Missing,
    Is(AccelExpires),
    /// It cannot be read, or several lines disagree.
    Invalid,
}

/// What the field says that decides.
#[derive(Debug)]
pub(super) enum Targeted {
    /// Directives of this field.
    Directives(&'static str, CacheControl),
    /// `X-Accel-Expires`.
    Accel(AccelExpires),
}

impl TargetedFields {
    /// Records a response header, which may be any.
    pub(super) fn observe(&mut self, name: &[u8], value: &[u8]) {
        let is = |header: &str| is_name(name, header);
        if is("CDN-Cache-Control") {
            match &mut self.cdn {
                Some(lines) => {
                    lines.extend_from_slice(b", ");
                    lines.extend_from_slice(value);
                }
                None => self.cdn = Some(value.to_vec()),
            }
        } else if is("Surrogate-Control") {
            self.surrogate.observe(value);
        } else if is("X-Accel-Expires") {
            self.accel = match (self.accel, AccelExpires::parse(value)) {
                (Accel::Missing, Some(expires)) => Accel::Is(expires),
                (Accel::Is(known), Some(expires)) if known == expires => Accel::Is(known),
                _ => Accel::Invalid,
            };
        }
    }

    /// What the field says that decides; `None` if there is no valid one.
    pub(super) fn deciding(&self) -> Option<Targeted> {
        if let Some(control) = self.cdn.as_deref().and_then(cdn_directives) {
            return Some(Targeted::Directives("CDN-Cache-Control", control));
        }
        if let Some(control) = self.surrogate.directives() {
            return Some(Targeted::Directives("Surrogate-Control", control));
        }
        match self.accel {
            Accel::Is(expires) => Some(Targeted::Accel(expires)),
            Accel::Missing | Accel::Invalid => None,
        }
    }
}

/// The directives of a `CDN-Cache-Control`. An empty or broken one is ignored
/// (RFC 9213 section 2.1), and so is one whose lifetime is no integer. What
/// forbids counts with a value of any kind.
fn cdn_directives(value: &[u8]) -> Option<CacheControl> {
    let members = Dictionary::parse(value).filter(|members| !members.is_empty())?;
    let forbids = |key| !matches!(members.get(key), None | Some(Item::Boolean(false)));
    let allows = |key| members.get(key) == Some(Item::Boolean(true));
    let seconds = |key| match members.get(key) {
        None => Some(None),
        Some(Item::Integer(secs)) => Some(Some(capped(u64::try_from(secs).unwrap_or(0)))),
        Some(Item::Boolean(_) | Item::Other) => None,
    };
    // Of stale responses a value that is no integer says that there are none.
    let stale = |key| match members.get(key)? {
        Item::Integer(secs) => Some(capped(u64::try_from(secs).unwrap_or(0))),
        Item::Boolean(_) | Item::Other => Some(0),
    };
    Some(CacheControl {
        present: true,
        private: forbids("private"),
        no_store: forbids("no-store"),
        no_cache: forbids("no-cache"),
        public: allows("public"),
        must_revalidate: allows("must-revalidate"),
        proxy_revalidate: forbids("proxy-revalidate"),
        max_age: seconds("max-age")?,
        s_maxage: seconds("s-maxage")?,
        stale_while_revalidate: stale("stale-while-revalidate"),
        stale_if_error: stale("stale-if-error"),
    })
}

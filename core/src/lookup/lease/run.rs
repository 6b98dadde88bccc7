//! The right to make a page, and how that ends.

use super::ask::Rules;
use crate::time::Time;

/// The right to make a page. It is given back to
/// [`Leases::store`](super::Leases::store) or [`Leases::end`](super::Leases::end),
/// once. Until then others wait, for as long as their rules say.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "others wait until it is given back"]
pub struct Run {
    pub(super) id: RunId,
}

/// Names a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct RunId(pub(super) u64);

/// What is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewItem {
    /// The number that is kept with it.
    pub flags: u32,
    /// As commands carry it; see [`exptime`](crate::protocol::exptime).
    pub exptime: i64,
    /// The value.
    pub data: Vec<u8>,
}

/// How a run ends without anything to store. None of these replaces a page that may
/// be served then; [`Forbidden`](Self::Forbidden) deletes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The answer may not be stored: nobody waits for the next ones. A page stays that
    /// may be served without an error of the backend.
    NotStorable,
    /// The answer says that it must not be stored (`private`, `no-store`): a page
    /// that was stored before is deleted.
    Forbidden,
    /// The answer may not be stored for a reason that lies in the request, such as
    /// `Authorization`.
    RequestOnly,
    /// The backend failed (5xx), or was not done within
    /// [`refresh_timeout`](super::Rules::refresh_timeout). A page that may be
    /// served stays; the next try is made after a pause.
    Error,
    /// The client left, and nothing goes on without it, or there is no room for
    /// another refresh. The oldest one who waits goes on.
    Abandoned,
}

/// What a run began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// There was nothing.
    Nothing,
    /// There was a page.
    Page {
        /// Until when it may be served without a reason.
        served_until: Time,
        /// Until when it may be served at all.
        usable_until: Time,
        /// It was not out of date.
        is_fresh: bool,
        /// What was known of the item counts until then.
        end: Time,
    },
    /// There was a marker, so nobody waits.
    Marker {
        /// When it ends.
        end: Time,
    },
}

/// What becomes of the item at the end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is stored.
    Store(NewItem),
    /// A marker for so many seconds says that it may not be stored.
    Mark(u32),
    /// It is deleted.
    Remove,
    /// Whoever looks next makes it.
    Release,
    /// It stays as it is, and this worker makes it after a pause.
    Hold(Try),
    /// It stays as it is.
    Leave,
}

/// What came of a try to make a page anew that may still be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Try {
    /// The backend failed.
    Failed,
    /// It gave something else, which may not be stored.
    NotStorable,
    /// Nothing that is against the next one.
    Other,
}

impl Base {
    /// What becomes of the item at an end that comes `now`.
    pub(super) fn ending(self, end: End, rules: &Rules, now: Time) -> Ending {
        let marked_for = match end {
            End::NotStorable | End::Forbidden => rules.uncacheable_ttl,
            End::RequestOnly | End::Error | End::Abandoned => rules.lock,
        };
        match (self, end) {
            // Whoever met a marker leaves none: else one who asks again and again
            // for what may not be stored would keep it there for ever.
            (Self::Marker { .. }, _) => Ending::Leave,
            // To release it would mark it as out of date.
            (Self::Page { is_fresh: true, .. }, End::Abandoned | End::RequestOnly) => {
                Ending::Hold(Try::Other)
            }
            (_, End::Abandoned) => Ending::Release,
            // Another request may have better luck, so that was no failure.
            (Self::Page { usable_until, .. }, End::RequestOnly) if now < usable_until => {
                Ending::Release
            }
            (Self::Page { usable_until, .. }, End::Forbidden) if now < usable_until => {
                Ending::Remove
            }
            (Self::Page { usable_until, .. }, End::Error) if now < usable_until => {
                Ending::Hold(Try::Failed)
            }
            // Past that it is there for errors alone, and this is none.
            (Self::Page { served_until, .. }, End::NotStorable) if now < served_until => {
                Ending::Hold(Try::NotStorable)
            }
            (Self::Nothing | Self::Page { .. }, _) => Ending::Mark(marked_for),
        }
    }
}

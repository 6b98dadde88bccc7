//! The right to make a page, and how that ends.

/// The right to make a page. It is given back to
/// [`Leases::store`](super::Leases::store) or [`Leases::end`](super::Leases::end),
/// once. Until then others wait, for as long as their rules say; one that is lost
/// is the end of the page's cache in this worker.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "others wait until it is given back"]
pub struct Run {
    pub(super) id: RunId,
}

/// Names a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct RunId(pub(super) u64);

/// What is to be stored. A value of a [renewed page](End) is stored as well.
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
/// still be served but [`Forbidden`](Self::Forbidden).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The answer may not be stored: nobody waits for the next ones. A page that
    /// may be served stays.
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

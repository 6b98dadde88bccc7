//! What a value is. The caller tells, who knows the stored form.

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A page.
    Page(Page),
    /// Nothing: the place of a page that somebody is making.
    Lock,
    /// A sign that the answer may not be stored, or a value that cannot be read.
    Marker,
}

/// What a stored page says about its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Seconds of its life, the last ones, in which it is not fresh. 0 if it is
    /// fresh as long as it lives.
    pub extra: u32,
    /// Seconds that are left of its life by its own head and the clock, for servers
    /// that do not tell; `None` if the head does not say, 0 if they have passed.
    pub left: Option<u32>,
    /// Seconds after its freshness in which it may be served while it is made anew;
    /// at most `extra`.
    pub while_revalidate: u32,
    /// Seconds after its freshness in which it may be served instead of an error;
    /// at most `extra`.
    pub if_error: u32,
    /// Whether it may be served while it is made anew, for the rest of its life, once
    /// it was marked as out of date.
    pub when_marked: bool,
}

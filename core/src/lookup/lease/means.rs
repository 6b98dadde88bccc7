//! By which commands it is decided who makes a page.

/// By which commands it is decided who makes a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// Meta commands: the server gives the right to one.
    Meta,
    /// A lock is an item of its own, made by `add`.
    Classic,
    /// There are no locks: only within the worker one alone makes a page anew that
    /// is out of date.
    Unlocked,
}

//! A visitor on his way to a page.

use super::page::Piece;
use super::slab::Id;
use super::traffic::Wish;
use super::worker::Waker;
use crate::lookup::Waiter;
use crate::lookup::lease::Visit;
use crate::namespace;
use crate::protocol::Key;

/// A visitor.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) worker: u32,
    pub(super) life: u32,
    pub(super) page: u32,
    pub(super) wish: Wish,
    pub(super) luck: u64,
    /// When the worker began with him, in microseconds.
    pub(super) began: u64,
    /// The key of the item, once it is known.
    pub(super) key: Option<Key>,
    pub(super) stage: Stage,
}

/// What a visitor waits for.
#[derive(Debug)]
pub(super) enum Stage {
    /// The worker, which has not begun with him.
    New,
    /// The count of the namespace.
    Counting(Box<namespace::Visit>),
    /// The page.
    Visiting(Box<Visit<Waker, Piece>>),
    /// Whether there is a page.
    Looking(Waiter<Waker, Piece>),
    /// The backend.
    Making(Id),
    /// Nothing: something is done with him at present.
    Taken,
}

/// How a visitor got what he got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Fresh,
    Stale,
    Near,
    /// Near, for memcached could not be asked.
    NearOnError,
    /// From the backend, which he waited for.
    Made,
    /// The page that there was, for the backend failed.
    Instead,
    /// An error of the backend.
    Error,
    /// That there is none, without asking the backend.
    Nothing,
}

//! One request on its way to its answer.

use super::age::Age;
use super::ask::Ask;
use super::means::Means;
use crate::lookup::coalesce::Waiter;
use crate::lookup::near::Reading;
use crate::lookup::place::Place;
use crate::lookup::result::LookupResult;
use crate::protocol::{Marks, Value};
use crate::time::Time;

/// Names a request; later ones have greater names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct VisitId(pub(super) u64);

/// One request on its way to its answer; see [`Leases::poll`](super::Leases::poll)
/// and [`Leases::leave`](super::Leases::leave).
#[derive(Debug)]
#[must_use = "it is polled, or left"]
pub struct Visit<W, P> {
    pub(super) id: VisitId,
    pub(super) place: Place,
    pub(super) ask: Ask,
    pub(super) begun: Time,
    pub(super) waker: W,
    pub(super) means: Means,
    pub(super) stage: Stage<W, P>,
    /// The page that was seen last, while something is waited for.
    pub(super) page: Option<Kept<P>>,
    /// Of its last lookup that has found something.
    pub(super) reading: Option<Reading>,
    /// It has won the lock that is an item of its own; until when that is there by the
    /// own clock.
    pub(super) lock_until: Option<Time>,
    /// How often it has begun anew because the item changed under its hands.
    pub(super) restarts: u8,
    /// It has waited for another.
    pub(super) awaited: Option<Awaited>,
    /// The version that it has looked once more for, since it was replaced meanwhile.
    pub(super) overtaken: Option<u64>,
}

/// What a request has waited for another to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// A page that was not there.
    Missing,
    /// A page that was there, and was not fresh.
    Stale,
}

/// What a request waits for.
#[derive(Debug)]
pub(super) enum Stage<W, P> {
    /// Nothing was done.
    Begun,
    /// What the server understands; with the number of the question.
    Detecting(u64),
    /// The item.
    Looking(Waiter<W, P>),
    /// Nothing: this came of its lookup.
    Looked(LookupResult<P>),
    /// Who is to make the page anew.
    Asking,
    /// Another one.
    Waiting,
    /// It has its answer.
    Over,
}

/// A page that was seen.
#[derive(Debug)]
pub(super) struct Kept<P> {
    pub(super) value: Value<P>,
    pub(super) marks: Marks,
    pub(super) age: Age,
    /// When it was seen.
    pub(super) at: Time,
}

impl<P> Kept<P> {
    /// Until when it may be served at all.
    pub(super) fn usable_until(&self) -> Time {
        self.at + self.age.usable
    }
}

impl<W, P> Visit<W, P> {
    /// Whether it has waited for another to make its page. If its answer is a fresh
    /// page then, that is what the other one has made.
    #[must_use]
    pub const fn awaited(&self) -> Option<Awaited> {
        self.awaited
    }

    /// When the page was asked for that it has found last.
    #[must_use]
    pub const fn reading(&self) -> Option<Reading> {
        self.reading
    }

    /// Until when it waits for others.
    pub(super) fn patience(&self) -> Time {
        self.begun + self.ask.rules.lock_wait
    }

    pub(super) fn is_late(&self, now: Time) -> bool {
        now >= self.patience()
    }
}

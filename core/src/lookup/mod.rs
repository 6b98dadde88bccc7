//! What a lookup means: which lookups share a request, and what its outcome is
//! to those who wait.
//!
//! [`Lookups`] serves one worker and does no I/O. [`Lookups::begin`] joins a
//! lookup to the *flight* of the same key that is under way, or opens a flight,
//! whose request [`Lookups::poll_submit`] gives out. The request's outcome is
//! handed to the flight; the wakers of its waiters are then taken out with
//! [`Lookups::poll_wake`], and each waiter gets its result from
//! [`Lookups::poll`]. Nothing is called back.
//!
//! Servers are known by small ids that the user gives to addresses, and to the terms under
//! which they are spoken to; see [`Target`] and [`Neighbours`].
//!
//! Invariants:
//! - A waiter is given the result of a request that was submitted after the
//!   last [`Lookups::changed`] of its key that came before the waiter, whatever
//!   carried the request and the change. It is never given what was said under other terms
//!   than its own.
//! - A waiter is never joined to a request that may take longer than its own
//!   would: both have the same target, and the request has begun already.
//! - A waiter that does not leave is woken once when its result is there,
//!   unless it has fetched it before.
//! - Of those who wait for a result that gives the right to make the item, the
//!   first who fetches it has that right; if nobody does, it is given back
//!   ([`Lookups::poll_unclaimed`]).
//! - A flight can be joined until its outcome is handed in; it exists while
//!   somebody holds a waiter of it or its request is under way.

mod coalesce;
mod hashing;
pub mod lease;
mod lookups;
pub mod near;
mod neighbours;
mod place;
mod result;

pub use coalesce::{Asks, DriverId, Flight, ServerId, Target, Waiter};
pub use lookups::{Begin, Cancel, Lookups, Refusal, Stats};
pub use neighbours::Neighbours;
pub use place::Place;
pub use result::LookupResult;

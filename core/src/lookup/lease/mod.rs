//! Who may make a page, who waits for it, and who is served one that is out of
//! date: the leases of one worker, without I/O.
//!
//! A request [begins](Leases::begin), is [polled](Leases::poll) whenever it is
//! woken, and has one [`Answer`]. With the answer may come a [`Run`], the right to
//! make the page, which nobody else in the fleet has while it lasts. It ends by
//! [`Leases::store`] or [`Leases::end`]. What has to be sent is given out by
//! [`Leases::poll_op`].
//!
//! What a value is, is told by a closure ([`Kind`]): nothing here knows HTTP.

mod age;
mod answer;
mod ask;
mod commands;
mod dialects;
mod entry;
mod judging;
mod kind;
mod leases;
mod making;
mod means;
mod op;
mod ops;
mod polling;
mod replaced;
mod rights;
mod run;
mod running;
mod stats;
mod steps;
mod table;
mod timers;
mod visit;

pub use answer::{Answer, Why};
pub use ask::{Ask, Dialect, Rules};
pub use commands::{LOCK_FLAGS, MARKER_FLAGS};
pub use kind::{Kind, Page};
pub use leases::Leases;
pub use op::{Op, OpId};
pub use run::{End, NewItem, Run};
pub use stats::Stats;
pub use visit::{Awaited, Visit};

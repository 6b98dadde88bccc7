//! `memcached.lookup (options, action-hit, action-miss)`, and what asks memcached
//! for `memcached.cache` too.

mod action;
mod answering;
mod asking;
mod fill;
mod filling;
mod hit;
mod hold;
mod near;
mod outcome;
mod unusable;
mod visit;

pub(super) use action::LookupAction;
pub(super) use asking::{Asked, Asking};
pub(super) use fill::{Attended, Fill};

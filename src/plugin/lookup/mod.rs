//! `memcached.lookup (options, action-hit, action-miss)`, and what asks memcached
//! for `memcached.cache` too.

mod action;
mod asking;
mod hit;
mod outcome;

pub(super) use action::LookupAction;
pub(super) use asking::{Asked, Asking};

//! `memcached.lookup (options, action-hit, action-miss)`.

mod action;
mod arguments;
mod hit;
mod outcome;
mod unusable;

pub(super) use action::LookupAction;

//! `memcached.lookup (options, action-hit, action-miss)`.

mod action;
mod arguments;
mod hit;
mod hold;
mod outcome;

pub(super) use action::LookupAction;

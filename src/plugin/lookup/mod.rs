//! `memcached.lookup (options, action-hit, action-miss)`.

mod action;
mod arguments;
mod hit;

pub(super) use action::LookupAction;

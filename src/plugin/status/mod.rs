//! `memcached.status`: shows what was counted.

mod action;

pub(super) use action::StatusAction;

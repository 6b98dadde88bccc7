//! `memcached.delete options`.

mod action;
mod outcome;

pub(super) use action::DeleteAction;

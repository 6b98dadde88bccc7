//! `memcached.store options`.

mod action;
mod filter;
mod outcome;

pub(super) use action::StoreAction;

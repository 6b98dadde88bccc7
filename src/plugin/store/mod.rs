//! `memcached.store options`.

mod action;
mod filter;
mod outcome;
mod shared;

pub(super) use action::StoreAction;

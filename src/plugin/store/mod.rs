//! `memcached.store options`.

mod action;
mod filter;
mod invalidate;
mod outcome;

pub(super) use action::StoreAction;

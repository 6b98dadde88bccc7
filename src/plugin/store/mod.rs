//! `memcached.store options`.

mod action;
mod filter;
mod invalidate;
mod outcome;
mod shared;

pub(super) use action::StoreAction;

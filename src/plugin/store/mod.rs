//! `memcached.store options`, and what stores responses for `memcached.cache` too.

mod action;
mod filter;
mod invalidate;
mod key;
mod outcome;
mod renewing;
mod shared;
mod storing;

pub(super) use action::StoreAction;
pub(super) use storing::{Candidate, Stored, Storing, Waiting};

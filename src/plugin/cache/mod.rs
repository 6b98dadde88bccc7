//! `memcached.cache (options, { backend } [, { hit }, { miss }])`.

mod action;
mod making;

pub(super) use action::CacheAction;

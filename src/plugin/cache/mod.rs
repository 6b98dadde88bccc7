//! `memcached.cache (options, { backend } [, { hit }, { miss }])`.

mod action;

pub(super) use action::CacheAction;

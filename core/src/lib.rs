//! The part of `mod_memcached` that decides, without I/O, clock or host:
//!
//! - [`protocol`]: bytes of the memcached text protocol, made and read;
//! - [`connection`]: the life of the connections to one server;
//! - [`joining`]: lookups of one key that share one request;
//! - [`response`]: which HTTP responses may be stored, and for how long.

#![forbid(unsafe_code)]

pub mod connection;
pub mod decimal;
pub mod joining;
pub mod protocol;
pub mod response;
#[cfg(feature = "testing")]
pub mod testing;

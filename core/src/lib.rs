//! The part of `mod_memcached` that decides, without I/O, clock or host:
//!
//! - [`protocol`]: bytes of the memcached text protocol, made and read;
//! - [`connection`]: the life of the connections to one server;
//! - [`lookup`]: what a lookup means, and which share a request;
//! - [`response`]: which HTTP responses may be stored, and for how long.

#![forbid(unsafe_code)]

pub mod connection;
pub mod lookup;
pub mod protocol;
pub mod response;

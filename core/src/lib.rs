//! The part of `mod_memcached` that decides, without I/O, clock or host:
//!
//! - [`protocol`]: bytes of the memcached text protocol, made and read;
//! - [`connection`]: the life of the connections to one server;
//! - [`lookup`]: what a lookup means, and which lookups share a request;
//! - [`http`]: values of HTTP headers, read without judging them;
//! - [`stored`]: the form in which a whole response is stored;
//! - [`policy`]: which responses may be stored and for how long, and what a
//!   stored one answers.

#![forbid(unsafe_code)]

pub mod connection;
pub mod decimal;
pub mod http;
pub mod lookup;
pub mod policy;
pub mod protocol;
pub mod stored;
#[cfg(feature = "testing")]
pub mod testing;

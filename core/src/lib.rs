//! The part of `mod_memcached` that decides, without I/O, clock or host:
//!
//! - [`protocol`]: bytes of the memcached text protocol, made and read;
//! - [`server`]: the life of the connections to one server;
//! - [`time`]: the driver's clock;
//! - [`line_limit`]: log lines that could come with every request;
//! - [`log_text`]: foreign text in the log;
//! - [`pool`]: which server a key is on;
//! - [`lookup`]: what a lookup means, and which lookups share a request;
//! - [`namespace`]: items that can be given up all at once;
//! - [`purge`]: taking an item out of the cache;
//! - [`http`]: values of HTTP headers, read without judging them;
//! - [`stored`]: the form in which a whole response is stored;
//! - [`policy`]: which responses may be stored and for how long, and what a
//!   stored one answers.

#![forbid(unsafe_code)]

pub mod decimal;
pub mod http;
pub mod line_limit;
pub mod log_text;
pub mod lookup;
pub mod metrics;
pub mod namespace;
pub mod policy;
pub mod pool;
pub mod protocol;
pub mod purge;
pub mod server;
pub mod stored;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;

//! TLS between a connection's socket and the protocol that is spoken on it, without
//! I/O: bytes of the socket go in, plain bytes come out, and the other way round.
//!
//! [`Client`] is how one server is spoken to, the same for all connections to it, so that
//! they can resume what an earlier one has agreed upon. [`Session`] is one connection.
//! Checks of certificates cannot be switched off.
//!
//! What speaks TLS is rustls, with ring for the arithmetic.

#![forbid(unsafe_code)]

mod client;
mod error;
mod identity;
mod pem;
mod roots;
mod session;
#[cfg(feature = "testing")]
pub mod testing;
mod words;

pub use client::{Client, ServerName};
pub use error::{Fault, MaterialError};
pub use identity::{Identity, Wrong};
pub use roots::Roots;
pub use session::{PLAIN_EXTRA, Session};

//! The stored form of a whole response: a plain HTTP/1.1 response,
//!
//! ```text
//! HTTP/1.1 200 OK\r\n
//! Content-Type: text/html\r\n
//! Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n
//! \r\n
//! BODY
//! ```
//!
//! which other caches write and read too. Invariants: what is written parses to
//! the same; what parses holds no byte that could end a header early. So a
//! foreign, damaged or hostile value is refused, never sent.

mod body;
mod encode;
mod entry;
mod fields;
mod parse;

pub use body::parts;
pub use encode::{HeadWriter, Unstorable};
pub use entry::Entry;
pub(in crate::response) use fields::{is_token, list};
pub(in crate::response) use parse::unix_secs;
pub use parse::{Head, Malformed};

/// Bytes of the largest head, its empty line included.
pub const HEAD_MAX: usize = 64 * 1024;

/// Whether a whole response can have this status: 206 and 304 tell of a part
/// and of nothing.
#[must_use]
pub const fn is_whole(status: u16) -> bool {
    200 <= status && status <= 599 && status != 206 && status != 304
}

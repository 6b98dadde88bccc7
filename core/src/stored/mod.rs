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
//! foreign, damaged or hostile value is refused and never sent.

mod encode;
mod head;
mod item;
mod left_out;
mod malformed;
mod pieces;
mod status;

pub use encode::{HeadWriter, Unstorable};
pub use head::{Head, Times};
pub use item::NewItem;
pub use left_out::FRESH_UNTIL;
pub use malformed::Malformed;
pub use pieces::pieces;
pub use status::{HEAD_MAX, is_whole};

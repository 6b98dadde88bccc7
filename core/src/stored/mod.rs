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
//! which other caches write and read too. Items of actions with freshness options have
//! a private line in their head (see [`FreshUntil`]). Invariants: what is written parses to
//! the same; what parses holds no byte that could end a header early. So a
//! foreign, damaged or hostile value is refused and never sent.

mod encode;
mod etag;
mod fresh_until;
mod head;
mod item;
mod kind;
mod left_out;
mod malformed;
mod pieces;
mod renewal;
mod status;

pub use encode::{HeadSpec, HeadWriter, Unstorable};
pub use etag::is_made_of_body;
pub use fresh_until::{Extra, FRESH_UNTIL, FreshUntil};
pub use head::{Head, Times};
pub use item::NewItem;
pub use kind::{Kind, LOCK_FLAGS, MARKER_FLAGS, PAGE_FLAGS};
pub use malformed::Malformed;
pub use pieces::pieces;
pub use renewal::Renewal;
pub use status::{HEAD_MAX, is_whole};

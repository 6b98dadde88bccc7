//! Values of HTTP headers: what they say, without any rule of what follows
//! from it.

mod cache_control;
mod codings;
mod connection_headers;
mod date;
mod entity_tag;
mod fields;
mod list;
mod range;

pub use cache_control::{CacheControl, delta_seconds};
pub use codings::{Accepted, coding_weights, is_same_coding, known_codings};
pub use connection_headers::ConnectionHeaders;
pub use date::{format_date, parse_date};
pub use entity_tag::{EntityTag, list_names_tag};
pub use fields::{is_text, is_token, trim, trim_start};
pub use list::list;
pub use range::{Extent, resolve_range};

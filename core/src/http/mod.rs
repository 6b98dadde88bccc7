//! Values of HTTP headers: what they say, without any rule of what follows
//! from it.

mod accel_expires;
mod cache_control;
mod cache_status;
mod codings;
mod connection_headers;
mod date;
mod dictionary;
mod entity_tag;
mod fields;
mod list;
mod media_type;
mod names;
mod range;
mod seconds;
mod structured_item;
mod surrogate_control;

pub use accel_expires::AccelExpires;
pub use cache_control::CacheControl;
pub use cache_status::{CacheName, CacheStatus, Forward, Source};
pub use codings::{coding_weights, is_same_coding};
pub use connection_headers::ConnectionHeaders;
pub use date::{format_date, parse_date};
pub use dictionary::Dictionary;
pub use entity_tag::{EntityTag, list_names_tag};
pub use fields::{is_name, is_text, is_token, trim, trim_start};
pub use list::list;
pub use media_type::{Activity, activity, media_type};
pub use names::HeaderNames;
pub use range::{Extent, resolve_range};
pub use seconds::{Age, SECONDS_MAX, capped, delta_seconds};
pub use structured_item::Item;
pub use surrogate_control::{SURROGATE_CAPABILITY, SurrogateControl};

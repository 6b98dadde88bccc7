//! Which HTTP responses may be stored in a cache that all visitors share, and
//! for how long (RFC 9111, section 3 and 4.2), how whole
//! ones are stored, and what a hit answers to conditions and ranges.

mod answer;
mod cache_control;
mod codings;
mod entity_tag;
mod lifetime;
mod range;
mod reason;
mod storable;
pub mod stored;
mod variant;

pub use answer::{Answer, Conditions};
pub use lifetime::Lifetimes;
pub use reason::Reason;
pub use storable::{Facts, Policy, Scope};
pub use variant::VaryBy;

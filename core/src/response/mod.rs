//! Which HTTP responses may be stored in a cache that all visitors share, and
//! for how long (RFC 9111, section 3 and 4.2), and how whole ones are stored.

mod cache_control;
mod reason;
mod storable;
pub mod stored;

pub use reason::Reason;
pub use storable::{Facts, Policy};

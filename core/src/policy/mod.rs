//! Which HTTP responses may be stored in a cache that all visitors share, and
//! for how long (RFC 9111, sections 3 and 4.2); which requests share an item;
//! and what a stored response answers to conditions and ranges.

mod conditions;
mod exchange;
mod lifetime;
mod not_stored;
mod storable;
mod variant;

pub use conditions::{Answer, Conditions};
pub use exchange::Exchange;
pub use lifetime::Lifetimes;
pub use not_stored::NotStored;
pub use storable::{Policy, Scope};
pub use variant::VaryBy;

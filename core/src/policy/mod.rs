//! Which HTTP responses may be stored in a cache that all visitors share, and
//! for how long (RFC 9111, sections 3 and 4.2); which requests share an item;
//! and what a stored response answers to conditions and ranges.

mod bypass;
mod conditions;
mod cookies;
mod exchange;
pub mod identity;
mod lifetime;
mod not_stored;
mod storable;
mod variant;

pub use bypass::{Bypass, check_pattern_text};
pub use conditions::{Answer, Conditions};
pub use cookies::{CookieRule, CookieScope};
pub use exchange::Exchange;
pub use identity::VaryBy;
pub use lifetime::Lifetimes;
pub use not_stored::NotStored;
pub use storable::{Policy, Scope};

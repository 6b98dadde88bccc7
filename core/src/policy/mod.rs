//! Which HTTP responses may be stored in a cache that all visitors share, and
//! for how long (RFC 9111, sections 3 and 4.2); which requests share an item;
//! which items a request makes
//! out of date; and what a stored response answers to conditions and ranges.

mod body_only;
mod bypass;
mod conditions;
mod control;
mod cookies;
mod exchange;
mod freshness;
pub mod identity;
mod ignore;
pub mod invalidation;
mod lifetime;
mod not_stored;
mod options;
mod shown;
mod storable;
mod targeted;

pub use body_only::{BodyHeaders, Difference};
pub use bypass::{Bypass, check_pattern_text};
pub use conditions::{Answer, Conditions};
pub use cookies::{CookieRule, CookieScope};
pub use exchange::{Exchange, Provenance};
pub use ignore::{Ignore, Rule};
pub use lifetime::{Lifetime, Lifetimes};
pub use not_stored::NotStored;
pub use options::Policy;
pub use storable::Storable;

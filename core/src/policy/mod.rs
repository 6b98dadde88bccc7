//! Which HTTP responses may be stored in a cache that all visitors share, and
//! for how long (RFC 9111, sections 3 and 4.2); which requests share an item;
//! which items a request makes out of date; how a 304 renews a stored response; and
//! what a stored response answers to conditions and ranges.

mod body_only;
mod bypass;
mod conditions;
mod control;
mod cookies;
mod exchange;
mod found;
mod freshness;
pub mod identity;
mod ignore;
pub mod invalidation;
mod life;
mod lifetime;
mod not_stored;
mod options;
mod renewal;
mod shown;
mod stale;
mod storable;
mod targeted;
mod validators;
mod windows;

pub use body_only::{BodyHeaders, Difference};
pub use bypass::{Bypass, check_pattern_text};
pub use conditions::{Answer, Conditions};
pub use cookies::{CookieRule, CookieScope};
pub use exchange::{Exchange, Provenance};
pub use freshness::PageLife;
pub use ignore::{Ignore, Rule};
pub use life::Life;
pub use lifetime::{Lifetime, Lifetimes};
pub use not_stored::{Cause, NotStored};
pub use options::Policy;
pub use storable::Storable;
pub use validators::validators;
pub use windows::{Servable, Windows};

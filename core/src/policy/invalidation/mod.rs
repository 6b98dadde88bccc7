//! Which items a request makes out of date (RFC 9111, section 4.4), and what
//! their keys are.
//!
//! A request that is not safe and succeeds may have changed its own resource, and
//! those that `Location` and `Content-Location` of the response name. An item of
//! its own resource has the key of a GET with the same target, which the pattern
//! gives as ever. Of the others only an address is known, for which no request
//! exists that the host could evaluate a pattern for: [`KeyTemplate`] does, if the
//! pattern is made of parts of an address.

mod method;
mod origin;
mod template;

pub use method::{invalidates, is_safe};
pub use origin::Origin;
pub use template::{Evaluated, KeyTemplate};

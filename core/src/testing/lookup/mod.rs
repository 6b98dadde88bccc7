//! Lookups whose wakers and values are numbers, and a naive twin of them that
//! random scripts are checked against.

mod naive;
mod numbered;
mod run;

pub use numbered::{Numbered, hit, reply, request_ids, target};
pub use run::run;

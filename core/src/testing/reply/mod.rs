//! Streams of replies: what the parser reads in them, and what its naive twin
//! does.

mod asked;
pub mod naive;
mod naive_meta;
mod script;
mod seen;
pub mod stream;

pub use script::{run, run_meta};

//! Streams of replies: what the parser reads in them, and what its naive twin
//! does.

pub mod naive;
mod script;
pub mod stream;

pub use script::run;

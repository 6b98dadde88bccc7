//! A memcached without I/O or clock, which does as version 1.6.18 does: its items,
//! with commands as values or as bytes.

pub mod exchanges;
mod items;
mod lines;
mod peer;
pub mod random;
mod serve;
mod store;
pub mod wire;

pub use items::{Defect, Item, Items, Looked, Note, What};
pub use peer::{Dialect, Peer};

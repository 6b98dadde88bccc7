//! The servers that hold one cache together, and which of them a key is on.
//!
//! [`PoolSpec`] says what they are, [`Pool`] which one to ask; both are the
//! same for all workers. [`Recent`] decides which servers that were not
//! configured are remembered.

mod recent;
mod spec;

pub use recent::Recent;
pub use spec::{DEFAULT_PORT, DEFAULT_SPEC, DEFAULT_TIMEOUT, Pool, PoolSpec, ServerSpec};

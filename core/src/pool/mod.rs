//! The servers that hold one cache together, and which of them a key is on.
//!
//! [`PoolSpec`] says what they are, [`Pool`] which one to ask; both are the
//! same for all workers. [`ServerText`], [`host_name`] and [`host_of`] read what
//! servers are written as. [`Recent`] decides which servers that were not configured are
//! remembered.

mod address;
mod hash;
#[expect(clippy::module_inception, reason = "its main type")]
mod pool;
mod recent;
mod ring;
mod spec;

pub use address::{BadName, ServerText, host_name, host_of};
pub use hash::Hash;
pub use pool::Pool;
pub use recent::Recent;
pub use spec::{
    DEFAULT_PORT, DEFAULT_SPEC, DEFAULT_TIMEOUT, PoolError, PoolServer, PoolSpec, SERVERS_MAX,
    ServerSpec, Shown, WEIGHTS,
};

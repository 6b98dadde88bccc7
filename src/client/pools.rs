//! Pools that have a name, which actions and scripts can use.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use memcached_core::pool::Pool;

use super::address::Address;

/// A pool with a name.
#[derive(Clone)]
pub(crate) struct NamedPool {
    pub(crate) name: Box<[u8]>,
    pub(crate) pool: Arc<Pool<Address>>,
    /// The longest wait for an answer, of those who say nothing else.
    pub(crate) timeout: Duration,
}

/// Those of the configuration that was read last.
static POOLS: Mutex<Vec<NamedPool>> = Mutex::new(Vec::new());

impl NamedPool {
    /// The pool of a name.
    ///
    /// # Errors
    /// There is none; the names of those that there are.
    pub(crate) fn find(name: &[u8]) -> Result<Self, Vec<Box<[u8]>>> {
        let pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        let found = pools.iter().find(|pool| *pool.name == *name).cloned();
        found.ok_or_else(|| pools.iter().map(|pool| pool.name.clone()).collect())
    }

    /// Lets it be found.
    pub(crate) fn add(self) {
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        pools.push(self);
    }

    /// A configuration is about to be read.
    pub(crate) fn forget_all() {
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        pools.clear();
    }
}

//! Pools that setup blocks make, for actions to name.

use std::ffi::CStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use memcached_core::pool::Pool;

use super::options::Options;
use crate::client::Address;
use crate::host::{ConfigValue, Server, SetupKind};

/// A pool with a name.
#[derive(Clone)]
pub(super) struct NamedPool {
    name: Box<[u8]>,
    pub(super) pool: Arc<Pool<Address>>,
    /// The longest wait for an answer, of actions that say nothing else.
    pub(super) timeout: Duration,
}

/// Those of the configuration that is being read.
static POOLS: Mutex<Vec<NamedPool>> = Mutex::new(Vec::new());

/// The pool of a name.
///
/// # Errors
/// There is none; the names of those that there are.
pub(super) fn find(name: &[u8]) -> Result<NamedPool, Vec<Box<[u8]>>> {
    let pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let found = pools.iter().find(|pool| *pool.name == *name).cloned();
    found.ok_or_else(|| pools.iter().map(|pool| pool.name.clone()).collect())
}

/// The configuration was read.
pub(super) fn forget() {
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    pools.clear();
}

/// `memcached.pool "NAME" => options`.
pub(super) struct PoolSetup;

impl SetupKind for PoolSetup {
    const NAME: &'static CStr = c"memcached.pool";

    fn set(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<(), String> {
        let form = "expected \"NAME\" => options";
        let mut parts = entries(value);
        // The configuration gives a pair as a list of arguments that is a list of pairs.
        while let [Some(only)] = parts[..] {
            if only.as_list().is_none() {
                break;
            }
            parts = entries(Some(only));
        }
        let [Some(name), options] = parts[..] else {
            return Err(form.into());
        };
        let Some(name) = name.as_str().filter(|name| !name.is_empty()) else {
            return Err(form.into());
        };
        let shown = name.escape_ascii();
        let options = Options::parse_for_pool(server, options)
            .map_err(|error| format!("\"{shown}\": {error}"))?;
        if find(name).is_ok() {
            return Err(format!("there is a pool \"{shown}\" already"));
        }
        let made = options.common.pool();
        let pool = made.map_err(|error| format!("\"{shown}\": {error}"))?;
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        pools.push(NamedPool {
            name: name.into(),
            pool,
            timeout: options.common.timeout,
        });
        Ok(())
    }
}

fn entries(value: Option<ConfigValue<'_>>) -> Vec<Option<ConfigValue<'_>>> {
    value
        .and_then(|value| value.as_list())
        .map_or_else(Vec::new, Iterator::collect)
}

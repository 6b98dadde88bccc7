//! Pools that setup blocks make, for actions and scripts to name.

use std::ffi::CStr;

use super::memcached::Memcached;
use super::options::Options;
use crate::client::NamedPool;
use crate::host::{ConfigValue, Server, SetupKind};

/// `memcached.pool "NAME" => options`.
pub(super) struct PoolSetup;

impl SetupKind for PoolSetup {
    const NAME: &'static CStr = c"memcached.pool";
    type Plugin = Memcached;

    fn set_up(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<(), String> {
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
        if NamedPool::find(name).is_ok() {
            return Err(format!("there is a pool \"{shown}\" already"));
        }
        let made = options.pool();
        let pool = made.map_err(|error| format!("\"{shown}\": {error}"))?;
        let named = NamedPool {
            name: name.into(),
            pool,
            timeout: options.common.timeout,
        };
        named.add();
        Ok(())
    }
}

fn entries(value: Option<ConfigValue<'_>>) -> Vec<Option<ConfigValue<'_>>> {
    value
        .and_then(|value| value.as_list())
        .map_or_else(Vec::new, Iterator::collect)
}

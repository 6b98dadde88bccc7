//! Which servers a script means, found anew for each command: scripts hold nothing but
//! what they have said.

use std::cell::RefCell;
use std::sync::Arc;

use memcached_core::pool::{
    DEFAULT_PORT, DEFAULT_SPEC, DEFAULT_TIMEOUT, Hash, Pool, PoolServer, PoolSpec, Recent,
    ServerSpec, ServerText, host_name,
};

use crate::client::{Address, Client, NamedPool, ScriptPool};
use crate::host::{ScriptServers, ServerList, SockAddr};

/// What scripts say is remembered, if it is not too much.
const KEPT: usize = 64;

/// How long what is stored where another server stands in may live, in seconds.
const FAILOVER_TTL: u32 = 10;

/// The servers that a worker's scripts mean, by what they have said.
pub(super) struct KnownServers(RefCell<Recent<Box<[u8]>, ScriptPool>>);

impl Default for KnownServers {
    fn default() -> Self {
        Self(RefCell::new(Recent::new(KEPT)))
    }
}

impl KnownServers {
    /// The servers that a script means.
    ///
    /// # Errors
    /// They are none, which was not so when the script began.
    pub(super) fn find(&self, client: &Client, said: &[u8]) -> Result<ScriptPool, String> {
        if let Some(known) = self.0.borrow_mut().get(said) {
            return Ok(known.clone());
        }
        let new = match read(said)? {
            Meant::Named(named) => ScriptPool {
                pool: named.pool,
                is_configured: true,
                timeout: named.timeout,
                failover_ttl: FAILOVER_TTL,
            },
            Meant::Own(spec, failover_ttl) => ScriptPool {
                pool: Arc::new(Pool::new(spec)),
                is_configured: false,
                timeout: DEFAULT_TIMEOUT,
                failover_ttl,
            },
        };
        client.script_begins(&new);
        let mut known = self.0.borrow_mut();
        known.insert(said.into(), new.clone(), |_| false, drop);
        Ok(new)
    }
}

/// Whether a script can mean these servers.
///
/// # Errors
/// Why not.
pub(super) fn check(said: &[u8]) -> Result<(), String> {
    read(said).map(drop)
}

/// What a script means.
enum Meant {
    /// A pool of the configuration.
    Named(NamedPool),
    /// Servers of its own, and how long items live where another stands in.
    Own(PoolSpec<Address>, u32),
}

fn read(said: &[u8]) -> Result<Meant, String> {
    match ScriptServers::read(said).ok_or("no servers")? {
        ScriptServers::Pool(name) => named(name).map(Meant::Named),
        ScriptServers::List(list) => {
            let ttl = list.failover_ttl.unwrap_or(FAILOVER_TTL);
            Ok(Meant::Own(own(list)?, ttl))
        }
    }
}

fn named(name: &[u8]) -> Result<NamedPool, String> {
    NamedPool::find(name).map_err(|names| {
        let names: Vec<_> = names.iter().map(|name| shown(name)).collect();
        let known = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        format!(
            "{} is no pool that memcached.pool makes in a setup block ({known})",
            shown(name)
        )
    })
}

fn own(mut list: ServerList<'_>) -> Result<PoolSpec<Address>, String> {
    if !list.has_order {
        list.servers.sort_unstable();
    }
    let hash = match list.hash {
        b"" => Hash::default(),
        name => Hash::named(name)
            .ok_or_else(|| format!("hash must be {}, not {}", Hash::NAMES, shown(name)))?,
    };
    let servers = list
        .servers
        .iter()
        .map(|(text, weight)| server(text, *weight));
    let servers = servers.collect::<Result<_, _>>()?;
    let spec = PoolSpec::new(servers, hash).map_err(|error| error.to_string())?;
    match list.failover {
        b"" => Ok(spec),
        b"next" => Ok(spec.failing_over()),
        other => Err(format!("failover must be \"next\", not {}", shown(other))),
    }
}

fn server(text: &[u8], weight: u16) -> Result<PoolServer<Address>, String> {
    let parts = ServerText::parse(text).map_err(|error| format!("{}: {error}", shown(text)))?;
    let address =
        address(parts.address).ok_or_else(|| format!("no address of a server: {}", shown(text)))?;
    Ok(PoolServer {
        server: ServerSpec {
            address,
            spec: DEFAULT_SPEC,
        },
        name: parts.name.map(Into::into),
        text: parts.address.into(),
        weight,
    })
}

fn address(text: &[u8]) -> Option<Address> {
    if let Some(address) = SockAddr::parse(text, DEFAULT_PORT) {
        return Some(address.into());
    }
    let (name, port) = host_name(text)?;
    Some(Address::of_host_later(name, port))
}

/// A text that a script has given, not longer than a line.
fn shown(text: &[u8]) -> String {
    format!("\"{}\"", memcached_core::protocol::excerpt(text))
}

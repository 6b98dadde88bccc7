//! Forms of the options that say where items are.

use std::sync::Arc;

use memcached_core::pool::{
    DEFAULT_PORT, Hash, Pool, PoolServer, PoolSpec, ServerSpec, ServerText, WEIGHTS, host_name,
};
use memcached_core::server::Spec;

use super::error::{OptionError, quoted};
use super::given::Given;
use super::table::Options;
use crate::client::{Address, NamedPool};
use crate::host::{Level, SockAddr};

const SERVERS: &str = "an address, a list of addresses such as [\"10.0.0.1\", \"10.0.0.2\"], or \
                       one with weights from 1 to 1000 such as [\"10.0.0.1\" => 1, \"10.0.0.2\" => 3]";

/// A server as it is given.
pub(in crate::plugin) struct NamedServer {
    /// Its name in the ring, if it has one.
    pub(super) name: Option<Box<[u8]>>,
    /// Its address as it was written.
    pub(super) text: Box<[u8]>,
    pub(super) address: Address,
    pub(super) weight: u16,
}

/// An address, or a list of addresses, each of which may have a weight.
pub(super) fn servers(given: Given<'_>) -> Result<Vec<NamedServer>, OptionError> {
    if given.is_text() {
        return Ok(vec![server(given, given.text(SERVERS)?, 1)?]);
    }
    let entries = given.entries(SERVERS)?;
    let one = |entry: Given<'_>| {
        if entry.is_text() {
            return server(entry, entry.text(SERVERS)?, 1);
        }
        match entry.pair(SERVERS)? {
            (Some(text), weight) => {
                let weight = weight.number(SERVERS, |weight| WEIGHTS.contains(weight))?;
                server(entry, text, weight)
            }
            (None, _) => Err(given.refuse(SERVERS, "an entry default".into())),
        }
    };
    entries.map(one).collect()
}

fn server(given: Given<'_>, text: &[u8], weight: u16) -> Result<NamedServer, OptionError> {
    let parts = ServerText::parse(text).map_err(|error| {
        let expected = format!("an address or NAME=ADDRESS ({error})");
        given.refuse(&expected, quoted(text))
    })?;
    let address = address(given, parts.address)
        .ok_or_else(|| OptionError::address(given.option, parts.address))?;
    Ok(NamedServer {
        name: parts.name.map(Into::into),
        text: parts.address.into(),
        address,
        weight,
    })
}

/// Where it is; a name that cannot be looked up now is told, but no error: the machine may
/// come later.
fn address(given: Given<'_>, text: &[u8]) -> Option<Address> {
    if let Some(address) = SockAddr::parse(text, DEFAULT_PORT) {
        return Some(address.into());
    }
    let (name, port) = host_name(text)?;
    let (address, error) = Address::of_host(name, port);
    if let Some(error) = error {
        let line = format!(
            "mod_memcached: option \"{}\": {} cannot be looked up, and counts as down until it \
             can: {error}",
            given.option,
            quoted(text)
        );
        given.server.log(Level::Error, &line);
    }
    Some(address)
}

impl Options {
    /// The servers to ask.
    ///
    /// # Errors
    /// They are no pool, or there is no way to speak to them.
    pub(in crate::plugin) fn pool(&self) -> Result<Arc<Pool<Address>>, OptionError> {
        let common = &self.common;
        if let Some(named) = &common.named {
            return Ok(Arc::clone(&named.pool));
        }
        let spec = Spec {
            connect_timeout: common.connect_timeout,
            retry: common.retry,
            token: common.token()?,
        };
        let papers = self.tls.papers()?;
        let server = |named: &NamedServer| {
            let secured = papers
                .as_ref()
                .map(|papers| self.tls.secured(papers, named));
            Ok(PoolServer {
                server: ServerSpec {
                    address: named.address.clone().spoken_to(secured.transpose()?),
                    spec: spec.clone(),
                },
                name: named.name.clone(),
                text: named.text.clone(),
                weight: named.weight,
            })
        };
        let servers: Result<_, OptionError> = common.servers.iter().map(server).collect();
        let spec = PoolSpec::new(servers?, common.hash).map_err(OptionError::Pool)?;
        let spec = if common.failover {
            spec.failing_over()
        } else {
            spec
        };
        Ok(Arc::new(Pool::new(spec)))
    }
}

/// How keys find their servers.
pub(super) fn hash(given: Given<'_>) -> Result<Hash, OptionError> {
    let hash = Hash::named(given.text(Hash::NAMES)?);
    hash.ok_or_else(|| given.wrong(Hash::NAMES))
}

/// Whether the keys of a server that is down are on the next one.
pub(super) fn failover(given: Given<'_>) -> Result<bool, OptionError> {
    let expected = "none or \"next\"";
    if given.is_none() {
        return Ok(false);
    }
    match given.text(expected)? {
        b"next" => Ok(true),
        _ => Err(given.wrong(expected)),
    }
}

/// A pool that a setup block has made, or `none`.
pub(super) fn pool(given: Given<'_>) -> Result<Option<NamedPool>, OptionError> {
    if given.is_none() {
        return Ok(None);
    }
    let expected = "none or the name of a pool that memcached.pool makes in a setup block above";
    let name = given.text(expected)?;
    NamedPool::find(name).map(Some).map_err(|names| {
        let names = names.iter().map(|name| quoted(name));
        let names = names.collect::<Vec<_>>().join(", ");
        let known = if names.is_empty() {
            "none".into()
        } else {
            names
        };
        given.refuse(&format!("{expected} ({known})"), quoted(name))
    })
}

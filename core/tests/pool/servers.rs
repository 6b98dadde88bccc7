//! Pools for tests.

use memcached_core::pool::{DEFAULT_SPEC, Hash, Pool, PoolServer, PoolSpec, ServerSpec};
use memcached_core::protocol::Key;

pub(crate) const HASHES: [Hash; 3] = [Hash::Ketama, Hash::Nginx, Hash::Modulo];

pub(crate) fn server(name: Option<&str>, address: &str, weight: u16) -> PoolServer<String> {
    PoolServer {
        server: ServerSpec {
            address: address.into(),
            spec: DEFAULT_SPEC,
        },
        name: name.map(|name| name.as_bytes().into()),
        text: address.as_bytes().into(),
        weight,
    }
}

pub(crate) fn pool(hash: Hash, servers: &[(String, u16)]) -> Pool<String> {
    let servers = servers.iter();
    let servers = servers.map(|(address, weight)| server(None, address, *weight));
    Pool::new(PoolSpec::new(servers.collect(), hash).unwrap())
}

pub(crate) fn key(text: &str) -> Key {
    Key::new(text.as_bytes()).unwrap()
}

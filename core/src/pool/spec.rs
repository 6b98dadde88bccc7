//! What a pool of servers is configured with.

use core::time::Duration;

use crate::protocol::Key;
use crate::server::Spec;

/// The port of a server whose address names none.
pub const DEFAULT_PORT: u16 = 11211;

/// The time for an answer where nothing else is configured.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_millis(500);

/// How connections are made where nothing else is configured.
pub const DEFAULT_SPEC: Spec = Spec {
    connect_timeout: Duration::from_millis(250),
    retry: Duration::from_secs(1),
};

/// One server; `A` is its address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerSpec<A> {
    /// Where it listens.
    pub address: A,
    /// How connections to it are made.
    pub spec: Spec,
}

/// The servers of a pool, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSpec<A> {
    servers: Box<[ServerSpec<A>]>,
}

impl<A> PoolSpec<A> {
    /// A pool of one server.
    pub fn of_one(server: ServerSpec<A>) -> Self {
        Self {
            servers: Box::new([server]),
        }
    }

    /// The servers, in the order of the configuration.
    pub fn servers(&self) -> &[ServerSpec<A>] {
        &self.servers
    }
}

/// A pool, ready to route keys.
#[derive(Clone, Debug)]
pub struct Pool<A> {
    spec: PoolSpec<A>,
}

impl<A> Pool<A> {
    /// The pool of these servers.
    pub const fn new(spec: PoolSpec<A>) -> Self {
        Self { spec }
    }

    /// What it was made of.
    pub const fn spec(&self) -> &PoolSpec<A> {
        &self.spec
    }

    /// The server that a key is on, by its position among
    /// [`PoolSpec::servers`].
    #[must_use]
    pub const fn route(&self, _key: &Key) -> usize {
        // The only one.
        0
    }
}

impl<A: PartialEq> Pool<A> {
    /// Whether a key is the same item in both: they have the same servers, though
    /// perhaps reached in other ways.
    pub fn has_items_of(&self, other: &Self) -> bool {
        self.addresses().eq(other.addresses())
    }

    fn addresses(&self) -> impl Iterator<Item = &A> {
        self.spec.servers.iter().map(|server| &server.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_server_has_every_key() {
        let server = ServerSpec {
            address: "a",
            spec: DEFAULT_SPEC,
        };
        let pool = Pool::new(PoolSpec::of_one(server.clone()));
        for raw in [&b"a"[..], b"b", &[b'k'; 250]] {
            let at = pool.route(&Key::new(raw).unwrap());
            assert_eq!(pool.spec().servers()[at], server);
        }
    }

    #[test]
    fn items_are_the_same_at_the_same_addresses() {
        let pool = |address, retry_ms| {
            let retry = Duration::from_millis(retry_ms);
            let spec = Spec {
                retry,
                ..DEFAULT_SPEC
            };
            Pool::new(PoolSpec::of_one(ServerSpec { address, spec }))
        };
        assert!(pool("a", 10).has_items_of(&pool("a", 20)));
        assert!(!pool("a", 10).has_items_of(&pool("b", 10)));
    }
}

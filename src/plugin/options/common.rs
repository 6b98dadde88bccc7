//! Options that all actions use.

use std::time::Duration;

use memcached_core::http::CacheName;
use memcached_core::policy::Ignore;
use memcached_core::pool::Hash;

use super::secret::Password;
use super::servers::NamedServer;
use crate::client::NamedPool;

/// Options that all actions use.
pub(in crate::plugin) struct Common {
    pub(super) servers: Vec<NamedServer>,
    /// Servers that a setup block has named, in the place of those.
    pub(super) named: Option<NamedPool>,
    pub(super) hash: Hash,
    /// The keys of a server that is down are on the next one.
    pub(super) failover: bool,
    pub(in crate::plugin) methods: Vec<Vec<u8>>,
    /// The longest wait for an answer.
    pub(in crate::plugin) timeout: Duration,
    /// The longest wait for a connection.
    pub(super) connect_timeout: Duration,
    /// Between attempts at a server that failed.
    pub(super) retry: Duration,
    /// Who asks.
    pub(super) user: Option<Box<[u8]>>,
    pub(super) password: Option<Password>,
    /// The longest value that is read or stored, in bytes.
    pub(in crate::plugin) max_value: u64,
    /// Whether items are whole responses; if not, they are bodies.
    pub(in crate::plugin) headers: bool,
    /// Of the action among its figures.
    pub(in crate::plugin) name: Option<Box<str>>,
    pub(in crate::plugin) environment: Environment,
    /// The name in `Cache-Status`, if that is sent.
    pub(in crate::plugin) cache_status: Option<CacheName>,
    /// Headers that speak to this cache alone go before the others.
    pub(in crate::plugin) targeted: bool,
    /// Rules that are left out.
    pub(in crate::plugin) ignore: Ignore,
}

/// Whether decisions are published in the request's environment, which costs the
/// host as much as the rest of a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plugin) enum Environment {
    /// They are, the key among them.
    All,
    /// They are, without the key.
    Set,
    /// They are not.
    Untouched,
}

/// Room for the headers of a response whose body has `maxsize` bytes.
const HEAD_ROOM: u64 = 64 * 1024;

impl Common {
    /// Unless the configuration says how long a value may be, what `maxsize`
    /// allows to be stored can be read.
    pub(super) fn allow_bodies_of(&mut self, maxsize: u64) {
        self.max_value = self.max_value.max(maxsize.saturating_add(HEAD_ROOM));
    }

    /// Whether requests with this method have anything to do with the cache.
    pub(in crate::plugin) fn allows_method(&self, method: &[u8]) -> bool {
        self.methods.iter().any(|allowed| allowed == method)
    }

    /// The first of its methods whose responses are not those of GET.
    pub(in crate::plugin) fn unusual_method(&self) -> Option<&[u8]> {
        let is_usual = |method: &[u8]| method == b"GET" || method == b"HEAD";
        let mut methods = self.methods.iter().map(Vec::as_slice);
        methods.find(|method| !is_usual(method))
    }
}

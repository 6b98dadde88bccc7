//! The option list that both actions share.

mod error;
mod raw;
mod value;

use std::ffi::CString;

use memcached_core::connection::Timing;
use memcached_core::protocol::Key;
use memcached_core::response::{Lifetimes, VaryBy};

pub use error::OptionError;
use raw::Raw;
use value::{pair, shown};

use super::Memcached;
use crate::host::{ConfigValue, Pattern, Server, SockAddr, VRequest};

const DEFAULT_PORT: u16 = 11211;

/// Options of `memcached.lookup` and `memcached.store`; each action uses its
/// own and ignores the rest, so that both can be given the same list.
pub struct Options {
    /// `server`
    pub server: SockAddr,
    key: Pattern,
    /// `timeout_ms`, `connect_timeout_ms`, `retry_ms`
    pub timing: Timing,
    /// `methods`
    pub methods: Vec<Vec<u8>>,
    /// `flags`
    pub flags: u32,
    /// `ttl`
    pub lifetimes: Lifetimes,
    /// `maxsize`, in bytes
    pub maxsize: u64,
    /// `force`
    pub force: bool,
    /// `headers`
    pub headers: bool,
    /// `status`
    pub statuses: Vec<u16>,
    /// `etag`
    pub etag: bool,
    /// `vary`
    pub vary: VaryBy,
    /// `environment`
    pub environment: Environment,
}

/// Whether decisions are told in the request's environment, which costs the
/// host as much as all of the rest of a hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Environment {
    /// They are.
    #[default]
    Set,
    /// They are not.
    Untouched,
}

impl Options {
    /// Reads an option list; nothing means all defaults.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(server: Server<'_>, list: Option<ConfigValue<'_>>) -> Result<Self, OptionError> {
        let mut raw = Raw::default();
        if let Some(list) = list.filter(|value| !is_nothing(value)) {
            raw.read(&list)?;
        }
        let address = SockAddr::parse(&raw.server, DEFAULT_PORT)
            .ok_or_else(|| OptionError::Address(shown(&raw.server)))?;
        let pattern = CString::new(raw.key.as_slice())
            .ok()
            .and_then(|text| Pattern::parse(server, &text))
            .ok_or_else(|| OptionError::Pattern(shown(&raw.key)))?;
        Ok(Self {
            server: address,
            key: pattern,
            timing: raw.timing,
            methods: raw.methods,
            flags: raw.flags,
            lifetimes: raw.lifetimes,
            maxsize: raw.maxsize,
            force: raw.force,
            headers: raw.headers,
            statuses: raw.statuses,
            etag: raw.etag,
            vary: raw.vary,
            environment: raw.environment,
        })
    }

    /// The key of a request.
    pub fn key_of(&self, vr: &VRequest<'_, Memcached>) -> Key {
        let mut raw = Vec::new();
        self.key.eval(vr, &mut raw);
        if !self.vary.is_empty() {
            self.vary.append_to(&mut raw, |show| {
                for (name, value) in vr.request_headers() {
                    show(name, value);
                }
            });
        }
        Key::hashing(&raw)
    }

    /// Whether requests with this method have to do with the cache at all.
    pub fn allows_method(&self, method: &[u8]) -> bool {
        self.methods.iter().any(|allowed| allowed == method)
    }
}

/// Whether a value stands for "nothing given": `none` or an empty list.
pub fn is_nothing(value: &ConfigValue<'_>) -> bool {
    value.is_none()
        || value
            .as_list()
            .is_some_and(|mut list| list.next().is_none())
}

/// Whether a value is an option list, as opposed to a list of arguments: all
/// its entries are pairs whose first part is a name or a default.
pub fn is_option_list(value: &ConfigValue<'_>) -> bool {
    value
        .as_list()
        .is_some_and(|mut entries| entries.all(|entry| pair(entry.as_ref()).is_ok()))
}

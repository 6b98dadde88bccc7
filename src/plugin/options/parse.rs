//! An option list of the configuration, read by the table.

use memcached_core::namespace::Name;

use super::error::OptionError;
use super::given::{Given, Value};
use super::row::Defaults;
use super::table::{CACHE, DELETE, Options, ROWS};
use crate::host::{ConfigValue, Server};

/// What can be said of a namespace as a whole.
const OF_NAMESPACES: [&str; 18] = [
    "namespace",
    "server",
    "pool",
    "hash",
    "failover",
    "methods",
    "timeout_ms",
    "connect_timeout_ms",
    "retry_ms",
    "user",
    "password_file",
    "tls",
    "tls_ca",
    "tls_name",
    "tls_cert",
    "tls_key",
    "name",
    "environment",
];

/// What is said of a pool where it is made, and not where it is named.
const OF_POOLS: [&str; 12] = [
    "server",
    "hash",
    "failover",
    "connect_timeout_ms",
    "retry_ms",
    "user",
    "password_file",
    "tls",
    "tls_ca",
    "tls_name",
    "tls_cert",
    "tls_key",
];

impl Options {
    /// Reads an option list; what is not given has the default of its row.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(in crate::plugin) fn parse(
        server: Server<'_>,
        list: Option<ConfigValue<'_>>,
    ) -> Result<Self, OptionError> {
        Self::read(server, list, Defaults::OF_ROWS, |_, _| Ok(()))
    }

    /// Reads an option list of `memcached.cache`, which has defaults of its own.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(in crate::plugin) fn parse_for_cache(
        server: Server<'_>,
        list: Option<ConfigValue<'_>>,
    ) -> Result<Self, OptionError> {
        Self::read(server, list, CACHE, |_, _| Ok(()))
    }

    /// Reads an option list of `memcached.delete`; the name of the namespace if all of
    /// its items are meant, not one item.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(in crate::plugin) fn parse_for_delete(
        server: Server<'_>,
        list: Option<ConfigValue<'_>>,
    ) -> Result<(Self, Option<Name>), OptionError> {
        let mut whole = None;
        let options = Self::read(server, list, DELETE, |options, given| {
            if !given.contains(&"key") {
                whole.clone_from(&options.identity.namespace);
            }
            let is_of_item = |name: &&&str| !OF_NAMESPACES.contains(*name);
            match given.iter().find(is_of_item) {
                Some(name) if whole.is_some() => Err(OptionError::NotOfNamespace(name)),
                _ => Ok(()),
            }
        })?;
        Ok((options, whole))
    }

    /// Reads an option list of `memcached.pool`.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(in crate::plugin) fn parse_for_pool(
        server: Server<'_>,
        list: Option<ConfigValue<'_>>,
    ) -> Result<Self, OptionError> {
        Self::read(server, list, Defaults::OF_ROWS, |_, given| {
            let is_other = |name: &&&str| !OF_POOLS.contains(*name) && **name != "timeout_ms";
            match given.iter().find(is_other) {
                Some(name) => Err(OptionError::NotOfPool(name)),
                None => Ok(()),
            }
        })
    }

    /// `check` sees the names of what was given.
    fn read(
        server: Server<'_>,
        list: Option<ConfigValue<'_>>,
        defaults: Defaults,
        check: impl FnOnce(&Self, &[&'static str]) -> Result<(), OptionError>,
    ) -> Result<Self, OptionError> {
        let mut options = Self::defaults(server, defaults)?;
        let list = Value::from(list);
        if list.is_nothing() {
            options.common.allow_bodies_of(options.store.maxsize);
            return Ok(options);
        }
        let entries = list
            .as_list()
            .ok_or(OptionError::NotAList(list.type_name()))?;
        let mut given: Vec<&'static str> = Vec::new();
        for entry in entries {
            let (name, value) = entry.as_pair().ok_or(OptionError::NotAPair)?;
            let name = name.ok_or(OptionError::DefaultKey)?;
            let Some(row) = ROWS.iter().find(|row| row.name.as_bytes() == name) else {
                let known: Vec<_> = ROWS.iter().map(|row| row.name).collect();
                return Err(OptionError::unknown(name, &known));
            };
            if given.contains(&row.name) {
                return Err(OptionError::Duplicate(row.name));
            }
            given.push(row.name);
            let value = Given {
                option: row.name,
                value,
                default: &defaults.of(row.name, row.default),
                server,
            };
            (row.set)(&mut options, value)?;
        }
        if !given.contains(&"max_value") {
            options.common.allow_bodies_of(options.store.maxsize);
        }
        if let Some(named) = &options.common.named {
            if let Some(name) = given.iter().find(|name| OF_POOLS.contains(*name)) {
                return Err(OptionError::BesidePool(name));
            }
            if !given.contains(&"timeout_ms") {
                options.common.timeout = named.timeout;
            }
        }
        if options.store.require_lifetime && options.store.force {
            return Err(OptionError::LifetimeWithForce);
        }
        options.check_headers(server, &given)?;
        check(&options, &given)?;
        Ok(options)
    }

    /// Without `headers` no option may have a value that needs it: one that is
    /// `given` is refused, a default that is for whole responses gives way.
    fn check_headers(
        &mut self,
        server: Server<'_>,
        given: &[&'static str],
    ) -> Result<(), OptionError> {
        if self.common.headers {
            return Ok(());
        }
        let of_rows = Self::defaults(server, Defaults::OF_ROWS)?;
        for row in ROWS {
            if !(row.needs_headers)(self, &of_rows) {
                continue;
            }
            if given.contains(&row.name) {
                return Err(OptionError::NeedsHeaders(row.name));
            }
            let value = Given {
                option: row.name,
                value: &(row.default)(),
                default: &(row.default)(),
                server,
            };
            (row.set)(self, value)?;
        }
        Ok(())
    }
}

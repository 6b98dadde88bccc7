//! An option list of the configuration, read by the table.

use super::error::OptionError;
use super::given::{Given, Value};
use super::table::{Options, ROWS};
use crate::host::{ConfigValue, Server};

impl Options {
    /// Reads an option list; what is not given has its default.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(in crate::plugin) fn parse(
        server: Server<'_>,
        list: Option<ConfigValue<'_>>,
    ) -> Result<Self, OptionError> {
        let mut options = Self::defaults(server)?;
        let list = Value::from(list);
        if list.is_nothing() {
            return Ok(options);
        }
        let entries = list
            .as_list()
            .ok_or(OptionError::NotAList(list.type_name()))?;
        let mut given: Vec<&'static str> = Vec::new();
        let mut needs_headers = None;
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
                default: &(row.default)(),
                server,
            };
            if (row.set)(&mut options, value)? {
                needs_headers = needs_headers.or(Some(row.name));
            }
        }
        if options.store.require_lifetime && options.store.force {
            return Err(OptionError::LifetimeWithForce);
        }
        match needs_headers.filter(|_| !options.common.headers) {
            Some(option) => Err(OptionError::NeedsHeaders(option)),
            None => Ok(options),
        }
    }
}

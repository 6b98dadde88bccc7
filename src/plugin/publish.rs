//! Where an action says what it decided.

use std::ffi::CStr;
use std::fmt::{self, Display};

use memcached_core::pool::Pool;
use memcached_core::protocol::Key;

use super::memcached::Request;
use super::options::Environment;
use crate::client::Address;
use crate::host::Level;

/// The variable with the key.
const KEY: &str = "MEMCACHED_KEY";

/// Where one kind of action says it: in a variable of the request's environment,
/// for access logs, header actions and backends, unless the option `environment`
/// is off; and in the log, if the administrator wants to see how requests are
/// handled.
pub(super) struct Publisher {
    /// The action's name, which each line begins with.
    pub(super) action: &'static CStr,
    /// The variable's name.
    pub(super) variable: &'static str,
}

/// What a decision is about; prints as the end of a line of the log, which tells
/// lines of several lookups or stores apart.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) pool: &'a Pool<Address>,
    /// Missing where no key was made.
    pub(super) key: Option<&'a Key>,
    /// The position of the server that stands in for that of the key, if one does.
    pub(super) stand_in: Option<usize>,
}

impl Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers = self.pool.servers();
        let Some(key) = self.key else {
            return match servers {
                [only] => write!(f, "; at {}", only.address),
                several => write!(f, "; at one of {} servers", several.len()),
            };
        };
        let home = &servers[self.pool.route(key)].address;
        let key = key.as_str();
        match self.stand_in.and_then(|at| servers.get(at)) {
            Some(other) => {
                let other = &other.address;
                write!(f, "; key {key} at {other} in the place of {home}")
            }
            None => write!(f, "; key {key} at {home}"),
        }
    }
}

impl Publisher {
    /// Publishes a decision: `text` in the variable, `line` in the log.
    pub(super) fn publish(
        &self,
        vr: &mut Request<'_>,
        environment: Environment,
        item: Item<'_>,
        text: &str,
        line: &dyn Display,
    ) {
        self.set(vr, environment, item, text);
        self.show(vr, item, line);
    }

    /// Publishes a decision that takes the place of an earlier one.
    pub(super) fn publish_change(
        &self,
        vr: &mut Request<'_>,
        environment: Environment,
        item: Item<'_>,
        text: &str,
        line: &dyn Display,
    ) {
        if environment != Environment::Untouched {
            vr.change_environment(self.variable, text);
        }
        self.show(vr, item, line);
    }

    fn show(&self, vr: &Request<'_>, item: Item<'_>, line: &dyn Display) {
        if vr.debug_requests() {
            self.log(vr, Level::Debug, &format_args!("{line}{item}"));
        }
    }

    /// Sets the variables alone.
    pub(super) fn set(
        &self,
        vr: &mut Request<'_>,
        environment: Environment,
        item: Item<'_>,
        text: &str,
    ) {
        if environment == Environment::Untouched {
            return;
        }
        vr.set_environment(self.variable, text);
        if let Some(key) = item.key.filter(|_| environment == Environment::All) {
            vr.set_environment(KEY, key.as_str());
        }
    }

    /// Writes a line to the log.
    pub(super) fn log(&self, vr: &Request<'_>, level: Level, line: &dyn Display) {
        let action = self.action.to_string_lossy();
        vr.log(level, &format!("{action}: {line}"));
    }
}

/// Whether decisions about a request are published with the key, so that it has to
/// be made even if nothing is asked.
pub(super) fn shows_key(vr: &Request<'_>, environment: Environment) -> bool {
    environment == Environment::All || vr.debug_requests()
}

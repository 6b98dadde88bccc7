//! Where an action says what it decided.

use std::ffi::CStr;
use std::fmt::{Arguments, Display};

use super::memcached::Request;
use super::options::Environment;
use crate::host::Level;

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

impl Publisher {
    /// Publishes a decision: `text` in the variable, `line` in the log.
    pub(super) fn publish(
        &self,
        vr: &mut Request<'_>,
        environment: Environment,
        text: Arguments<'_>,
        line: &dyn Display,
    ) {
        self.set(vr, environment, text);
        self.show(vr, line);
    }

    /// Publishes a decision that takes the place of an earlier one.
    pub(super) fn publish_change(
        &self,
        vr: &mut Request<'_>,
        environment: Environment,
        text: &str,
        line: &dyn Display,
    ) {
        match environment {
            Environment::Untouched => {}
            Environment::Set => vr.change_environment(self.variable, text),
        }
        self.show(vr, line);
    }

    fn show(&self, vr: &Request<'_>, line: &dyn Display) {
        if vr.debug_requests() {
            self.log(vr, Level::Debug, line);
        }
    }

    /// Sets the variable alone.
    pub(super) fn set(&self, vr: &mut Request<'_>, environment: Environment, text: Arguments<'_>) {
        match (environment, text.as_str()) {
            (Environment::Untouched, _) => {}
            (Environment::Set, Some(text)) => vr.set_environment(self.variable, text),
            (Environment::Set, None) => vr.set_environment(self.variable, &text.to_string()),
        }
    }

    /// Writes a line to the log.
    pub(super) fn log(&self, vr: &Request<'_>, level: Level, line: &dyn Display) {
        let action = self.action.to_string_lossy();
        vr.log(level, &format!("{action}: {line}"));
    }
}

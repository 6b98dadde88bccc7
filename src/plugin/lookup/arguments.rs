//! The arguments of the action: options, hit action, miss action.

use crate::host::{Action, ConfigValue};
use crate::plugin::options;

const FORM: &str = "expected (options, hit-action, miss-action)";

pub(super) struct Arguments<'a> {
    pub(super) options: Option<ConfigValue<'a>>,
    pub(super) hit: Option<Action>,
    pub(super) miss: Option<Action>,
}

/// Reads the forms in which the configuration can give the arguments.
///
/// # Errors
/// What is wrong with them.
pub(super) fn arguments(value: Option<ConfigValue<'_>>) -> Result<Arguments<'_>, String> {
    let [options, hit, miss] =
        options::arguments(value).map_err(|misfit| format!("{FORM}, {misfit}"))?;
    if let Some(list) = options.filter(|list| list.as_list().is_none()) {
        let found = list.type_name();
        return Err(format!("{FORM}, found {found} as first argument"));
    }
    Ok(Arguments {
        options,
        hit: action("hit", hit)?,
        miss: action("miss", miss)?,
    })
}

fn action(which: &str, value: Option<ConfigValue<'_>>) -> Result<Option<Action>, String> {
    let Some(value) = value else {
        return Ok(None);
    };
    match value.action() {
        Some(action) => Ok(Some(action)),
        None => Err(format!(
            "the {which} action must be an action block or none, found {}",
            value.type_name()
        )),
    }
}

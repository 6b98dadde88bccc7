//! The forms of the action's arguments.

use crate::host::{Action, ConfigValue};
use crate::plugin::options;

pub(super) type Arguments<'a> = (Option<ConfigValue<'a>>, Option<Action>, Option<Action>);

/// Takes the forms apart in which the configuration can give the arguments: an
/// option list alone, or a list of options, hit action and miss action.
pub(super) fn arguments(value: Option<ConfigValue<'_>>) -> Result<Arguments<'_>, String> {
    let Some(value) = value.filter(|value| !options::is_nothing(value)) else {
        return Ok((None, None, None));
    };
    if options::is_option_list(&value) {
        return Ok((Some(value), None, None));
    }
    let form = "expected (options, hit-action, miss-action)";
    let Some(parts) = value.as_list() else {
        return Err(format!("{form}, found {}", value.type_name()));
    };
    if parts.len() > 3 {
        return Err(format!("{form}, found {} arguments", parts.len()));
    }
    let mut parts = parts;
    let list = parts.next().flatten();
    if let Some(list) = &list
        && !options::is_nothing(list)
        && list.as_list().is_none()
    {
        return Err(format!(
            "{form}, found {} as first argument",
            list.type_name()
        ));
    }
    let mut action = |which: &str| match parts.next().flatten() {
        Some(part) if !part.is_none() => match part.action() {
            Some(action) => Ok(Some(action)),
            None => Err(format!(
                "the {which} action must be an action block or none, found {}",
                part.type_name()
            )),
        },
        _ => Ok(None),
    };
    let hit = action("hit")?;
    let miss = action("miss")?;
    Ok((list, hit, miss))
}

//! The arguments of an action, the first of which is an option list.

use std::fmt;

use super::given::Value;
use crate::host::{Action, ConfigValue};

/// Why a value is not the arguments of an action.
pub(in crate::plugin) enum Misfit {
    /// It is of this type.
    Type(&'static str),
    /// It is a list of this length.
    Count(usize),
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(name) => write!(f, "found {name}"),
            Self::Count(count) => write!(f, "found {count} arguments"),
        }
    }
}

/// The arguments of an action, `N` at most: an option list that stands alone is
/// the first. Those that are missing or `none` are `None`.
///
/// # Errors
/// The value is neither an option list nor a list of at most `N`.
pub(in crate::plugin) fn arguments<const N: usize>(
    value: Option<ConfigValue<'_>>,
) -> Result<[Option<ConfigValue<'_>>; N], Misfit> {
    let mut arguments = [None; N];
    fill(&mut arguments, value)?;
    Ok(arguments)
}

/// The one argument of an action that takes an option list alone.
///
/// # Errors
/// There is more than that.
pub(in crate::plugin) fn one_list(
    value: Option<ConfigValue<'_>>,
) -> Result<Option<ConfigValue<'_>>, String> {
    match arguments(value) {
        Ok([list]) => Ok(list),
        // Whatever it is, it stands where the options should.
        Err(Misfit::Type(_)) => Ok(value),
        Err(misfit) => Err(format!("expected one list of options, {misfit}")),
    }
}

/// The arguments of an action that takes an option list and then blocks, each of
/// which has a name. `form` is what the configuration has to give.
///
/// # Errors
/// What is wrong with them.
pub(in crate::plugin) fn with_blocks<'a, const N: usize>(
    value: Option<ConfigValue<'a>>,
    form: &str,
    names: [&str; N],
) -> Result<WithBlocks<'a, N>, String> {
    let mut arguments = vec![None; N + 1];
    fill(&mut arguments, value).map_err(|misfit| format!("expected {form}, {misfit}"))?;
    if let Some(list) = arguments[0].filter(|list| list.as_list().is_none()) {
        let found = list.type_name();
        return Err(format!("expected {form}, found {found} as first argument"));
    }
    let mut blocks = [const { None }; N];
    for ((block, name), value) in blocks.iter_mut().zip(names).zip(&arguments[1..]) {
        *block = value.map(|value| as_block(name, value)).transpose()?;
    }
    Ok(WithBlocks {
        options: arguments[0],
        blocks,
    })
}

/// An option list, if one is given, and blocks likewise.
pub(in crate::plugin) struct WithBlocks<'a, const N: usize> {
    pub(in crate::plugin) options: Option<ConfigValue<'a>>,
    pub(in crate::plugin) blocks: [Option<Action>; N],
}

fn as_block(name: &str, value: ConfigValue<'_>) -> Result<Action, String> {
    value.action().ok_or_else(|| {
        let found = value.type_name();
        format!("the {name} must be an action block or none, found {found}")
    })
}

fn fill<'a>(
    arguments: &mut [Option<ConfigValue<'a>>],
    value: Option<ConfigValue<'a>>,
) -> Result<(), Misfit> {
    let read = Value::from(value);
    if read.is_nothing() {
        return Ok(());
    }
    // An option list is a list of nothing but pairs.
    let entries = read.as_list().ok_or(Misfit::Type(read.type_name()))?;
    if entries.iter().all(|entry| entry.as_pair().is_some()) {
        arguments[0] = value;
        return Ok(());
    }
    if entries.len() > arguments.len() {
        return Err(Misfit::Count(entries.len()));
    }
    let parts = value.and_then(|value| value.as_list());
    for (argument, part) in arguments.iter_mut().zip(parts.into_iter().flatten()) {
        *argument = part.filter(|part| !part.is_none());
    }
    Ok(())
}

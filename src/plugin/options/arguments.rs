//! The arguments of an action, the first of which is an option list.

use std::fmt;

use super::given::Value;
use crate::host::ConfigValue;

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
    let read = Value::from(value);
    if read.is_nothing() {
        return Ok(arguments);
    }
    // An option list is a list of nothing but pairs.
    let entries = read.as_list().ok_or(Misfit::Type(read.type_name()))?;
    if entries.iter().all(|entry| entry.as_pair().is_some()) {
        arguments[0] = value;
        return Ok(arguments);
    }
    if entries.len() > N {
        return Err(Misfit::Count(entries.len()));
    }
    let parts = value.and_then(|value| value.as_list());
    for (argument, part) in arguments.iter_mut().zip(parts.into_iter().flatten()) {
        *argument = part.filter(|part| !part.is_none());
    }
    Ok(arguments)
}

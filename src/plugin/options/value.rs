//! Single values of options.

use std::time::Duration;

use memcached_core::policy::{Lifetimes, VaryBy};
use memcached_core::protocol::Ttl;
use memcached_core::stored::is_whole;

use super::error::OptionError;
use crate::host::ConfigValue;

type Value<'a, 'v> = Option<&'a ConfigValue<'v>>;

/// The name, which is missing for `default`, and value of an entry.
type Pair<'v> = (Option<Vec<u8>>, Option<ConfigValue<'v>>);

pub(super) fn pair<'v>(entry: Value<'_, 'v>) -> Result<Pair<'v>, OptionError> {
    let parts: Vec<_> = entry
        .and_then(ConfigValue::as_list)
        .ok_or(OptionError::NotAPair)?
        .collect();
    let Ok([name, value]) = <[_; 2]>::try_from(parts) else {
        return Err(OptionError::NotAPair);
    };
    match name.filter(|name| !name.is_none()) {
        None => Ok((None, value)),
        Some(name) => match name.as_str() {
            Some(text) => Ok((Some(text.to_vec()), value)),
            None => Err(OptionError::NotAPair),
        },
    }
}

pub(super) fn wrong(option: &'static str, expected: &'static str, found: String) -> OptionError {
    OptionError::Value {
        option,
        expected,
        found,
    }
}

fn wrong_type(option: &'static str, expected: &'static str, value: Value<'_, '_>) -> OptionError {
    let found = value.map_or("none", ConfigValue::type_name);
    wrong(option, expected, found.into())
}

pub(super) fn text(option: &'static str, value: Value<'_, '_>) -> Result<Vec<u8>, OptionError> {
    let text = value.and_then(ConfigValue::as_str).map(<[u8]>::to_vec);
    text.ok_or_else(|| wrong_type(option, "a string", value))
}

pub(super) fn boolean(option: &'static str, value: Value<'_, '_>) -> Result<bool, OptionError> {
    let flag = value.and_then(ConfigValue::as_bool);
    flag.ok_or_else(|| wrong_type(option, "true or false", value))
}

/// A number that fits.
pub(super) fn number<N: TryFrom<i64>>(
    option: &'static str,
    expected: &'static str,
    value: Value<'_, '_>,
) -> Result<N, OptionError> {
    let number = value.and_then(ConfigValue::as_number);
    let number = number.ok_or_else(|| wrong_type(option, expected, value))?;
    N::try_from(number).map_err(|_| wrong(option, expected, number.to_string()))
}

pub(super) fn span(option: &'static str, value: Value<'_, '_>) -> Result<Duration, OptionError> {
    let expected = "a number of milliseconds from 1 to 3600000";
    let ms: i64 = number(option, expected, value)?;
    match u64::try_from(ms) {
        Ok(within @ 1..=3_600_000) => Ok(Duration::from_millis(within)),
        _ => Err(wrong(option, expected, ms.to_string())),
    }
}

pub(super) const TTL: &str = "a number of seconds from 0 to 4294967295";

pub(super) fn ttl(
    option: &'static str,
    expected: &'static str,
    value: Value<'_, '_>,
) -> Result<Ttl, OptionError> {
    number(option, expected, value).map(Ttl::from_secs)
}

/// Times to live by status: `["200" => 60, default => 10]`.
pub(super) fn lifetimes(
    option: &'static str,
    value: Value<'_, '_>,
    default: Ttl,
) -> Result<Lifetimes, OptionError> {
    let expected = "a number of seconds, or a list of seconds by status, each once, such as \
                    [\"200\" => 60, \"404\" => 10]";
    let mut all = Lifetimes::of_all(default);
    for entry in entries(option, expected, value)? {
        let Ok((name, value)) = pair(entry.as_ref()) else {
            return Err(wrong_type(option, expected, entry.as_ref()));
        };
        let ttl = ttl(option, expected, value.as_ref())?;
        let Some(name) = name else {
            all.default = ttl;
            continue;
        };
        let text = std::str::from_utf8(&name).unwrap_or_default();
        let status = text.parse().ok().filter(|&status| is_whole(status));
        if !status.is_some_and(|status| all.add(status, ttl)) {
            return Err(wrong(option, expected, format!("\"{}\"", shown(&name))));
        }
    }
    Ok(all)
}

pub(super) fn statuses(
    option: &'static str,
    value: Value<'_, '_>,
) -> Result<Vec<u16>, OptionError> {
    let expected = "a list of numbers such as [200, 301, 404], from 200 to 599 without 206 and 304";
    // What is named comes on top of the one status that everybody caches.
    let mut all = vec![200];
    for entry in entries(option, expected, value)? {
        let status: u16 = number(option, expected, entry.as_ref())?;
        if !is_whole(status) {
            return Err(wrong(option, expected, status.to_string()));
        }
        all.push(status);
    }
    if all.len() == 1 {
        return Err(wrong(option, expected, "an empty list".into()));
    }
    Ok(all)
}

pub(super) fn vary(option: &'static str, value: Value<'_, '_>) -> Result<VaryBy, OptionError> {
    let expected = "a list of names of request headers such as [\"accept-encoding\"], each once";
    let mut all = VaryBy::default();
    for entry in entries(option, expected, value)? {
        let name = entry.as_ref().and_then(ConfigValue::as_str);
        let name = name.ok_or_else(|| wrong_type(option, expected, entry.as_ref()))?;
        if !all.add(name) {
            return Err(wrong(option, expected, format!("\"{}\"", shown(name))));
        }
    }
    Ok(all)
}

pub(super) fn methods(
    option: &'static str,
    value: Value<'_, '_>,
) -> Result<Vec<Vec<u8>>, OptionError> {
    let expected = "a list of request methods in capitals such as [\"GET\"]";
    let mut methods = Vec::new();
    for entry in entries(option, expected, value)? {
        let method = entry.as_ref().and_then(ConfigValue::as_str);
        let method = method.ok_or_else(|| wrong_type(option, expected, entry.as_ref()))?;
        if method.is_empty() || !method.iter().all(|b| b.is_ascii_uppercase() || *b == b'-') {
            return Err(wrong(option, expected, format!("\"{}\"", shown(method))));
        }
        methods.push(method.to_vec());
    }
    if methods.is_empty() {
        return Err(wrong(option, expected, "an empty list".into()));
    }
    Ok(methods)
}

fn entries<'v>(
    option: &'static str,
    expected: &'static str,
    value: Value<'_, 'v>,
) -> Result<impl Iterator<Item = Option<ConfigValue<'v>>> + use<'v>, OptionError> {
    let list = value.and_then(ConfigValue::as_list);
    list.ok_or_else(|| wrong_type(option, expected, value))
}

/// Text from the configuration as it can stand in a log line.
pub(super) fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

//! Forms of options that are one value: what is expected, and what becomes of
//! it.

use std::ffi::CString;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use memcached_core::http::{CacheName, SECONDS_MAX};
use memcached_core::namespace::Name;
use memcached_core::protocol::Ttl;
use memcached_core::protocol::limits::{RELATIVE_TTL_MAX, VALUE_MAX};
use memcached_core::purge::Mode;

use super::common::Environment;
use super::error::OptionError;
use super::freshness::Protocol;
use super::given::Given;
use super::identity::KeyPattern;
use crate::host::Pattern;

const TEXT: &str = "a string";

/// Servers take a longer time for a date.
#[expect(clippy::cast_possible_truncation, reason = "30 days")]
const SOFT_MAX: u32 = RELATIVE_TTL_MAX as u32;

pub(super) fn boolean(given: Given<'_>) -> Result<bool, OptionError> {
    given.boolean("true or false")
}

/// A number within bounds; `what` is what it counts, such as "a number of bytes".
pub(super) fn number<N>(
    what: &str,
    bounds: RangeInclusive<N>,
) -> impl Fn(Given<'_>) -> Result<N, OptionError>
where
    N: TryFrom<i64> + PartialOrd + Display,
{
    let expected = format!("{what} from {} to {}", bounds.start(), bounds.end());
    move |given| given.number(&expected, |number| bounds.contains(number))
}

/// A number without an upper bound.
pub(super) fn at_least(what: &str, least: u64) -> impl Fn(Given<'_>) -> Result<u64, OptionError> {
    let expected = format!("{what}, at least {least}");
    move |given| given.number(&expected, |&number| number >= least)
}

/// The length of a value of memcached.
pub(super) fn value_size(given: Given<'_>) -> Result<u64, OptionError> {
    number("a number of bytes", 1..=VALUE_MAX)(given)
}

/// A time from 1 ms to one hour.
pub(super) fn milliseconds(given: Given<'_>) -> Result<Duration, OptionError> {
    number("a number of milliseconds", 1..=3_600_000)(given).map(Duration::from_millis)
}

/// A time up to one hour.
pub(super) fn milliseconds_or_none(given: Given<'_>) -> Result<Duration, OptionError> {
    number("a number of milliseconds", 0..=3_600_000)(given).map(Duration::from_millis)
}

/// A number of seconds that a response could name too.
pub(super) fn seconds(least: u32) -> impl Fn(Given<'_>) -> Result<u32, OptionError> {
    number("a number of seconds", least..=SECONDS_MAX)
}

/// How long a lock lasts, in seconds; 0 for none. A server counts whole seconds,
/// so that one of 1 could be over at once.
pub(super) fn lock(given: Given<'_>) -> Result<u32, OptionError> {
    /// What is meant by `true`.
    const USUAL: u32 = 10;
    let expected = "true, 0 or a number of seconds from 2 to 3600";
    if given.is_number() {
        return given.number(expected, |secs| matches!(secs, 0 | 2..=3600));
    }
    Ok(if given.boolean(expected)? { USUAL } else { 0 })
}

/// What a server is spoken to in.
pub(super) fn protocol(given: Given<'_>) -> Result<Protocol, OptionError> {
    let expected = "\"auto\", \"classic\" or \"meta\"";
    match given.text(expected)? {
        b"auto" => Ok(Protocol::Auto),
        b"classic" => Ok(Protocol::Classic),
        b"meta" => Ok(Protocol::Meta),
        _ => Err(given.wrong(expected)),
    }
}

/// What is published in a request's environment.
pub(super) fn environment(given: Given<'_>) -> Result<Environment, OptionError> {
    let expected = "true, false or \"all\"";
    if given.is_text() {
        return match given.text(expected)? {
            b"all" => Ok(Environment::All),
            _ => Err(given.wrong(expected)),
        };
    }
    Ok(if given.boolean(expected)? {
        Environment::Set
    } else {
        Environment::Untouched
    })
}

/// A name in `Cache-Status`, or `none`.
pub(super) fn cache_name(given: Given<'_>) -> Result<Option<CacheName>, OptionError> {
    if given.is_none() {
        return Ok(None);
    }
    let expected = "a name of printable ASCII, or none";
    let name = CacheName::new(given.text(expected)?);
    name.map(Some).ok_or_else(|| given.wrong(expected))
}

/// The most that any response may live, 0 if there is no bound; `none` if that is
/// left to the time to live.
pub(super) fn longest_ttl(given: Given<'_>) -> Result<Option<Ttl>, OptionError> {
    if given.is_none() {
        return Ok(None);
    }
    let secs = number("none or a number of seconds", 0..=u32::MAX)(given)?;
    Ok(Some(Ttl::from_secs(secs)))
}

/// A pattern of the host, such as `%{req.path}`.
fn pattern(given: Given<'_>, text: &[u8]) -> Result<Pattern, OptionError> {
    let pattern = CString::new(text)
        .ok()
        .and_then(|text| Pattern::parse(given.server, &text));
    pattern.ok_or_else(|| OptionError::pattern(given.option, text))
}

/// The pattern of a key. `none`, if that is the default, is the URL as it was asked
/// for.
pub(super) fn key_pattern(given: Given<'_>) -> Result<KeyPattern, OptionError> {
    let is_url = given.is_none() && given.with_default().is_none();
    let text = if is_url {
        b"%{req.scheme}://%{req.host}"
    } else {
        given.text(TEXT)?
    };
    Ok(KeyPattern {
        pattern: pattern(given, text)?,
        text: text.into(),
        then_target: is_url,
    })
}

/// A pattern, or the empty text for none.
pub(super) fn optional_pattern(given: Given<'_>) -> Result<Option<Pattern>, OptionError> {
    match given.text(TEXT)? {
        b"" => Ok(None),
        text => pattern(given, text).map(Some),
    }
}

/// The name of a namespace, or `none`.
pub(super) fn namespace(given: Given<'_>) -> Result<Option<Name>, OptionError> {
    if given.is_none() {
        return Ok(None);
    }
    let expected = "none or a name of 1 to 100 letters, digits, dots, hyphens and underscores";
    let name = Name::new(given.text(expected)?);
    name.map(Some).map_err(|_| given.wrong(expected))
}

/// How long an item lives that is purged softly, in seconds; 0 deletes it.
pub(super) fn soft(given: Given<'_>) -> Result<Mode, OptionError> {
    Ok(match number("a number of seconds", 0..=SOFT_MAX)(given)? {
        0 => Mode::Hard,
        secs => Mode::Soft(secs),
    })
}

/// Whether and how requests that may change something purge items.
pub(super) fn invalidate(given: Given<'_>) -> Result<Option<Mode>, OptionError> {
    let expected = format!("true, false or a number of seconds from 1 to {SOFT_MAX}");
    if given.is_number() {
        let secs = given.number(&expected, |secs| (1..=SOFT_MAX).contains(secs))?;
        return Ok(Some(Mode::Soft(secs)));
    }
    Ok(given.boolean(&expected)?.then_some(Mode::Hard))
}

/// Whether items are marked as out of date, which only whole responses can be.
#[expect(
    clippy::ref_option,
    reason = "all predicates of the table are called so"
)]
pub(super) fn is_soft(invalidate: &Option<Mode>) -> bool {
    matches!(invalidate, Some(Mode::Soft(_)))
}

//! Forms of options that are lists. No list has an entry twice.

use memcached_core::decimal;
use memcached_core::http::HeaderNames;
use memcached_core::policy::identity::{Encodings, Ports, VaryBy};
use memcached_core::policy::{CookieRule, CookieScope, Ignore, Lifetimes, Rule};
use memcached_core::protocol::Ttl;
use memcached_core::stored::is_whole;

use super::error::{OptionError, quoted};
use super::given::Given;
use super::value::number;

/// Methods of requests, at least one.
pub(super) fn methods(given: Given<'_>) -> Result<Vec<Vec<u8>>, OptionError> {
    let expected = "a list of request methods in capitals such as [\"GET\"]";
    let mut methods: Vec<Vec<u8>> = Vec::new();
    for entry in given.entries(expected)? {
        let method = entry.text(expected)?;
        if method.is_empty() || !method.iter().all(|b| b.is_ascii_uppercase() || *b == b'-') {
            return Err(entry.wrong(expected));
        }
        if methods.iter().any(|known| known == method) {
            return Err(entry.twice());
        }
        methods.push(method.to_vec());
    }
    if methods.is_empty() {
        return Err(given.refuse(expected, "an empty list".into()));
    }
    Ok(methods)
}

/// Statuses of responses; 200 is always one of them.
pub(super) fn statuses(given: Given<'_>) -> Result<Vec<u16>, OptionError> {
    let expected = "a list of numbers such as [200, 301, 404], from 200 to 599 without 206 and 304";
    let mut named = Vec::new();
    for entry in given.entries(expected)? {
        let status = entry.number(expected, |&status| is_whole(status))?;
        if named.contains(&status) {
            return Err(entry.twice());
        }
        named.push(status);
    }
    named.retain(|&status| status != 200);
    named.insert(0, 200);
    Ok(named)
}

/// Texts, each of which `add` takes once.
fn texts(
    given: Given<'_>,
    expected: &str,
    mut add: impl FnMut(&[u8]) -> bool,
) -> Result<(), OptionError> {
    let mut earlier: Vec<Vec<u8>> = Vec::new();
    for entry in given.entries(expected)? {
        let text = entry.text(expected)?;
        let folded = text.to_ascii_lowercase();
        if !add(text) {
            let is_repeated = earlier.contains(&folded);
            return Err(if is_repeated {
                entry.twice()
            } else {
                entry.wrong(expected)
            });
        }
        earlier.push(folded);
    }
    Ok(())
}

/// Names of request headers.
pub(super) fn vary(given: Given<'_>) -> Result<VaryBy, OptionError> {
    let expected = "a list of names of request headers such as [\"accept-encoding\"], each once";
    let mut names = VaryBy::default();
    texts(given, expected, |name| names.add(name))?;
    Ok(names)
}

/// Content codings.
pub(super) fn encodings(given: Given<'_>) -> Result<Encodings, OptionError> {
    let expected = format!(
        "a list of at most {} content codings such as [\"br\", \"gzip\"], each once",
        Encodings::MAX
    );
    let mut encodings = Encodings::none();
    texts(given, &expected, |name| encodings.add(name))?;
    Ok(encodings)
}

/// Names of cookies, with `*` for any text; or `"all"` for all except those of
/// analytics, which tell a backend nothing.
pub(super) fn cookies(given: Given<'_>) -> Result<CookieRule, OptionError> {
    let expected = "a list of names of cookies such as [\"session*\", \"login\"], each once, \
                    or \"all\"";
    if given.is_text() {
        return match given.text(expected)? {
            b"all" => Ok(CookieRule::all_but_analytics()),
            _ => Err(given.wrong(expected)),
        };
    }
    let mut cookies = CookieRule::new(CookieScope::Named);
    texts(given, expected, |name| cookies.add(name))?;
    Ok(cookies)
}

/// Ports.
pub(super) fn ports(given: Given<'_>) -> Result<Ports, OptionError> {
    let expected = "a list of ports such as [443, 8443], from 1 to 65535, each once";
    let mut ports = Ports::default();
    for entry in given.entries(expected)? {
        if !ports.add(entry.number(expected, |&port| port > 0)?) {
            return Err(entry.twice());
        }
    }
    Ok(ports)
}

/// Names of response headers.
pub(super) fn response_headers(given: Given<'_>) -> Result<HeaderNames, OptionError> {
    let expected = "a list of names of response headers such as [\"X-Cache\"], each once";
    let mut names = HeaderNames::default();
    texts(given, expected, |name| names.add(name))?;
    Ok(names)
}

/// Rules that are left out.
pub(super) fn rules(given: Given<'_>) -> Result<Ignore, OptionError> {
    let names: Vec<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    let expected = format!("a list of some of {}", names.join(", "));
    let mut ignore = Ignore::default();
    let add = |name: &[u8]| Rule::from_name(name).is_some_and(|rule| ignore.add(rule));
    texts(given, &expected, add)?;
    Ok(ignore)
}

/// A time to live, or one for each status: `["404" => 10, default => 60]`.
pub(super) fn lifetimes(given: Given<'_>) -> Result<Lifetimes, OptionError> {
    let seconds = number("a number of seconds", 0..=u32::MAX);
    if !given.is_list() {
        return Ok(Lifetimes::of_all(Ttl::from_secs(seconds(given)?)));
    }
    let expected = "a number of seconds, or a list of seconds by status, each once, such as \
                    [\"200\" => 60, \"404\" => 10]";
    let mut all = Lifetimes::of_all(Ttl::Forever);
    let mut default_given = false;
    for entry in given.entries(expected)? {
        let (name, value) = entry.pair(expected)?;
        let ttl = Ttl::from_secs(value.number(expected, |_| true)?);
        let added = match name {
            None => {
                all.default = ttl;
                !std::mem::replace(&mut default_given, true)
            }
            Some(b"default") => return Err(OptionError::QuotedDefault(given.option)),
            Some(name) => {
                let status = decimal::parse(name)
                    .ok()
                    .and_then(|n| u16::try_from(n).ok());
                match status.filter(|&status| is_whole(status)) {
                    Some(status) => all.add(status, ttl),
                    None => return Err(given.refuse(expected, quoted(name))),
                }
            }
        };
        if !added {
            let entry = name.map_or_else(|| "default".into(), quoted);
            return Err(OptionError::Repeated {
                option: given.option,
                entry,
            });
        }
    }
    if !default_given {
        // A default that is a list has one.
        all.default = lifetimes(given.with_default())?.default;
    }
    Ok(all)
}

/// Whether they name statuses, of which only whole responses have others than 200.
pub(super) fn differ_by_status(lifetimes: &Lifetimes) -> bool {
    lifetimes.differ_by_status()
}

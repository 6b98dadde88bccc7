//! Request headers of which each value has an item of its own.

use super::encodings::{CodingSet, Encodings};
use super::parts::{append_name, append_part, append_separator, append_value, is_same_variable};
use crate::http::{HeaderNames, trim};
use crate::policy::bypass::Bypass;

/// The longest value that becomes a part of a key, in bytes.
const VALUE_MAX: usize = 8 * 1024;

/// The headers that the option `vary` names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VaryBy(HeaderNames);

impl VaryBy {
    /// Adds the name of a header; false if it is no name or there already.
    pub fn add(&mut self, name: &[u8]) -> bool {
        self.0.add(name)
    }

    /// Whether it has no names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many names it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().len()
    }

    /// Whether it names this header.
    #[must_use]
    pub fn contains(&self, name: &[u8]) -> bool {
        self.0.contains(name)
    }

    /// The names, in small letters and in the order of the option.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter()
    }

    /// Whether the key has the values of this header, because it is named or a
    /// backend may take it for one that is.
    pub(super) fn covers(&self, name: &[u8]) -> bool {
        self.names()
            .any(|own| is_same_variable(own.as_bytes(), name))
    }
}

/// Appends a part for each name, and for headers that backends may take for one
/// of these. Gives the codings that the request shares its item by, if `vary` has
/// `accept-encoding`: `accepted`, or those that the request accepts.
///
/// # Errors
/// No part can stand for what the request says.
pub(super) fn append<'h>(
    key: &mut Vec<u8>,
    vary: &VaryBy,
    encodings: &Encodings,
    accepted: Option<CodingSet>,
    headers: &(impl Iterator<Item = (&'h [u8], &'h [u8])> + Clone),
) -> Result<Option<CodingSet>, Bypass> {
    let mut used = None;
    for name in vary.names() {
        let own = name.as_bytes();
        let lines = headers
            .clone()
            .filter(|(name, _)| own.eq_ignore_ascii_case(name));
        let values = lines.map(|(_, value)| value);
        let counts = accepted.is_none() || name != "accept-encoding";
        if counts && values.clone().map(<[u8]>::len).sum::<usize>() > VALUE_MAX {
            return Err(Bypass::Vary);
        }
        append_name(key, own);
        if name == "accept-encoding" {
            let set = accepted.or_else(|| encodings.accepted(values));
            let set = set.ok_or(Bypass::IdentityRefused)?;
            key.push(b'=');
            encodings.append(key, set);
            used = Some(set);
        } else {
            append_values(key, name, values);
        }
        for (other, value) in headers.clone() {
            if is_same_variable(own, other) && !vary.contains(other) {
                append_part(key, other, value);
            }
        }
    }
    Ok(used)
}

/// Appends `=` and the values of a header's lines; nothing where there are none.
///
/// Lines of a list count as one list to most recipients (RFC 9110, section 5.3),
/// but some backends see only one of them. No browser sends several.
fn append_values<'v>(key: &mut Vec<u8>, name: &str, mut values: impl Iterator<Item = &'v [u8]>) {
    let Some(first) = values.next() else {
        return;
    };
    key.push(b'=');
    let mut others = values.peekable();
    if others.peek().is_none() {
        append_value_of(key, name, first);
        return;
    }
    append_value(key, first);
    for value in others {
        append_separator(key);
        append_value(key, value);
    }
}

/// Appends a value; of a list without the blanks around its commas, which are
/// no part of it (RFC 9110 section 5.6.1). The backend gets the value as it was
/// sent, and may heed all else: not every one knows that case or empty members
/// make no difference. In a quoted string commas and blanks are no separators:
/// such a list is left as it is.
fn append_value_of(key: &mut Vec<u8>, name: &str, value: &[u8]) {
    let is_list = matches!(name, "accept" | "accept-charset" | "accept-language");
    if !is_list || memchr::memchr(b'"', value).is_some() {
        append_value(key, value);
        return;
    }
    for (at, member) in value.split(|&byte| byte == b',').enumerate() {
        if at > 0 {
            key.push(b',');
        }
        append_value(key, trim(member));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by(names: &[&str]) -> VaryBy {
        let mut vary = VaryBy::default();
        for name in names {
            assert!(vary.add(name.as_bytes()), "{name}");
        }
        vary
    }

    fn append_to(vary: &VaryBy, headers: &[(&str, &str)]) -> Result<String, Bypass> {
        let mut key = Vec::new();
        let headers = headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes()));
        append(&mut key, vary, &Encodings::default(), None, &headers)?;
        Ok(String::from_utf8(key).unwrap())
    }

    fn of(names: &[&str], headers: &[(&str, &str)]) -> String {
        append_to(&by(names), headers).unwrap()
    }

    #[test]
    fn names() {
        let vary = by(&["Accept-Encoding"]);
        assert!(vary.contains(b"ACCEPT-encoding") && vary.covers(b"accept-encoding"));
        assert!(vary.covers(b"Accept_Encoding") && !vary.contains(b"Accept_Encoding"));
        assert_eq!(vary.len(), 1);
    }

    #[test]
    fn lists() {
        for (value, expected) in [
            ("de-DE, en;q=0.5", "=de-DE,en%3Bq=0.5"),
            ("de-DE\t ,en;q=0.5", "=de-DE,en%3Bq=0.5"),
            // What backends may take for another list.
            ("DE-de,en;q=0.5", "=DE-de,en%3Bq=0.5"),
            (" ,\t,de,", "=,,de,"),
            ("de;q=1 ; x", "=de%3Bq=1%20%3B%20x"),
            ("a#b=c d%\u{fc}", "=a%23b=c%20d%25%C3%BC"),
            ("", "="),
            (", ,", "=,,"),
            ("a, \"B, c\"", "=a,%20%22B,%20c%22"),
        ] {
            let key = of(&["accept-language"], &[("Accept-Language", value)]);
            assert_eq!(key, format!("#accept-language{expected}"), "{value}");
        }
        let key = of(&["accept"], &[("Accept", "text/HTML , */*;q=0.8")]);
        assert_eq!(key, "#accept=text/HTML,*/*%3Bq=0.8");
        let key = of(&["accept-charset"], &[("Accept-Charset", "UTF-8, *")]);
        assert_eq!(key, "#accept-charset=UTF-8,*");
        assert_eq!(of(&["accept-language"], &[("X", "1")]), "#accept-language");
    }

    #[test]
    fn other_headers_count_byte_for_byte() {
        let key = |value| of(&["Origin"], &[("origin", value)]);
        assert_eq!(key("https://victim.test"), "#origin=https://victim.test");
        assert_eq!(key("https://victim.test,"), "#origin=https://victim.test,");
        assert_eq!(
            key("https://VICTIM.test "),
            "#origin=https://VICTIM.test%20"
        );
        assert_eq!(key(""), "#origin=");
        assert_eq!(of(&["Origin"], &[]), "#origin");
        let both = of(&["X-B", "X-A"], &[("x-a", "One"), ("x-b", "two")]);
        assert_eq!(both, "#x-b=two#x-a=One");
    }

    #[test]
    fn several_lines_are_not_one() {
        let lines = [("Accept-Language", "de"), ("accept-language", "en")];
        assert_eq!(of(&["accept-language"], &lines), "#accept-language=de;en");
        let lines = [("X-A", "1"), ("X-A", ""), ("X-A", "2;")];
        assert_eq!(of(&["x-a"], &lines), "#x-a=1;;2%3B");
    }

    #[test]
    fn names_that_are_one_to_some_backends() {
        let lines = [("Accept_Language", "fr"), ("Accept-Language", "de")];
        let key = of(&["accept-language"], &lines);
        assert_eq!(key, "#accept-language=de#accept_language=fr");
        let lines = [("X_A", "1"), ("X-A", "2")];
        assert_eq!(of(&["x-a", "x_a"], &lines), "#x-a=2#x_a=1");
    }

    #[test]
    fn encodings() {
        let vary = by(&["accept-encoding", "x"]);
        let headers = [("Accept-Encoding", "gzip"), ("accept-encoding", "br")];
        let key = append_to(&vary, &headers).unwrap();
        assert_eq!(key, "#accept-encoding=br+gzip#x");
        let refused = append_to(&vary, &[("Accept-Encoding", "gzip, identity;q=0")]);
        assert_eq!(refused, Err(Bypass::IdentityRefused));
    }

    #[test]
    fn long_values() {
        let vary = by(&["x", "accept-encoding"]);
        let long = "a".repeat(VALUE_MAX);
        assert!(append_to(&vary, &[("X", &long), ("Y", &long), ("X", "")]).is_ok());
        for headers in [
            [("X", &*long), ("x", "b")],
            [("Accept-Encoding", &*long), ("Accept-Encoding", "b")],
        ] {
            assert_eq!(append_to(&vary, &headers), Err(Bypass::Vary));
        }
    }

    proptest! {
        #[test]
        fn keys_of_different_values_differ(
            one in lines(), other in lines(),
        ) {
            let of = |lines: &[(&'static str, String)]| {
                let lines: Vec<_> = lines.iter().map(|(n, v)| (*n, &**v)).collect();
                of(&["x-1", "x-2"], &lines)
            };
            // Only the order between lines of different names does not count.
            let sorted = |lines: &[(&'static str, String)]| {
                let mut lines = lines.to_vec();
                lines.sort_by_key(|(name, _)| name.replace('X', "x"));
                lines
            };
            prop_assert_eq!(of(&one) == of(&other), sorted(&one) == sorted(&other));
        }
    }

    fn lines() -> impl Strategy<Value = Vec<(&'static str, String)>> {
        let name = prop_oneof![Just("x-1"), Just("x-2"), Just("x_1")];
        proptest::collection::vec((name, "[a#=;,%]{0,3}"), 0..4)
    }
}

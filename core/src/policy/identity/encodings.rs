//! Which content codings a request shares an item by (RFC 9110, section 12.5.3).

use crate::http::{coding_weights, is_same_coding, is_token};

/// The codings that have variants of their own: at most [`Encodings::MAX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encodings(Vec<Box<str>>);

/// Some of the codings of an [`Encodings`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodingSet(u8);

/// The codings that a key names, so that bodies under it may have them.
#[derive(Clone, Copy, Debug)]
pub struct KeyCodings<'a> {
    /// The option of the action that made the key.
    pub encodings: &'a Encodings,
    /// Those of them that the request accepts.
    pub set: CodingSet,
}

impl KeyCodings<'_> {
    /// Whether a body in this coding suits every request of the key.
    #[must_use]
    pub fn allow(&self, coding: &[u8]) -> bool {
        self.encodings.bit(coding) & self.set.0 != 0
    }
}

impl Default for Encodings {
    fn default() -> Self {
        Self(["zstd", "br", "gzip"].map(Box::from).into())
    }
}

impl Encodings {
    /// The most codings there can be; a page has an item for each set of them.
    pub const MAX: usize = 8;

    /// None.
    #[must_use]
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a coding; false if there is no room for it, it is no name of a coding,
    /// `identity`, `*`, or there already.
    pub fn add(&mut self, coding: &[u8]) -> bool {
        let is_known = self
            .0
            .iter()
            .any(|own| is_same_coding(own.as_bytes(), coding));
        let name = if is_same_coding(coding, b"gzip") {
            b"gzip"
        } else {
            coding
        };
        let is_plain = is_same_coding(name, b"identity") || name == b"*";
        let Ok(text) = core::str::from_utf8(name) else {
            return false;
        };
        if is_known || is_plain || !is_token(name) || self.0.len() == Self::MAX {
            return false;
        }
        self.0.push(text.to_ascii_lowercase().into());
        true
    }

    /// Those of them that a request accepts, by the values of its lines of
    /// `Accept-Encoding`; `None` if it refuses the plain form, so that no item
    /// suits it for sure. Without a line, only the plain form is accepted: that
    /// suits everybody who says nothing.
    #[must_use]
    pub fn accepted<'v>(&self, values: impl Iterator<Item = &'v [u8]>) -> Option<CodingSet> {
        let (mut named, mut refused) = (0_u8, 0_u8);
        let (mut any, mut identity) = (None, None);
        for (coding, wanted) in values.flat_map(coding_weights) {
            if coding == b"*" {
                any = Some(any.unwrap_or(true) && wanted);
            } else if is_same_coding(coding, b"identity") {
                identity = Some(identity.unwrap_or(true) && wanted);
            } else {
                let bit = self.bit(coding);
                named |= bit;
                refused |= if wanted { 0 } else { bit };
            }
        }
        if !identity.or(any).unwrap_or(true) {
            return None;
        }
        let unnamed = if any == Some(true) { self.all() } else { 0 };
        Some(CodingSet((named | unnamed) & !refused))
    }

    /// All sets of them: one for each item that a page can have.
    pub(super) fn sets(&self) -> impl Iterator<Item = CodingSet> + use<> {
        (0..=self.all()).map(CodingSet)
    }

    fn all(&self) -> u8 {
        (0..self.0.len()).fold(0, |bits, at| bits | 1 << at)
    }

    /// The bit of a coding, 0 if it is none of them.
    fn bit(&self, coding: &[u8]) -> u8 {
        self.0
            .iter()
            .position(|own| is_same_coding(own.as_bytes(), coding))
            .map_or(0, |at| 1 << at)
    }

    /// The names in a set, in the order of the option.
    fn names(&self, set: CodingSet) -> impl Iterator<Item = &str> {
        let named = self.0.iter().enumerate();
        named
            .filter(move |(at, _)| set.0 & (1 << at) != 0)
            .map(|(_, name)| &**name)
    }

    /// Appends the value of a set in a key.
    pub(super) fn append(&self, key: &mut Vec<u8>, set: CodingSet) {
        self.append_joined(key, set, b"+");
    }

    /// The value of `Accept-Encoding` that asks a backend for exactly this set.
    #[must_use]
    pub fn header_value(&self, set: CodingSet) -> Vec<u8> {
        let mut value = Vec::new();
        self.append_joined(&mut value, set, b", ");
        value
    }

    fn append_joined(&self, out: &mut Vec<u8>, set: CodingSet, separator: &[u8]) {
        if set == CodingSet::default() {
            out.extend_from_slice(b"identity");
        }
        for (at, name) in self.names(set).enumerate() {
            if at > 0 {
                out.extend_from_slice(separator);
            }
            out.extend_from_slice(name.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(encodings: &Encodings, lines: &[&str]) -> String {
        let Some(set) = encodings.accepted(lines.iter().map(|line| line.as_bytes())) else {
            return "refused".into();
        };
        let mut key = Vec::new();
        encodings.append(&mut key, set);
        String::from_utf8(key).unwrap()
    }

    #[test]
    fn accepted() {
        let all = Encodings::default();
        for (line, expected) in [
            ("", "identity"),
            ("identity", "identity"),
            ("gzip", "gzip"),
            ("GZIP", "gzip"),
            ("x-gzip", "gzip"),
            ("X-GZip;q=0", "identity"),
            ("gzip, deflate", "gzip"),
            ("gzip, deflate, br", "br+gzip"),
            ("gzip, deflate, br, zstd", "zstd+br+gzip"),
            ("zstd,br , deflate,gzip", "zstd+br+gzip"),
            ("gzip;q=0.5, br;q=1.0", "br+gzip"),
            ("gzip;q=0, br", "br"),
            ("gzip; q=0.000, br", "br"),
            ("gzip;Q=0", "identity"),
            ("gzip;q=x", "identity"),
            ("gzip, gzip;q=0", "identity"),
            ("gzip;q=0, x-gzip", "identity"),
            ("unheard-of", "identity"),
            ("*", "zstd+br+gzip"),
            ("*, br;q=0", "zstd+gzip"),
            ("*;q=0.1, gzip;q=0", "zstd+br"),
            ("identity;q=0", "refused"),
            ("gzip, identity;q=0", "refused"),
            ("gzip, *;q=0", "refused"),
            ("gzip, identity, *;q=0", "gzip"),
            ("identity;q=0.1, *;q=0", "identity"),
        ] {
            assert_eq!(key(&all, &[line]), expected, "{line}");
        }
        assert_eq!(key(&all, &[]), "identity");
        assert_eq!(key(&all, &["gzip", "", "br, gzip"]), "br+gzip");
    }

    #[test]
    fn own_lists() {
        let mut own = Encodings::none();
        assert_eq!(key(&own, &["gzip, br"]), "identity");
        assert!(own.add(b"Deflate") && own.add(b"X-GZIP"));
        for bad in [
            &b"deflate"[..],
            b"gzip",
            b"identity",
            b"*",
            b"",
            b"a b",
            b"\xff",
        ] {
            assert!(!own.add(bad), "{bad:?}");
        }
        assert_eq!(key(&own, &["br, gzip, deflate"]), "deflate+gzip");
        for name in ["c", "d", "e", "f", "g", "h"] {
            assert!(own.add(name.as_bytes()));
        }
        assert!(!own.add(b"i"), "one more than MAX");
        assert_eq!(key(&own, &["*"]), "deflate+gzip+c+d+e+f+g+h");
    }

    #[test]
    fn what_backends_are_asked_for_and_may_answer() {
        let all = Encodings::default();
        let set = |line: &str| all.accepted([line.as_bytes()].into_iter()).unwrap();
        let asked = |line: &str| String::from_utf8(all.header_value(set(line))).unwrap();
        assert_eq!(asked("gzip, zstd;q=0.3, deflate"), "zstd, gzip");
        assert_eq!(asked("deflate"), "identity");
        for (line, coding, expected) in [
            ("gzip, br", "gzip", true),
            ("gzip, br", "X-GZIP", true),
            ("gzip, br", "zstd", false),
            ("gzip, deflate", "deflate", false),
            ("", "gzip", false),
        ] {
            let key = KeyCodings {
                encodings: &all,
                set: set(line),
            };
            assert_eq!(key.allow(coding.as_bytes()), expected, "{line}: {coding}");
        }
    }

    proptest! {
        /// A request that says what the key of another says has the same key.
        #[test]
        fn asking_for_a_set_gives_the_set(line in "((gzip|br|zstd|\\*|identity|x)(;q=0(\\.5)?)?, ?){0,5}") {
            let all = Encodings::default();
            if let Some(set) = all.accepted([line.as_bytes()].into_iter()) {
                let asked = all.header_value(set);
                prop_assert_eq!(all.accepted([&asked[..]].into_iter()), Some(set));
            }
        }
    }
}

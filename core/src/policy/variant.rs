//! One item for each variant of a response: what the request says in the
//! headers that the option `vary` names becomes a part of the key.

use super::identity::VaryBy;
use crate::http::{Accepted, known_codings};

impl VaryBy {
    /// Appends `#name=value` to a key for each name, with the values of the
    /// request headers that `each` shows. Values hold no `#`, so that a request
    /// cannot name another variant by what it writes into a header.
    pub fn append_to(&self, key: &mut Vec<u8>, each: impl FnOnce(&mut dyn FnMut(&[u8], &[u8]))) {
        let mut values: Vec<Vec<u8>> = vec![Vec::new(); self.len()];
        each(&mut |name, value| {
            if let Some(at) = self.position(name) {
                values[at].push(b',');
                values[at].extend_from_slice(value);
            }
        });
        for (name, value) in self.names().zip(values) {
            key.push(b'#');
            key.extend_from_slice(name.as_bytes());
            key.push(b'=');
            append_normalized(key, name, &value);
        }
    }
}

/// Appends a value so that those that mean the same look the same.
fn append_normalized(key: &mut Vec<u8>, name: &str, value: &[u8]) {
    if name == "accept-encoding" {
        let mut accepted = Accepted::default();
        accepted.observe(value);
        let names = known_codings().filter(|coding| accepted.has(coding.as_bytes()));
        let refused = (!accepted.has(b"identity")).then_some("no-identity");
        for (at, part) in names.chain(refused).enumerate() {
            if at > 0 {
                key.push(b',');
            }
            key.extend_from_slice(part.as_bytes());
        }
        return;
    }
    let parts = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    for (at, part) in parts.filter(|part| !part.is_empty()).enumerate() {
        if at > 0 {
            key.push(b',');
        }
        for &byte in part {
            append_escaped(
                key,
                if name == "accept-language" {
                    byte.to_ascii_lowercase()
                } else {
                    byte
                },
            );
        }
    }
}

fn append_escaped(key: &mut Vec<u8>, byte: u8) {
    if byte.is_ascii_alphanumeric() || b"-._~;=*/:+!".contains(&byte) {
        key.push(byte);
    } else {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let digits = [
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ];
        key.push(b'%');
        key.extend_from_slice(&digits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(names: &[&str], headers: &[(&str, &str)]) -> String {
        let mut vary = VaryBy::default();
        for name in names {
            assert!(vary.add(name.as_bytes()));
        }
        let mut key = b"/x".to_vec();
        vary.append_to(&mut key, |show| {
            for (name, value) in headers {
                show(name.as_bytes(), value.as_bytes());
            }
        });
        String::from_utf8(key).unwrap()
    }

    #[test]
    fn encodings_that_mean_the_same() {
        let of = |value: &str| key(&["Accept-Encoding"], &[("accept-encoding", value)]);
        for (value, expected) in [
            ("", ""),
            ("identity", ""),
            ("gzip", "gzip"),
            ("GZIP", "gzip"),
            ("x-gzip", "gzip"),
            ("gzip, deflate, br, zstd", "br,deflate,gzip,zstd"),
            ("zstd,br , deflate,gzip", "br,deflate,gzip,zstd"),
            ("gzip;q=0.5, br;q=1.0", "br,gzip"),
            ("gzip;q=0, br", "br"),
            ("gzip; q=0.000, br", "br"),
            ("gzip;Q=0", ""),
            ("gzip;q=x", ""),
            ("unheard-of", ""),
            ("*", "br,deflate,gzip,zstd"),
            ("*, br;q=0", "deflate,gzip,zstd"),
            ("gzip, *;q=0", "gzip,no-identity"),
            ("gzip, identity;q=0", "gzip,no-identity"),
            ("gzip, identity, *;q=0", "gzip"),
        ] {
            assert_eq!(
                of(value),
                format!("/x#accept-encoding={expected}"),
                "{value}"
            );
        }
        assert_eq!(key(&["Accept-Encoding"], &[]), "/x#accept-encoding=");
    }

    #[test]
    fn other_headers() {
        for (headers, expected) in [
            (
                &[("Accept-Language", "de-DE, en;q=0.5")][..],
                "/x#accept-language=de-de,en;q=0.5",
            ),
            (
                &[
                    ("accept-language", "DE-de"),
                    ("Accept-Language", " EN;q=0.5 "),
                ],
                "/x#accept-language=de-de,en;q=0.5",
            ),
            (
                &[("Accept-Language", "a#b=c d%\u{fc}")],
                "/x#accept-language=a%23b=c%20d%25%C3%BC",
            ),
            (&[("X", "1")], "/x#accept-language="),
        ] {
            assert_eq!(key(&["accept-language"], headers), expected);
        }
        let both = key(&["X-B", "X-A"], &[("x-a", "One"), ("x-b", "two")]);
        assert_eq!(both, "/x#x-b=two#x-a=One");
    }

    proptest! {
        #[test]
        fn keys_of_different_values_differ(
            one in "[a#=,%b]{0,6}", two in "[a#=,%b]{0,6}",
            other_one in "[a#=,%b]{0,6}", other_two in "[a#=,%b]{0,6}",
        ) {
            let parts = |value: &str| -> Vec<String> {
                value.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
            };
            let of = |one: &str, two: &str| key(&["x-1", "x-2"], &[("x-1", one), ("x-2", two)]);
            let same = parts(&one) == parts(&other_one) && parts(&two) == parts(&other_two);
            prop_assert_eq!(of(&one, &two) == of(&other_one, &other_two), same);
        }
    }
}

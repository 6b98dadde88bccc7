//! Names of headers that an administrator gives.

use super::fields::is_token;

/// Names of headers, in small letters and in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderNames(Vec<Box<str>>);

impl HeaderNames {
    /// Adds a name; false if it is no name or there already. `*` is no name: in
    /// `Vary` it stands for more than headers.
    pub fn add(&mut self, name: &[u8]) -> bool {
        let Ok(text) = core::str::from_utf8(name) else {
            return false;
        };
        if !is_token(name) || name == b"*" || self.contains(name) {
            return false;
        }
        self.0.push(text.to_ascii_lowercase().into());
        true
    }

    /// Whether it has no names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it has this name, in any case.
    #[must_use]
    pub fn contains(&self, name: &[u8]) -> bool {
        self.iter()
            .any(|own| name.eq_ignore_ascii_case(own.as_bytes()))
    }

    /// The names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let mut names = HeaderNames::default();
        assert!(names.is_empty() && names.add(b"Accept-Encoding"));
        for bad in [&b"accept-encoding"[..], b"", b"a b", b"a:", b"\xff", b"*"] {
            assert!(!names.add(bad), "{bad:?}");
        }
        assert!(names.add(b"X-A") && !names.is_empty());
        assert!(names.contains(b"ACCEPT-encoding") && !names.contains(b"Accept"));
        assert!(names.contains(b"x-a"));
        assert!(names.iter().eq(["accept-encoding", "x-a"]));
    }
}

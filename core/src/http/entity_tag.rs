//! Entity-tags (RFC 9110 section 8.8.3).

/// An entity-tag such as `"abc"` or `W/"abc"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityTag<'a> {
    weak: bool,
    /// The bytes between the quotes.
    opaque: &'a [u8],
}

impl<'a> EntityTag<'a> {
    /// The entity-tag that is all of `text`.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        match Self::first(text)? {
            (tag, []) => Some(tag),
            _ => None,
        }
    }

    /// The entity-tag at the start of `text`, and what follows it.
    fn first(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (weak, rest) = match text.strip_prefix(b"W/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let inner = rest.strip_prefix(b"\"")?;
        let end = inner.iter().position(|&byte| byte == b'"')?;
        let opaque = &inner[..end];
        let allowed = |&byte: &u8| byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
        let tag = Self { weak, opaque };
        (opaque.iter().all(allowed)).then_some((tag, &inner[end + 1..]))
    }

    /// Whether it is weak.
    #[must_use]
    pub fn is_weak(self) -> bool {
        self.weak
    }

    /// Whether both are the same by the weak comparison.
    #[must_use]
    pub fn matches_weakly(self, other: Self) -> bool {
        self.opaque == other.opaque
    }

    /// Whether both are the same by the strong comparison: neither is weak.
    #[must_use]
    pub fn matches_strongly(self, other: Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }
}

/// Whether a list such as `"a", W/"b"`, or `*`, names a tag by the weak
/// comparison; `tag` is `None` for a response without one. The list ends at the
/// first member that is no entity-tag.
#[must_use]
pub fn list_names_tag(list: &[u8], tag: Option<EntityTag<'_>>) -> bool {
    let mut rest = list.trim_ascii();
    if rest == b"*" {
        return true;
    }
    let Some(tag) = tag else {
        return false;
    };
    loop {
        while let [b',' | b' ' | b'\t', more @ ..] = rest {
            rest = more;
        }
        let Some((listed, more)) = EntityTag::first(rest) else {
            return false;
        };
        let more = more.trim_ascii_start();
        if !more.is_empty() && more[0] != b',' {
            return false;
        }
        if listed.matches_weakly(tag) {
            return true;
        }
        rest = more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> EntityTag<'_> {
        EntityTag::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_a_tag() {
        for text in ["\"\"", "\"a,b\"", "W/\"a\"", "\"\u{fc}\""] {
            assert!(EntityTag::parse(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "", "a", "\"", "\"a", "w/\"a\"", "W/a", "\"a b\"", "\"a\" ", "\"a\"b",
        ] {
            assert!(EntityTag::parse(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn comparisons() {
        // The table of RFC 9110 section 8.8.3.2.
        for (one, other, strong, weak) in [
            ("W/\"1\"", "W/\"1\"", false, true),
            ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true),
            ("\"1\"", "\"1\"", true, true),
        ] {
            assert_eq!(tag(one).matches_strongly(tag(other)), strong);
            assert_eq!(tag(one).matches_weakly(tag(other)), weak);
        }
    }

    #[test]
    fn lists() {
        let names = |list: &str, text: &str| list_names_tag(list.as_bytes(), Some(tag(text)));
        for list in [
            "\"a\"",
            "W/\"a\"",
            " \"a\" ",
            "\"b\",\"a\"",
            "\"b\" ,\t, W/\"a\",",
            "*",
            "\"a\", junk",
        ] {
            assert!(names(list, "\"a\""), "{list}");
            assert!(names(list, "W/\"a\""), "{list}");
        }
        for list in [
            "",
            ",",
            "a",
            "\"b\"",
            "\"b\" \"a\"",
            "junk, \"a\"",
            "\"b, \"a\"",
            "*, x",
            "\"A\"",
        ] {
            assert!(!names(list, "\"a\""), "{list}");
        }
        assert!(list_names_tag(b"*", None));
        assert!(!list_names_tag(b"\"a\"", None));
    }
}

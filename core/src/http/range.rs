//! Ranges of bytes (RFC 9110 section 14.1.2).

use crate::decimal;

/// How much of a body a `Range` selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it: the range is not understood, or there are several.
    Whole,
    /// From this byte to this one, both included.
    Part(u64, u64),
    /// Bytes that it does not have.
    Unsatisfiable,
}

/// What this value of a `Range` selects of a body of `len` bytes.
#[must_use]
pub fn resolve_range(range: &[u8], len: u64) -> Extent {
    let range = range.trim_ascii();
    let Some((unit, spec)) = range.split_at_checked(b"bytes=".len()) else {
        return Extent::Whole;
    };
    if !unit.eq_ignore_ascii_case(b"bytes=") {
        return Extent::Whole;
    }
    let spec = spec.trim_ascii();
    let Some(dash) = spec.iter().position(|&byte| byte == b'-') else {
        return Extent::Whole;
    };
    match (number(&spec[..dash]), number(&spec[dash + 1..])) {
        (Number::Missing, Number::Is(0)) => Extent::Unsatisfiable,
        // There is no way to name a part of nothing.
        (Number::Missing, Number::Is(_)) if len == 0 => Extent::Whole,
        (Number::Missing, Number::Is(last)) => Extent::Part(len - last.min(len), len - 1),
        (Number::Is(first), Number::Missing) if first < len => Extent::Part(first, len - 1),
        (Number::Is(first), Number::Is(last)) if first <= last && first < len => {
            Extent::Part(first, last.min(len - 1))
        }
        (Number::Is(first), Number::Is(last)) if first > last => Extent::Whole,
        (Number::Is(_), Number::Missing | Number::Is(_)) => Extent::Unsatisfiable,
        _ => Extent::Whole,
    }
}

enum Number {
    Missing,
    Is(u64),
    Bad,
}

/// A number; one that does not fit becomes the largest that does.
fn number(text: &[u8]) -> Number {
    if text.is_empty() {
        return Number::Missing;
    }
    decimal::parse_saturating(text).map_or(Number::Bad, Number::Is)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges() {
        use Extent::{Part, Unsatisfiable, Whole};
        for (range, len, expected) in [
            ("bytes=0-0", 10, Part(0, 0)),
            ("bytes=0-9", 10, Part(0, 9)),
            ("bytes=0-", 10, Part(0, 9)),
            ("bytes=3-5", 10, Part(3, 5)),
            ("Bytes= 3-5 ", 10, Part(3, 5)),
            ("bytes=9-", 10, Part(9, 9)),
            ("bytes=5-99999999999999999999999", 10, Part(5, 9)),
            ("bytes=-1", 10, Part(9, 9)),
            ("bytes=-10", 10, Part(0, 9)),
            ("bytes=-99", 10, Part(0, 9)),
            ("bytes=-99999999999999999999999", 10, Part(0, 9)),
            ("bytes=10-", 10, Unsatisfiable),
            ("bytes=10-11", 10, Unsatisfiable),
            ("bytes=99999999999999999999999-", 10, Unsatisfiable),
            ("bytes=-0", 10, Unsatisfiable),
            ("bytes=0-", 0, Unsatisfiable),
            ("bytes=0-0", 0, Unsatisfiable),
            ("bytes=-1", 0, Whole),
            ("bytes=5-3", 10, Whole),
            ("bytes=12-11", 10, Whole),
            ("bytes=0-1,3-4", 10, Whole),
            ("bytes=-", 10, Whole),
            ("bytes=", 10, Whole),
            ("bytes=1", 10, Whole),
            ("bytes=a-b", 10, Whole),
            ("bytes=1-b", 10, Whole),
            ("bytes=+1-2", 10, Whole),
            ("bytes=1--2", 10, Whole),
            ("bytes=1 -2", 10, Whole),
            ("lines=1-2", 10, Whole),
            ("bytes 1-2", 10, Whole),
            ("", 10, Whole),
        ] {
            assert_eq!(
                resolve_range(range.as_bytes(), len),
                expected,
                "{range} of {len}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_part_lies_within(range in "bytes=[0-9-]{0,6}|[ -~]{0,12}", len in 0u64..30) {
            if let Extent::Part(first, last) = resolve_range(range.as_bytes(), len) {
                prop_assert!(first <= last && last < len);
            }
        }
    }
}

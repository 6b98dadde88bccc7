//! Ranges of bytes (RFC 9110 section 14.1.2).

use super::cache_control::is_digits;

/// What a `Range` asks of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing that is understood, or several ranges: all of it.
    Whole,
    /// From this byte to this one, both included.
    Part(u64, u64),
    /// Bytes that it does not have.
    Nothing,
}

/// What this value of a `Range` asks of a body of `len` bytes.
pub(super) fn asked(range: &[u8], len: u64) -> Asked {
    let range = range.trim_ascii();
    let Some((unit, spec)) = range.split_at_checked(b"bytes=".len()) else {
        return Asked::Whole;
    };
    if !unit.eq_ignore_ascii_case(b"bytes=") {
        return Asked::Whole;
    }
    let spec = spec.trim_ascii();
    let Some(dash) = spec.iter().position(|&byte| byte == b'-') else {
        return Asked::Whole;
    };
    match (number(&spec[..dash]), number(&spec[dash + 1..])) {
        (Number::Missing, Number::Is(0)) => Asked::Nothing,
        // There is no way to name a part of nothing.
        (Number::Missing, Number::Is(_)) if len == 0 => Asked::Whole,
        (Number::Missing, Number::Is(last)) => Asked::Part(len - last.min(len), len - 1),
        (Number::Is(first), Number::Missing) if first < len => Asked::Part(first, len - 1),
        (Number::Is(first), Number::Is(last)) if first <= last && first < len => {
            Asked::Part(first, last.min(len - 1))
        }
        (Number::Is(first), Number::Is(last)) if first > last => Asked::Whole,
        (Number::Is(_), Number::Missing | Number::Is(_)) => Asked::Nothing,
        _ => Asked::Whole,
    }
}

enum Number {
    Missing,
    Is(u64),
    Bad,
}

/// A number; more than fits stands for the largest that does.
fn number(text: &[u8]) -> Number {
    if text.is_empty() {
        return Number::Missing;
    }
    if !is_digits(text) {
        return Number::Bad;
    }
    let digits = core::str::from_utf8(text).unwrap_or_default();
    Number::Is(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges() {
        use Asked::{Nothing, Part, Whole};
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
            ("bytes=10-", 10, Nothing),
            ("bytes=10-11", 10, Nothing),
            ("bytes=99999999999999999999999-", 10, Nothing),
            ("bytes=-0", 10, Nothing),
            ("bytes=0-", 0, Nothing),
            ("bytes=0-0", 0, Nothing),
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
            assert_eq!(asked(range.as_bytes(), len), expected, "{range} of {len}");
        }
    }

    proptest! {
        #[test]
        fn a_part_lies_within(range in "bytes=[0-9-]{0,6}|[ -~]{0,12}", len in 0u64..30) {
            if let Asked::Part(first, last) = asked(range.as_bytes(), len) {
                prop_assert!(first <= last && last < len);
            }
        }
    }
}

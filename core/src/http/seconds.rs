//! Numbers of seconds (RFC 9111 section 1.2.2) and the header `Age`.

use super::list::list;
use crate::decimal;

/// The largest number of seconds that counts: 2^31, which stands for every
/// larger one (RFC 9111 section 1.2.2).
pub const SECONDS_MAX: u32 = 1 << 31;

/// A number of seconds, digits alone, at most [`SECONDS_MAX`].
#[must_use]
pub fn delta_seconds(text: &[u8]) -> Option<u32> {
    Some(capped(decimal::parse_saturating(text)?))
}

/// A number of seconds as a header can give it, at most [`SECONDS_MAX`].
#[must_use]
pub fn capped(secs: u64) -> u32 {
    u32::try_from(secs).map_or(SECONDS_MAX, |secs| secs.min(SECONDS_MAX))
}

/// What the `Age` lines of a response say together (RFC 9111 section 5.1): the
/// first member counts. If that is no number, the header is invalid, and the
/// largest number in it counts, so that a damaged one does not make an old
/// response look young.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Age {
    /// There is no member.
    #[default]
    Missing,
    /// Seconds, at most [`SECONDS_MAX`].
    Secs(u32),
    /// The first member is no number. The largest in all of the header, if it
    /// has any.
    Invalid(Option<u32>),
}

impl Age {
    /// Records the value of one header line.
    pub fn observe(&mut self, value: &[u8]) {
        match *self {
            Self::Secs(_) => {}
            Self::Invalid(largest) => *self = Self::Invalid(largest.max(largest_in(value))),
            Self::Missing => {
                if let Some(first) = list(value).next() {
                    *self = delta_seconds(first)
                        .map_or_else(|| Self::Invalid(largest_in(value)), Self::Secs);
                }
            }
        }
    }
}

/// The largest number among the runs of digits in `value`.
fn largest_in(value: &[u8]) -> Option<u32> {
    let runs = value.split(|byte| !byte.is_ascii_digit());
    runs.filter_map(delta_seconds).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn age(lines: &[&str]) -> Age {
        let mut age = Age::default();
        for line in lines {
            age.observe(line.as_bytes());
        }
        age
    }

    #[test]
    fn two_to_the_31_stands_for_all_that_is_more() {
        for (text, expected) in [
            ("0", 0),
            ("0060", 60),
            ("2147483647", 2_147_483_647),
            ("2147483648", 2_147_483_648),
            ("2147483649", 2_147_483_648),
            ("99999999999999999999", 2_147_483_648),
        ] {
            assert_eq!(delta_seconds(text.as_bytes()), Some(expected), "{text}");
        }
        for text in ["", "-1", "+1", "1.0", "1 ", "soon"] {
            assert_eq!(delta_seconds(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_first_member_counts() {
        for (lines, expected) in [
            (&["30"][..], 30),
            (&["0, 7200"], 0),
            (&["7200,0"], 7200),
            (&["7200", "0"], 7200),
            (&["0", "7200"], 0),
            (&["", ", ,", " ,30, 9"], 30),
            (&["30", "x"], 30),
            (&["99999999999"], 1 << 31),
        ] {
            assert_eq!(age(lines), Age::Secs(expected), "{lines:?}");
        }
        assert_eq!(age(&[]), Age::Missing);
        assert_eq!(age(&["", ","]), Age::Missing);
    }

    #[test]
    fn of_an_invalid_header_the_largest_number_counts() {
        for (lines, expected) in [
            (&["-7200"][..], Some(7200)),
            (&["7200.0"], Some(7200)),
            (&["0.7200"], Some(7200)),
            (&["7200;foo=bar"], Some(7200)),
            (&["7200;foo=111"], Some(7200)),
            (&["1;a=9000"], Some(9000)),
            (&["+20"], Some(20)),
            (&["x, 30", "40, 20"], Some(40)),
            (&["3 0"], Some(3)),
            (&["x99999999999999999999"], Some(1 << 31)),
            (&["abc"], None),
        ] {
            assert_eq!(age(lines), Age::Invalid(expected), "{lines:?}");
        }
    }

    proptest! {
        /// Lines joined by commas are the same header (RFC 9110 section 5.3).
        #[test]
        fn however_it_is_split_into_lines(lines in proptest::collection::vec("[-0-9, .x]{0,8}", 0..4)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            prop_assert_eq!(age(&lines), age(&[&lines.join(",")]));
        }
    }
}

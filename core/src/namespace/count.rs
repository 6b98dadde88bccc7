//! The number that the keys of a namespace begin with.

use core::fmt;

use crate::decimal;

/// Bits of it that chance gives.
const RANDOM_BITS: u32 = 20;

/// The number that the keys of a namespace begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Count(u64);

impl Count {
    /// A number that was never used before: from the time, in milliseconds since
    /// 1970, and 20 bits of `random`, so that neither two workers nor a clock that
    /// was set back make the same.
    #[must_use]
    pub const fn new(unix_ms: u64, random: u64) -> Self {
        Self((unix_ms << RANDOM_BITS) | (random & ((1 << RANDOM_BITS) - 1)))
    }

    /// Reads the value of an item: a decimal number and nothing else.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        decimal::parse(text).ok().map(Self)
    }

    /// Makes of the text of a key that of the key in the namespace.
    pub fn prefix(self, text: &mut Vec<u8>) {
        let prefix = format!("{self}:");
        text.splice(..0, prefix.into_bytes());
    }
}

/// As it stands in keys and in memcached.
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_chance() {
        for (unix_ms, random, expected) in [
            (0, 0, "0"),
            (1, 0, "1048576"),
            (0, u64::MAX, "1048575"),
            (1_796_000_000_000, 5, "1883242496000000005"),
        ] {
            assert_eq!(Count::new(unix_ms, random).to_string(), expected);
        }
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let count = Count::new(1_796_000_000_000, 77);
        assert_eq!(Count::parse(count.to_string().as_bytes()), Some(count));
        for text in ["", "x", "1 ", "-1", "1:", "18446744073709551616"] {
            assert_eq!(Count::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn keys_begin_with_it() {
        let mut text = b"/page".to_vec();
        Count(42).prefix(&mut text);
        assert_eq!(text, b"42:/page");
    }
}

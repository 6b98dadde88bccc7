//! The private line of stored heads:
//!
//! ```text
//! X-Memcached-Fresh-Until: 1795521660 3600
//! ```
//!
//! The response is fresh until that time, in seconds since 1970, and its item
//! lives for that many seconds more. `revalidate` behind them says that it is not
//! to be served then, but only to be asked about. The line is never sent to a client, and one
//! that a backend sends is removed before anything is stored or sent.

use core::ops::Range;

use crate::decimal;

/// Its name.
pub const FRESH_UNTIL: &str = "X-Memcached-Fresh-Until";

/// Digits of the time, which is written last.
const DIGITS: usize = 10;
/// The largest time that they can name.
const LATEST: u64 = 9_999_999_999;

/// What it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshUntil {
    /// The end of the lifetime, in seconds since 1970.
    pub unix_secs: u64,
    /// Seconds for which the item lives on.
    pub extra: u32,
    /// It may be served then, in some way.
    pub is_served: bool,
}

/// Seconds for which an item lives on after its lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extra {
    /// So many.
    pub secs: u32,
    /// It may be served then, in some way.
    pub is_served: bool,
}

/// Behind the numbers if it may not.
const ONLY_REVALIDATED: &[u8] = b" revalidate";

impl FreshUntil {
    /// Whether the lifetime is over, by the clock of this machine.
    #[must_use]
    pub fn is_past(self, unix_now_secs: u64) -> bool {
        self.unix_secs <= unix_now_secs
    }

    /// Reads the value of the line; `None` if it is not of the form.
    pub(super) fn parse(value: &[u8]) -> Option<Self> {
        let numbers = value.strip_suffix(ONLY_REVALIDATED);
        let is_served = numbers.is_none();
        let value = numbers.unwrap_or(value);
        let blank = value.iter().position(|&byte| byte == b' ')?;
        Some(Self {
            is_served,
            unix_secs: decimal::parse(&value[..blank]).ok()?,
            extra: u32::try_from(decimal::parse(&value[blank + 1..]).ok()?).ok()?,
        })
    }
}

/// Appends the line with a place for the time, which it gives back.
pub(super) fn append_line(head: &mut Vec<u8>, extra: Extra) -> Range<usize> {
    let Extra { secs, is_served } = extra;
    head.extend_from_slice(format!("{FRESH_UNTIL}: ").as_bytes());
    let start = head.len();
    head.extend_from_slice(&digits(0));
    let end = head.len();
    head.extend_from_slice(format!(" {secs}").as_bytes());
    if !is_served {
        head.extend_from_slice(ONLY_REVALIDATED);
    }
    head.extend_from_slice(b"\r\n");
    start..end
}

/// The time as it stands in its place.
pub(super) fn digits(unix_secs: u64) -> [u8; DIGITS] {
    let mut digits = [b'0'; DIGITS];
    let mut rest = unix_secs.min(LATEST);
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (unix_secs, secs, is_served) in [
            (0, 0, true),
            (1_795_521_660, 3600, true),
            (1_795_521_660, 3600, false),
            (LATEST, u32::MAX, true),
        ] {
            let mut head = b"X: y\r\n".to_vec();
            let place = append_line(&mut head, Extra { secs, is_served });
            head[place].copy_from_slice(&digits(unix_secs));
            let line = head.strip_prefix(b"X: y\r\nX-Memcached-Fresh-Until: ");
            let value = line.and_then(|line| line.strip_suffix(b"\r\n"));
            let read = value.and_then(FreshUntil::parse);
            let expected = FreshUntil {
                unix_secs,
                extra: secs,
                is_served,
            };
            assert_eq!(read, Some(expected));
        }
        assert_eq!(digits(u64::MAX), digits(LATEST));
        assert_eq!(&digits(1_795_521_660), b"1795521660");
    }

    #[test]
    fn strictly() {
        for text in [
            "",
            "1",
            "1 ",
            " 1",
            "1  2",
            "1 2 3",
            "1\t2",
            "1,2",
            "-1 2",
            "1 -2",
            "+1 2",
            "x 2",
            "1 4294967296",
            "18446744073709551616 1",
            "1 2 ",
            " 1 2",
        ] {
            assert_eq!(FreshUntil::parse(text.as_bytes()), None, "{text:?}");
        }
    }
}

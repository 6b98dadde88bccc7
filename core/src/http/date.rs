//! Dates (RFC 9110 section 5.6.7).

use std::time::{Duration, UNIX_EPOCH};

/// The last second that a date can name: the end of the year 9999.
const LAST: u64 = 253_402_300_799;

/// Seconds since 1970 of a date in any of the three forms; `None` for a date
/// before 1970 and for anything else.
#[must_use]
pub fn parse_date(value: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(value.trim_ascii()).ok()?;
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// The preferred form of a time in seconds since 1970, such as
/// `Tue, 24 Nov 2026 12:00:00 GMT`. A time past the year 9999 becomes its end.
#[must_use]
pub fn format_date(unix_secs: u64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(unix_secs.min(LAST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms() {
        // The example of RFC 9110 section 5.6.7.
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            " Sun, 06 Nov 1994 08:49:37 GMT ",
        ] {
            assert_eq!(parse_date(text.as_bytes()), Some(784_111_777), "{text}");
        }
        assert_eq!(format_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn what_is_no_date() {
        for text in ["", "0", "today", "Sun, 06 Nov 1969 08:49:37 GMT", "\u{fc}"] {
            assert_eq!(parse_date(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn any_time_has_a_form() {
        assert_eq!(format_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        for late in [LAST, LAST + 1, u64::MAX] {
            assert_eq!(format_date(late), "Fri, 31 Dec 9999 23:59:59 GMT");
        }
    }
}

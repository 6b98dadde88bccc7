//! Dates (RFC 9110 section 5.6.7).

use std::time::{Duration, UNIX_EPOCH};

/// The last second that a date can name: the end of the year 9999.
const LAST: u64 = 253_402_300_799;

const DAY_SECS: u64 = 24 * 60 * 60;

/// Seconds since 1970 of a date in any of the three forms; `None` for a date
/// before 1970 and for anything else.
#[must_use]
pub fn parse_date(value: &[u8]) -> Option<u64> {
    let value = value.trim_ascii();
    // Each hit and each store reads one, nearly always in this form, and the crate takes 800
    // instructions for it.
    let preferred = <&[u8; 29]>::try_from(value).ok().and_then(preferred_form);
    preferred.or_else(|| any_form(value))
}

fn any_form(value: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(value).ok()?;
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// The preferred form of a time in seconds since 1970, such as
/// `Tue, 24 Nov 2026 12:00:00 GMT`. A time past the year 9999 becomes its end.
#[must_use]
pub fn format_date(unix_secs: u64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(unix_secs.min(LAST)))
}

/// A date of the form that `format_date` gives, if it is a day that there is.
fn preferred_form(text: &[u8; 29]) -> Option<u64> {
    let [
        week @ ..,
        b',',
        b' ',
        d0,
        d1,
        b' ',
        m0,
        m1,
        m2,
        b' ',
        y0,
        y1,
        y2,
        y3,
        b' ',
        h0,
        h1,
        b':',
        i0,
        i1,
        b':',
        s0,
        s1,
        b' ',
        b'G',
        b'M',
        b'T',
    ] = text
    else {
        return None;
    };
    let number = |tens: u8, ones: u8| {
        let both_digits = tens.is_ascii_digit() && ones.is_ascii_digit();
        both_digits.then(|| u64::from(tens - b'0') * 10 + u64::from(ones - b'0'))
    };
    let (day, year) = (
        number(*d0, *d1)?,
        number(*y0, *y1)? * 100 + number(*y2, *y3)?,
    );
    let (hour, minute, second) = (number(*h0, *h1)?, number(*i0, *i1)?, number(*s0, *s1)?);
    let (before_month, month_days): (u64, u64) = match &[*m0, *m1, *m2] {
        b"Jan" => (0, 31),
        b"Feb" => (31, 28),
        b"Mar" => (59, 31),
        b"Apr" => (90, 30),
        b"May" => (120, 31),
        b"Jun" => (151, 30),
        b"Jul" => (181, 31),
        b"Aug" => (212, 31),
        b"Sep" => (243, 30),
        b"Oct" => (273, 31),
        b"Nov" => (304, 30),
        b"Dec" => (334, 31),
        _ => return None,
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let is_leap_february = is_leap && before_month == 31;
    let leap_day = u64::from(is_leap && before_month > 31);
    let is_time = hour < 24 && minute < 60 && second < 60;
    if year < 1970 || day < 1 || day > month_days + u64::from(is_leap_february) || !is_time {
        return None;
    }
    let before = year - 1;
    let leap_years =
        before / 4 - before / 100 + before / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    let days = (year - 1970) * 365 + leap_years + before_month + leap_day + day - 1;
    // The first of January 1970 was a Thursday.
    let names = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"];
    let is_that_day = week == names[usize::try_from(days % 7).ok()?];
    is_that_day.then_some(days * DAY_SECS + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    /// What is read at once must be the same as what the crate reads.
    fn is_read_like_any(text: &[u8]) {
        let quick = <&[u8; 29]>::try_from(text).ok().and_then(preferred_form);
        assert!(quick.is_none() || quick == any_form(text), "{quick:?}");
    }

    #[test]
    fn every_day_is_read_at_once() {
        for day in 0..=LAST / DAY_SECS {
            let secs = day * DAY_SECS + 86_399;
            let text = format_date(secs);
            let text = text.as_bytes().try_into().unwrap();
            assert_eq!(preferred_form(text), Some(secs));
        }
    }

    #[test]
    fn days_that_are_not_there() {
        for text in [
            "Sat, 29 Feb 2025 00:00:00 GMT",
            "Mon, 29 Feb 2100 00:00:00 GMT",
            "Sat, 31 Apr 2026 00:00:00 GMT",
            "Mon, 24 Nov 2026 12:00:00 GMT",
            "Tue, 00 Nov 2026 12:00:00 GMT",
            "Tue, 24 Nov 2026 24:00:00 GMT",
            "Tue, 24 Nov 2026 12:00:60 GMT",
        ] {
            assert_eq!(preferred_form(text.as_bytes().try_into().unwrap()), None);
            assert_eq!(parse_date(text.as_bytes()), any_form(text.as_bytes()));
        }
    }

    proptest! {
        #[test]
        fn changed_dates(secs in 0..=LAST, at in 0_usize..29, byte: u8) {
            let mut text = format_date(secs).into_bytes();
            is_read_like_any(&text);
            text[at] = byte;
            is_read_like_any(&text);
        }
    }
}

//! Unsigned decimal numbers, as memcached and HTTP write them: digits alone,
//! without sign, blank or separator; leading zeros are allowed.

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// It is empty or has a byte that is not a digit.
    #[error("not a decimal number")]
    NotDigits,
    /// Its value is 2^64 or more.
    #[error("a number of 2^64 or more")]
    Overflow,
}

/// The number that all of `text` is.
///
/// # Errors
/// It is not digits alone, or too large; a text with both defects is
/// [`NotDigits`](DecimalError::NotDigits).
pub fn parse(text: &[u8]) -> Result<u64, DecimalError> {
    if text.is_empty() {
        return Err(DecimalError::NotDigits);
    }
    let mut number = Some(0_u64);
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(DecimalError::NotDigits);
        }
        number = number.and_then(|n| n.checked_mul(10)?.checked_add(u64::from(digit)));
    }
    number.ok_or(DecimalError::Overflow)
}

/// Like [`parse`], but a number that is too large counts as the largest there
/// is, as HTTP wants it of seconds (RFC 9111 section 1.2.2); `None` if `text` is
/// not digits alone.
#[must_use]
pub fn parse_saturating(text: &[u8]) -> Option<u64> {
    match parse(text) {
        Ok(number) => Some(number),
        Err(DecimalError::Overflow) => Some(u64::MAX),
        Err(DecimalError::NotDigits) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("0", Ok(0)),
            ("000", Ok(0)),
            ("0042", Ok(42)),
            ("18446744073709551615", Ok(u64::MAX)),
            ("00018446744073709551615", Ok(u64::MAX)),
            ("18446744073709551616", Err(DecimalError::Overflow)),
            ("99999999999999999999", Err(DecimalError::Overflow)),
            ("99999999999999999999x", Err(DecimalError::NotDigits)),
            ("", Err(DecimalError::NotDigits)),
            ("-1", Err(DecimalError::NotDigits)),
            ("+1", Err(DecimalError::NotDigits)),
            (" 1", Err(DecimalError::NotDigits)),
            ("1 ", Err(DecimalError::NotDigits)),
            ("1_0", Err(DecimalError::NotDigits)),
            ("0x1", Err(DecimalError::NotDigits)),
            ("/", Err(DecimalError::NotDigits)),
            (":", Err(DecimalError::NotDigits)),
        ] {
            assert_eq!(parse(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(parse_saturating(b"18446744073709551616"), Some(u64::MAX));
        assert_eq!(parse_saturating(b"7"), Some(7));
        assert_eq!(parse_saturating(b"7.5"), None);
    }

    proptest! {
        #[test]
        fn like_the_standard_library(text in "[0-9]{0,22}|[ -~]{0,4}") {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let expected = digits.then(|| text.parse::<u64>().ok());
            let found = match parse(text.as_bytes()) {
                Ok(number) => Some(Some(number)),
                Err(DecimalError::Overflow) => Some(None),
                Err(DecimalError::NotDigits) => None,
            };
            prop_assert_eq!(found, expected);
        }
    }
}

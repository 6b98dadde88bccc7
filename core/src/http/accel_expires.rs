//! `X-Accel-Expires`, by which backends of nginx say how long it may keep a
//! response.

use super::seconds::delta_seconds;
use crate::decimal;

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccelExpires {
    /// Seconds; 0 forbids storing.
    In(u32),
    /// Seconds since 1970.
    At(u64),
}

impl AccelExpires {
    /// Reads `60` or `@1795521600`; `None` if it is neither.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        match value.trim_ascii().strip_prefix(b"@") {
            Some(time) => decimal::parse_saturating(time).map(Self::At),
            None => delta_seconds(value.trim_ascii()).map(Self::In),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (text, expected) in [
            ("60", Some(AccelExpires::In(60))),
            (" 0 ", Some(AccelExpires::In(0))),
            ("99999999999", Some(AccelExpires::In(1 << 31))),
            ("@1795521600", Some(AccelExpires::At(1_795_521_600))),
            ("@0", Some(AccelExpires::At(0))),
            ("@99999999999999999999", Some(AccelExpires::At(u64::MAX))),
            ("", None),
            ("@", None),
            ("@ 1", None),
            ("@-1", None),
            ("-1", None),
            ("off", None),
            ("1.5", None),
            ("60, 60", None),
        ] {
            assert_eq!(AccelExpires::parse(text.as_bytes()), expected, "{text}");
        }
    }
}

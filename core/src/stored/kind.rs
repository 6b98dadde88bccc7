//! What an item is, by its flags and its length.

/// Flags of a whole response that was stored by an action with freshness options.
/// Only from such items the private line is read.
pub const PAGE_FLAGS: u32 = 0x1_0000;
/// Flags of an empty item which says that the response for its key may not be
/// stored.
pub const MARKER_FLAGS: u32 = 0x1_0001;
/// Flags of an empty item whose key somebody makes the response for.
pub const LOCK_FLAGS: u32 = 0x1_0002;

/// Whether flags are of items that this plugin writes itself.
pub(super) const fn are_own(flags: u32) -> bool {
    matches!(flags, 0 | PAGE_FLAGS | MARKER_FLAGS | LOCK_FLAGS)
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was stored.
    Page,
    /// The right to make the response, which somebody has.
    Lock,
    /// A note that the response may not be stored.
    Marker,
}

impl Kind {
    /// Of an item with these flags and this length in bytes. `lock_possible`: the
    /// server may have made it for a lookup that asked for a lock, which leaves its
    /// flags 0.
    ///
    /// Where whole responses are stored, a [`Page`](Self::Page) that does not parse
    /// is as good as a marker.
    #[must_use]
    pub const fn of(flags: u32, len: u64, lock_possible: bool) -> Self {
        match flags {
            _ if len > 0 => Self::Page,
            LOCK_FLAGS => Self::Lock,
            MARKER_FLAGS => Self::Marker,
            0 if lock_possible => Self::Lock,
            _ => Self::Page,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        for (flags, len, lock_possible, expected) in [
            (0, 0, false, Kind::Page),
            (0, 0, true, Kind::Lock),
            (0, 1, true, Kind::Page),
            (65536, 0, true, Kind::Page),
            (65537, 0, false, Kind::Marker),
            (65537, 0, true, Kind::Marker),
            (65537, 1, true, Kind::Page),
            (65538, 0, false, Kind::Lock),
            (65538, 0, true, Kind::Lock),
            (65538, 7, false, Kind::Page),
            (65539, 0, true, Kind::Page),
            (9, 0, true, Kind::Page),
        ] {
            assert_eq!(
                Kind::of(flags, len, lock_possible),
                expected,
                "{flags} {len}"
            );
        }
    }
}

//! Names that messages give, as reasons show them.

use crate::protocol::excerpt_of;

/// Characters that are shown of a name.
const SHOWN_MAX: usize = 40;

/// The beginning of a name that a message gives, in printable ASCII.
pub(super) fn shown(name: &[u8]) -> Box<str> {
    excerpt_of(name, SHOWN_MAX)
}

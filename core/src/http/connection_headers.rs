//! Headers that belong to one connection (RFC 9110 section 7.6.1).

use std::collections::HashSet;

use super::list::list;

/// The headers that `Connection` names. A set, since a hostile head may name
/// thousands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionHeaders(HashSet<Vec<u8>>);

impl ConnectionHeaders {
    /// Records a value of `Connection`.
    pub fn observe(&mut self, value: &[u8]) {
        self.0.extend(list(value).map(<[u8]>::to_ascii_lowercase));
    }

    /// Whether a header is named.
    #[must_use]
    pub fn contains(&self, name: &[u8]) -> bool {
        !self.0.is_empty() && self.0.contains(&name.to_ascii_lowercase())
    }
}

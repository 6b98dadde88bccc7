//! Which item is meant.

use super::coalesce::ServerId;
use crate::protocol::Key;

/// An item at a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The server.
    pub server: ServerId,
    /// The item's key there.
    pub key: Key,
}

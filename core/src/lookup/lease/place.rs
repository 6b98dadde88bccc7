//! Which item is meant.

use crate::lookup::coalesce::ServerId;
use crate::protocol::Key;

/// An item at a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) server: ServerId,
    pub(super) key: Key,
}

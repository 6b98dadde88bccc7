//! Rights that were given to nobody.

use crate::lookup::coalesce::{DriverId, ServerId};
use crate::protocol::{Key, Pin};

/// The right to make an item that came when nobody waited for it any more. It has
/// to be given back, else all others wait in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclaimed {
    /// The address.
    pub server: ServerId,
    /// What carried the lookup.
    pub driver: DriverId,
    /// The item's key.
    pub key: Key,
    /// The item's version.
    pub version: u64,
    /// The connection on which that was said.
    pub pin: Pin,
    /// Whether the item has no value, and so is a lock.
    pub is_empty: bool,
}

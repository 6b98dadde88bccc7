//! What tests and fuzz targets share: a server in memory.

mod model;
mod peer;

pub use model::Friends;
pub use peer::{Demands, Peer, PeerConfig, Versions};

//! What tests and fuzz targets share: a server in memory.

mod peer;

pub use peer::{Demands, Peer, PeerConfig, Versions};

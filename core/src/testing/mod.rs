//! What tests and fuzz targets share: cases made of arbitrary bytes, naive twins,
//! and the replay of what a fuzzer found.

pub mod key;
pub mod lease;
pub mod lookup;
pub mod memcached;
pub mod reply;
pub mod seeds;
pub mod server;
pub mod stored;

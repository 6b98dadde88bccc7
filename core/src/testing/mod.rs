//! What tests and fuzz targets share: cases made of arbitrary bytes, naive twins,
//! and the replay of what a fuzzer found.

pub mod chance;
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "all of its numbers are small"
)]
pub mod fleet;
pub mod key;
pub mod lease;
pub mod lookup;
mod manner;
pub mod memcached;
pub mod reply;
pub mod seeds;
pub mod server;
pub mod stored;

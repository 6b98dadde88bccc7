//! Numbers that nobody can foresee, from the keys that the standard library gives
//! each hash map.

use std::hash::{BuildHasher, RandomState};

/// 64 random bits.
pub(crate) fn random_bits() -> u64 {
    RandomState::new().hash_one(())
}

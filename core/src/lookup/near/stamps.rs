//! Which values were asked for before a change of their keys.

use crate::time::Time;

/// Keys share a stamp, so that a change of one may turn away a value of another that was asked
/// for before: that one is asked for again.
const STAMPS: usize = 4096;

/// When a value was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The time, of the request that carried the question.
    pub at: Time,
    place: u16,
    stamp: u32,
}

/// Counts changes, of all keys whose hashes are alike.
#[derive(Debug, Default)]
pub(in crate::lookup) struct Stamps(Vec<u32>);

impl Stamps {
    /// The value of a key with this hash is about to be asked for.
    pub(in crate::lookup) fn reading(&self, at: Time, hash: u64) -> Reading {
        let place = place_of(hash);
        let stamp = self.0.get(usize::from(place)).copied().unwrap_or_default();
        Reading { at, place, stamp }
    }

    /// A key with this hash is changed. Nothing that was asked for before is current.
    pub(in crate::lookup) fn changed(&mut self, hash: u64) {
        if self.0.is_empty() {
            self.0.resize(STAMPS, 0);
        }
        let stamp = &mut self.0[usize::from(place_of(hash))];
        *stamp = stamp.wrapping_add(1);
    }

    /// Whether no key like the one that was read has changed since.
    pub(in crate::lookup) fn is_current(&self, reading: &Reading) -> bool {
        let now = self.0.get(usize::from(reading.place));
        now.copied().unwrap_or_default() == reading.stamp
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "any bits of a hash are as good as others"
)]
const fn place_of(hash: u64) -> u16 {
    (hash as u16) % STAMPS as u16
}

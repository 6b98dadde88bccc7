//! A memcached, and the machine that it is on.

use core::hash::BuildHasher;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::page::BEGIN;
use crate::testing::memcached::{Items, What};

/// So many rights are remembered at least.
const RIGHTS_KEPT: usize = 1 << 15;

/// Names an item in what is noted here.
pub(super) fn name_of(key: &[u8]) -> u64 {
    FixedState::with_seed(7).hash_one(key)
}

/// A memcached.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they have nothing to do with each other"
)]
pub(super) struct Host {
    pub(super) items: Items,
    /// The process runs.
    pub(super) is_up: bool,
    /// The machine runs.
    pub(super) has_power: bool,
    /// Counts its processes.
    pub(super) life: u32,
    pub(super) hung_until: u64,
    /// Until then it reads slowly.
    pub(super) slow_until: u64,
    /// Until then its workers may have to do with faults of it, in microseconds.
    pub(super) trouble_until: u64,
    /// Somebody stores or locks there without versions.
    pub(super) is_classic: bool,
    /// Rights may end although their holders renew them in time.
    pub(super) renewals_are_late: bool,
    /// Where its second begins.
    phase: u64,
    /// How often an item was changed by others than those with the right to make it, and when
    /// that was given last.
    epochs: HashMap<u64, (u64, u64), FixedState>,
    /// In which epoch of which item a right was given, by its version.
    rights: HashMap<u64, (u64, u64), FixedState>,
}

impl Host {
    pub(super) fn new(phase: u64, room: u32) -> Self {
        let mut items = Items::default();
        if room < u32::MAX {
            items.room = room as usize;
        }
        items.notes = Some(Vec::new());
        Self {
            items,
            is_up: true,
            has_power: true,
            life: 0,
            hung_until: 0,
            slow_until: 0,
            trouble_until: 0,
            is_classic: false,
            renewals_are_late: false,
            phase,
            epochs: HashMap::default(),
            rights: HashMap::default(),
        }
    }

    /// The time as it counts it.
    pub(super) const fn secs(&self, now: u64) -> u64 {
        BEGIN + (now + self.phase) / 1_000_000
    }

    /// All is lost.
    pub(super) fn restart(&mut self) {
        self.items.restart();
        self.epochs.clear();
        self.rights.clear();
    }

    /// Notes what has happened to items. A right that is older than `taken_over` may be taken
    /// over; while something `is_wrong` it may end otherwise.
    pub(super) fn take_notes(&mut self, now: u64, taken_over: u64, is_wrong: bool) {
        let Some(mut notes) = self.items.notes.take() else {
            return;
        };
        for note in notes.drain(..) {
            let name = name_of(&note.key);
            let (epoch, won_at) = self.epochs.entry(name).or_default();
            let ends = match note.what {
                What::Won(version) => {
                    *won_at = now;
                    self.rights.insert(version, (name, *epoch));
                    false
                }
                What::Changed | What::Marked => true,
                What::RightEnded => is_wrong || self.renewals_are_late,
                What::Released => now - *won_at >= taken_over || is_wrong,
            };
            *epoch += u64::from(ends);
        }
        self.items.notes = Some(notes);
        if self.rights.len() > 2 * RIGHTS_KEPT {
            let mut versions: Vec<u64> = self.rights.keys().copied().collect();
            versions.sort_unstable();
            let oldest = versions[versions.len() - RIGHTS_KEPT];
            self.rights.retain(|version, _| *version >= oldest);
        }
    }

    /// In which epoch of an item the right with a version was given, if that is known.
    pub(super) fn epoch_of(&self, name: u64, version: u64) -> Option<u64> {
        let (of, epoch) = self.rights.get(&version)?;
        (*of == name).then_some(*epoch)
    }

    /// Something is wrong with it until then.
    pub(super) fn is_in_trouble(&mut self, until: u64) {
        self.trouble_until = self.trouble_until.max(until);
    }
}

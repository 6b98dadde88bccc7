//! A run under way.

use core::time::Duration;

use super::ask::Rules;
use super::commands::{self, Data};
use super::means::Means;
use super::op::OpId;
use super::run::{Base, Ending};
use super::stats::Fate;
use super::timers::Alarm;
use crate::lookup::coalesce::DriverId;
use crate::lookup::place::Place;
use crate::protocol::{Pin, StoreMode};
use crate::time::Time;

/// The connection on which a version was read, where alone it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// What carries it; the names of connections are its own.
    pub(super) driver: DriverId,
    pub(super) pin: Pin,
}

/// A run under way.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) place: Place,
    pub(super) timeout: Duration,
    pub(super) rules: Rules,
    pub(super) means: Means,
    pub(super) base: Base,
    /// The item's version; 0 if there is none.
    pub(super) version: u64,
    pub(super) source: Source,
    /// When it began.
    pub(super) began: Time,
    /// Tries that failed before it.
    pub(super) fails: u32,
    /// Until when the lock that is an item of its own is there by the own clock.
    pub(super) lock_until: Option<Time>,
    pub(super) state: RunState,
    /// When the lock is to be renewed.
    pub(super) alarm: Option<Alarm>,
    /// The renewal under way.
    pub(super) renewal: Option<(OpId, Time)>,
}

/// How far a run is.
#[derive(Debug)]
pub(super) enum RunState {
    /// Somebody makes the page.
    Making,
    /// The same, but in vain: it has no right any more. What becomes of the page.
    Lost(Fate),
    /// It ends so, once the renewal under way is answered.
    Ending(Ending),
    /// The server was told.
    Ended {
        /// Whether that was to store.
        stores: bool,
    },
}

impl Running {
    /// The command that tells the server of an ending, if it has to know.
    pub(super) fn command(&mut self, now: Time, ending: Ending) -> Option<Data> {
        let key = self.place.key.clone();
        let version = self.version;
        let by_version = match (self.means, self.base) {
            (Means::Meta, _) => true,
            (Means::Classic, base) => base != Base::Nothing,
            (Means::Unlocked, _) => false,
        };
        let replace = |key, item| match self.means {
            Means::Meta => commands::replace(key, version, item),
            Means::Classic | Means::Unlocked => commands::store(key, StoreMode::Cas(version), item),
        };
        match ending {
            Ending::Store(item) if by_version => Some(replace(key, item)),
            Ending::Store(item) => Some(commands::store(key, StoreMode::Set, item)),
            Ending::Mark(_) if self.means == Means::Unlocked => None,
            Ending::Mark(secs) if by_version => Some(replace(key, commands::marker(secs))),
            Ending::Mark(secs) => {
                let marker = commands::marker(secs);
                Some(commands::store(key, StoreMode::Add, marker))
            }
            Ending::Remove if self.means == Means::Meta => Some(commands::remove(key, version)),
            Ending::Remove => Some(commands::delete(key)),
            Ending::Release => match (self.means, self.base) {
                (Means::Meta, Base::Nothing) => Some(commands::remove(key, version)),
                (Means::Meta, _) => Some(commands::release(key, version)),
                (Means::Classic | Means::Unlocked, _) => self.unlock(now),
            },
            Ending::Hold(_) | Ending::Leave => None,
        }
    }

    /// The command that leaves a marker where the server did not take what was to be
    /// stored: what was there is gone with it. A marker that was there lasts no longer
    /// for that.
    pub(super) fn mark_refused(&self, now: Time) -> Option<Data> {
        let secs = match self.base {
            Base::Marker { end } => u32::try_from(end.since(now).as_secs()).unwrap_or(u32::MAX),
            Base::Nothing | Base::Page { .. } => self.rules.uncacheable_ttl,
        };
        let is_marked = self.means != Means::Unlocked && secs > 0;
        let marker = commands::marker(secs);
        is_marked.then(|| commands::store(self.place.key.clone(), StoreMode::Add, marker))
    }

    /// Whether nobody else makes the page meanwhile, so that others wait.
    pub(super) fn is_alone(&self) -> bool {
        match (self.means, self.base) {
            (_, Base::Marker { .. }) | (Means::Unlocked, Base::Nothing) => false,
            (_, Base::Nothing | Base::Page { .. }) => true,
        }
    }

    /// The command that deletes the lock that is an item of its own, once. By the
    /// own clock it must be younger than its life: the next one may have one too.
    pub(super) fn unlock(&mut self, now: Time) -> Option<Data> {
        let until = self.lock_until.take()?;
        (now < until).then(|| commands::delete(commands::lock_key(&self.place.key)))
    }

    /// Whether its version was read on a connection.
    pub(super) fn depends_on(&self, source: Source) -> bool {
        let by_version = match self.means {
            Means::Meta => true,
            Means::Classic => self.base != Base::Nothing,
            Means::Unlocked => false,
        };
        by_version && self.source == source
    }
}

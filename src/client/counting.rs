//! What a client counts, publishes and shows.

use std::rc::Weak;
use std::time::Duration;

use memcached_core::metrics::{ActionCount, History, INTERVAL, Snapshot};

use super::counters::Sums;
use super::named::ActionId;
use super::tally::Tally;
use super::{Client, Inner};
use crate::host::{Timer, Worker};

impl Inner {
    pub(super) fn publish_later(&self) {
        if !self.publish_due.replace(true) {
            self.publish.later();
        }
    }

    pub(super) fn publish(&self) {
        self.publish_due.set(false);
        self.heads.forget();
        let mut sums = Sums::default();
        sums.add_lookups(&self.lookups.stats());
        sums.add_near(self.lookups.near_stats());
        sums.add_leases(&self.leases.stats());
        sums.add_stores(&self.stores);
        sums.add_deletes(self.purges.counts());
        self.slot.sums.store(&sums);
    }
}

impl Client {
    /// Counts something of an action.
    pub(crate) fn note(&self, action: ActionId, what: ActionCount) {
        // One that was configured after the workers were started is not counted.
        if let Some(slot) = self.0.slot.actions.get(action.0) {
            slot.add(what.index(), 1);
        }
    }

    /// Counts for an action what outlives a call.
    pub(crate) fn tally(&self, action: ActionId) -> Tally {
        Tally::new(self.0.slot.actions.get(action.0).cloned())
    }

    /// The figures of all workers, and those of the last minutes.
    pub(crate) fn figures(&self) -> (Snapshot, History) {
        self.0.publish();
        let counters = &self.0.counters;
        (counters.snapshot(), counters.history())
    }
}

/// Samples the figures of all workers from time to time, for the plots of the status
/// page.
pub(super) fn sampler(worker: &Worker, client: &Weak<Inner>) -> Timer {
    let client = client.clone();
    let timer = Timer::new(worker, move || {
        if let Some(inner) = client.upgrade() {
            inner.counters.sample();
            if let Some(timer) = &inner.sampler {
                timer.arm(INTERVAL);
            }
        }
    });
    timer.arm(Duration::ZERO);
    timer
}

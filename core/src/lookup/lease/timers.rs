//! What is due when.

use std::collections::BTreeMap;

use super::run::RunId;
use super::visit::VisitId;
use crate::lookup::place::Place;
use crate::time::Time;

/// What is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// A request has waited long enough.
    Visit(Place, VisitId),
    /// Something of an entry.
    Entry(Place),
    /// The renewal of a run's lock.
    Run(RunId),
}

/// Names something that is due, to take it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alarm {
    pub(super) at: Time,
    serial: u64,
}

/// What is due, in the order of time.
#[derive(Debug, Default)]
pub(super) struct Timers {
    queue: BTreeMap<Alarm, Due>,
    serial: u64,
}

impl Timers {
    pub(super) fn add(&mut self, at: Time, due: Due) -> Alarm {
        self.serial += 1;
        let alarm = Alarm {
            at,
            serial: self.serial,
        };
        self.queue.insert(alarm, due);
        alarm
    }

    pub(super) fn remove(&mut self, alarm: Alarm) {
        self.queue.remove(&alarm);
    }

    pub(super) fn next(&self) -> Option<Time> {
        self.queue.keys().next().map(|alarm| alarm.at)
    }

    /// What is due at `now`, the oldest first.
    pub(super) fn pop(&mut self, now: Time) -> Option<Due> {
        let first = self.queue.first_entry()?;
        (first.key().at <= now).then(|| first.remove())
    }
}

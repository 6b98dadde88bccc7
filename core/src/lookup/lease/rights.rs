//! Rights that are given back, and those of others that are ended.

use super::commands;
use super::entry::Told;
use super::op::Op;
use super::ops::{Asked, Purpose};
use super::run::RunId;
use super::running::Source;
use super::stats::Fate;
use super::table::Table;
use super::visit::Visit;
use crate::lookup::place::Place;
use crate::protocol::{Reply, Status};
use crate::server::Outcome;
use crate::time::Time;

impl<W: Clone> Table<W> {
    /// Gives back what was won by a question, if it was.
    pub(super) fn give_back(&mut self, asked: &Asked, told: &Told) {
        let key = asked.place.key.clone();
        let (pin, command) = match told {
            Told::State(Some(state)) if state.marks.won => {
                let version = state.marks.version;
                let command = match (state.len, state.marks.stale) {
                    // The lock of another in the place of the page, or a marker: to
                    // give the right back would end those, to keep it does no harm.
                    (0, false) => return,
                    (0, true) => commands::remove(key, version),
                    (_, _) => commands::release(key, version),
                };
                (Some(state.marks.pin), command)
            }
            Told::Locked(Some(_)) => (None, commands::delete(commands::lock_key(&key))),
            Told::State(_) | Told::Locked(None) | Told::Refused | Told::Failed(_) => return,
        };
        let target = asked.target;
        self.ops.push(Purpose::GiveBack, |id| Op {
            id,
            server: target.server,
            driver: target.driver,
            timeout: target.timeout,
            pin,
            is_store: false,
            command,
        });
    }

    /// Deletes the lock that is an item of its own, if a request has won it and has
    /// begun no run with it.
    pub(super) fn unlock<P>(&mut self, now: Time, visit: &mut Visit<W, P>) {
        let until = visit.lock_until.take();
        if until.is_none_or(|until| until <= now) {
            return;
        }
        let target = visit.ask.target;
        self.ops.push(Purpose::GiveBack, |id| Op {
            id,
            server: target.server,
            driver: target.driver,
            timeout: target.timeout,
            pin: None,
            is_store: false,
            command: commands::delete(commands::lock_key(&visit.place.key)),
        });
    }

    /// The run of another was ended, or could not be.
    pub(super) fn taken_over<P>(&mut self, now: Time, place: &Place, outcome: &Outcome<P>) {
        let is_done = matches!(outcome, Outcome::Reply(Reply::Status(Status::Deleted)));
        self.stats.taken_over += u64::from(is_done);
        if self.get(place).is_some() {
            self.change(now, place, |entry, _, _| entry.taken = None);
            self.call_all(now, place);
        }
    }

    /// A connection is over, and what was given on it.
    pub(super) fn connection_lost(&mut self, now: Time, source: Source) {
        let lost = self.runs.iter().filter(|(_, run)| run.depends_on(source));
        let lost: Vec<RunId> = lost.map(|(id, _)| *id).collect();
        for id in lost {
            self.lose(now, id, Fate::Failed);
        }
        for place in self.places() {
            self.change(now, &place, |entry, _, _| {
                entry.held = entry
                    .held
                    .filter(|held| held.version == 0 || held.source != source);
                entry.taken = entry.taken.filter(|taken| taken.source != source);
            });
        }
    }
}

//! The leases of one worker, as its user sees them.

use super::ask::{Ask, Dialect as Rule};
use super::dialects::{Answered, Dialects};
use super::entry::Told;
use super::means::Means;
use super::op::{Op, OpId};
use super::ops::Purpose;
use super::run::{End, NewItem, Run};
use super::running::{RunState, Source};
use super::stats::Stats;
use super::table::Table;
use super::timers::Due;
use super::visit::{Stage, Visit, VisitId};
use crate::lookup::coalesce::{DriverId, ServerId};
use crate::lookup::lookups::{Cancel, Lookups};
use crate::lookup::neighbours::Neighbours;
use crate::lookup::place::Place;
use crate::protocol::{Key, Pin};
use crate::server::Outcome;
use crate::time::Time;

/// The leases of one worker: `W` wakes one who waits.
///
/// After every call, what [`poll_op`](Self::poll_op), [`Lookups::poll_submit`],
/// [`poll_wake`](Self::poll_wake), [`Lookups::poll_wake`] and
/// [`Lookups::poll_unclaimed`] give out is carried out, and the timer is set to
/// [`poll_timeout`](Self::poll_timeout).
#[derive(Debug)]
pub struct Leases<W> {
    pub(super) table: Table<W>,
    pub(super) dialects: Dialects<W>,
    neighbours: Neighbours,
}

impl<W> Default for Leases<W> {
    fn default() -> Self {
        Self {
            table: Table::default(),
            dialects: Dialects::default(),
            neighbours: Neighbours::default(),
        }
    }
}

impl<W: Clone> Leases<W> {
    /// Those of servers of which some may be at one place.
    #[must_use]
    pub fn among(neighbours: Neighbours) -> Self {
        Self {
            neighbours,
            ..Self::default()
        }
    }

    /// Begins a request. [Poll](Self::poll) it at once, for its answer may be there;
    /// the waker is used until it has come.
    pub fn begin<P>(&mut self, now: Time, ask: Ask, waker: W) -> Visit<W, P> {
        let means = match (ask.rules.lock, ask.rules.dialect) {
            (0, _) => Means::Unlocked,
            (_, Rule::Classic) => Means::Classic,
            (_, Rule::Auto | Rule::Meta) => Means::Meta,
        };
        Visit {
            id: VisitId(self.table.next_serial()),
            place: Place {
                server: ask.target.server,
                key: ask.key.clone(),
            },
            begun: now,
            waker,
            means,
            stage: Stage::Begun,
            page: None,
            reading: None,
            lock_until: None,
            restarts: 0,
            awaited: None,
            overtaken: None,
            ask,
        }
    }

    /// A request goes away before it had its answer. What is returned is to be
    /// cancelled.
    #[must_use]
    pub fn leave<P: Clone>(
        &mut self,
        now: Time,
        lookups: &mut Lookups<W, P>,
        mut visit: Visit<W, P>,
    ) -> Option<Cancel> {
        self.table.unlock(now, &mut visit);
        let granted = self.table.leave(now, &visit.place, visit.id);
        if let Some(run) = granted {
            self.table.end(now, run, End::Abandoned);
        }
        match visit.stage {
            Stage::Detecting(_) => {
                self.dialects.leave(visit.place.server, visit.id);
                None
            }
            Stage::Looking(waiter) => lookups.leave(waiter),
            Stage::Begun | Stage::Looked(_) | Stage::Asking | Stage::Waiting | Stage::Over => None,
        }
    }

    /// What a run has made is stored, if nobody purged or replaced the item
    /// meanwhile. Those who wait look again when the server has answered.
    #[expect(clippy::needless_pass_by_value, reason = "it is given back once")]
    pub fn store(&mut self, now: Time, run: Run, item: NewItem) {
        self.table.store(now, run.id, item);
    }

    /// A run ends without anything to store.
    #[expect(clippy::needless_pass_by_value, reason = "it is given back once")]
    pub fn end(&mut self, now: Time, run: Run, end: End) {
        self.table.end(now, run.id, end);
    }

    /// Whether a run can be told to be in vain: another one has the right, and what
    /// the run makes will not be stored.
    #[must_use]
    pub fn is_lost(&self, run: &Run) -> bool {
        let run = self.table.runs.get(&run.id);
        run.is_none_or(|run| matches!(run.state, RunState::Lost(_)))
    }

    /// The driver of the server that a run is of.
    #[must_use]
    pub fn driver_of(&self, run: &Run) -> Option<DriverId> {
        let run = self.table.runs.get(&run.id)?;
        Some(run.source.driver)
    }

    /// The name of a run, the connection and the version that it depends on.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn right(&self, run: &Run) -> Option<(u64, Pin, u64)> {
        let running = self.table.runs.get(&run.id)?;
        Some((run.id.0, running.source.pin, running.version))
    }

    /// The next operation to be sent.
    #[must_use]
    pub fn poll_op<P: Clone>(&mut self, lookups: &mut Lookups<W, P>) -> Option<Op> {
        let op = self.table.ops.pop()?;
        let is_renewal = matches!(self.table.ops.purpose(op.id), Some(Purpose::Renew(_)));
        if let Some(key) = op.command.changes().filter(|_| !is_renewal) {
            lookups.changed(op.server, key);
        }
        Some(op)
    }

    /// The outcome of an operation.
    pub fn handle_op<P: Clone>(
        &mut self,
        now: Time,
        lookups: &mut Lookups<W, P>,
        id: OpId,
        outcome: &Outcome<P>,
    ) {
        match self.table.ops.finish(id) {
            None | Some(Purpose::GiveBack) => {}
            Some(Purpose::Detect(server)) => match self.dialects.answered(now, server, outcome) {
                Answered::Known(woken) => self.table.wakes.extend(woken),
                Answered::AskAgain(target) => self.table.ops.detect(target),
            },
            Some(Purpose::Ask(asked)) => {
                let told = Told::of(outcome, asked.at);
                if matches!(told, Told::Locked(Some(_))) {
                    // What was looked up before may have been made meanwhile.
                    lookups.changed(asked.place.server, &asked.place.key);
                }
                if !self.table.told(&asked.place, asked.visit, told) {
                    self.table.give_back(&asked, &told);
                }
            }
            Some(Purpose::Renew(run)) => self.table.renewed(now, run, outcome),
            Some(Purpose::Store(run) | Purpose::Finish(run)) => {
                if let Some(running) = self.table.runs.get(&run) {
                    lookups.changed(running.place.server, &running.place.key);
                }
                self.table.finished(now, run, outcome);
            }
            Some(Purpose::TakeOver(place)) => {
                lookups.changed(place.server, &place.key);
                self.table.taken_over(now, &place, outcome);
            }
        }
    }

    /// The worker stores or deletes an item otherwise: a run that failed before is
    /// not tried again with its old right, and those who wait for one under way look
    /// whether another has the right now.
    pub fn changed(&mut self, now: Time, server: ServerId, key: &Key) {
        let table = &mut self.table;
        self.neighbours.each(server, |server| {
            let place = Place {
                server,
                key: key.clone(),
            };
            if table.get(&place).is_some() {
                table.change(now, &place, |entry, _, _| {
                    entry.held = None;
                    entry.run_has_right = false;
                });
            }
        });
    }

    /// A connection is over, and so are the rights that were given on it. To call
    /// it is not necessary, but saves runs whose store would be refused.
    pub fn connection_lost(&mut self, now: Time, driver: DriverId, pin: Pin) {
        self.table.connection_lost(now, Source { driver, pin });
    }

    /// A server answers again that was down: it may be another one, and is asked
    /// anew what it understands.
    pub fn server_came_back(&mut self, server: ServerId) {
        self.dialects.forget(server);
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        self.table.timers.next()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time) {
        while let Some(due) = self.table.timers.pop(now) {
            match due {
                Due::Visit(place, visit) => self.table.time_up(now, &place, visit),
                Due::Entry(place) => self.table.entry_due(now, &place),
                Due::Run(run) => self.table.renew(now, run),
            }
        }
    }

    /// The next one to be woken: its request is to be [polled](Self::poll).
    #[must_use]
    pub fn poll_wake(&mut self) -> Option<W> {
        self.table.wakes.pop_front()
    }

    /// Whether nobody waits, nothing is made and nothing is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.table.is_idle()
    }

    /// What was counted.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.table.stats
    }
}

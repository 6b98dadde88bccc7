//! Runs: begun, renewed, ended.

use core::mem;
use core::time::Duration;

use super::commands::{self, Data};
use super::entry::{Call, Held};
use super::means::Means;
use super::op::Op;
use super::ops::Purpose;
use super::run::{Base, End, Ending, NewItem, Run, RunId, Try};
use super::running::{RunState, Running};
use super::stats::Fate;
use super::table::Table;
use super::timers::Due;
use crate::lookup::place::Place;
use crate::protocol::Reply;
use crate::server::Outcome;
use crate::time::Time;

/// A lock is renewed so often in its life.
const RENEWALS: u32 = 3;

/// A page that was not out of date and whose run was abandoned is left alone for so
/// long.
const RESPITE: Duration = Duration::from_secs(1);

impl<W: Clone> Table<W> {
    /// Begins a run, which those who wait for its page are woken after.
    pub(super) fn start(&mut self, now: Time, running: Running) -> Run {
        let id = RunId(self.next_serial());
        if running.is_alone() {
            self.stats.won += 1;
            self.change(now, &running.place, |entry, _, _| {
                entry.run = Some(id);
                entry.run_has_right = true;
                entry.held = None;
                entry.taken = None;
            });
        }
        self.runs.insert(id, running);
        self.renew_later(id, now);
        Run { id }
    }

    /// The lock of a run that has one is renewed a third of its life after `from`.
    fn renew_later(&mut self, id: RunId, from: Time) {
        let Some(run) = self.runs.get_mut(&id) else {
            return;
        };
        if run.means == Means::Meta && run.base == Base::Nothing {
            let pause = Duration::from_secs(run.rules.lock.into()) / RENEWALS;
            run.alarm = Some(self.timers.add(from + pause, Due::Run(id)));
        }
    }

    /// The lock of a run is to be renewed.
    pub(super) fn renew(&mut self, now: Time, id: RunId) {
        let Some(run) = self.runs.get_mut(&id) else {
            return;
        };
        run.alarm = None;
        let lock = commands::renew(run.place.key.clone(), run.version, run.rules.lock);
        self.push(id, Purpose::Renew(id), Some(lock), |run, op| {
            run.renewal = Some((op.id, now));
        });
    }

    /// Sends something for a run, on the connection where its version counts.
    fn push(
        &mut self,
        id: RunId,
        purpose: Purpose,
        command: Option<Data>,
        then: impl FnOnce(&mut Running, &Op),
    ) {
        let (Some(run), Some(command)) = (self.runs.get_mut(&id), command) else {
            return;
        };
        // What depends on no version may go out anywhere.
        let pin = commands::names_version(&command).then_some(run.source.pin);
        let is_store = matches!(purpose, Purpose::Store(_));
        self.ops.push(purpose, |op| {
            let op = Op {
                id: op,
                server: run.place.server,
                driver: run.source.driver,
                timeout: run.timeout,
                pin,
                is_store,
                command,
            };
            then(run, &op);
            op
        });
    }

    /// What a run has made is stored.
    pub(super) fn store(&mut self, now: Time, id: RunId, item: NewItem) {
        self.stats.stores += u64::from(self.runs.contains_key(&id));
        self.conclude(now, id, Ending::Store(item));
    }

    /// A run ends without anything to store.
    pub(super) fn end(&mut self, now: Time, id: RunId, end: End) {
        let Some(run) = self.runs.get(&id) else {
            return;
        };
        let is_lost = matches!(run.state, RunState::Lost(_));
        let ending = run.base.ending(end, &run.rules, now);
        let place = run.place.clone();
        let entry = self.get(&place);
        let is_waited_for = entry.is_some_and(|entry| entry.run == Some(id));
        if end == End::Abandoned && !is_lost && is_waited_for {
            let next = self.call_oldest(now, &place, Call::GoOn(id));
            if next.is_some() {
                return;
            }
        }
        self.conclude(now, id, ending);
    }

    /// A run ends, after the renewal under way.
    fn conclude(&mut self, now: Time, id: RunId, ending: Ending) {
        let Some(run) = self.runs.get_mut(&id) else {
            return;
        };
        if let Some(alarm) = run.alarm.take() {
            self.timers.remove(alarm);
        }
        if let RunState::Lost(fate) = run.state {
            self.count(&ending, fate);
            self.over(now, id);
        } else if run.renewal.is_some() {
            run.state = RunState::Ending(ending);
        } else {
            self.finish(now, id, ending);
        }
    }

    /// A run ends before the server was told how.
    fn count(&mut self, ending: &Ending, fate: Fate) {
        if let Ending::Store(_) = ending {
            self.stats.count(fate);
        }
    }

    /// Tells the server how a run ends.
    fn finish(&mut self, now: Time, id: RunId, ending: Ending) {
        let has_room = self.has_room();
        let Some(run) = self.runs.get_mut(&id) else {
            return;
        };
        let stores = matches!(ending, Ending::Store(_));
        run.state = RunState::Ended { stores };
        let command = match ending {
            Ending::Hold(attempt) if has_room => {
                self.hold(now, id, attempt);
                None
            }
            Ending::Hold(_) => run.command(now, Ending::Release),
            ending => run.command(now, ending),
        };
        if command.is_some() {
            let purpose = if stores {
                Purpose::Store(id)
            } else {
                Purpose::Finish(id)
            };
            self.push(id, purpose, command, |_, _| ());
        } else {
            self.over(now, id);
        }
    }

    /// Keeps the right of a run for another try.
    fn hold(&mut self, now: Time, id: RunId, attempt: Try) {
        let Some(run) = self.runs.get(&id) else {
            return;
        };
        let Base::Page { end, .. } = run.base else {
            return;
        };
        let is_against = attempt != Try::Other;
        let fails = run.fails + u32::from(is_against);
        let pause = if is_against {
            Held::pause(fails)
        } else {
            RESPITE
        };
        let held = Held {
            last: attempt,
            version: run.version,
            source: run.source,
            lock_until: run.lock_until,
            fails,
            due: now + pause,
            end: end.max(now + pause + pause),
        };
        let place = run.place.clone();
        self.change(now, &place, |entry, _, _| {
            if entry.run == Some(id) {
                entry.held = Some(held);
            }
        });
    }

    /// A renewal was answered.
    pub(super) fn renewed<P>(&mut self, now: Time, id: RunId, outcome: &Outcome<P>) {
        let Some(run) = self.runs.get_mut(&id) else {
            return;
        };
        let Some((_, sent)) = run.renewal.take() else {
            return;
        };
        let Outcome::Reply(Reply::StoredAs(version)) = *outcome else {
            self.lose(now, id, Fate::without_right(outcome));
            return;
        };
        run.version = version;
        if matches!(run.state, RunState::Making) {
            self.renew_later(id, sent);
            return;
        }
        match mem::replace(&mut run.state, RunState::Making) {
            RunState::Ending(ending) => self.finish(now, id, ending),
            state @ (RunState::Making | RunState::Lost(_) | RunState::Ended { .. }) => {
                run.state = state;
            }
        }
    }

    /// A run has no right any more: those who wait look for themselves. Of what it makes
    /// becomes this.
    pub(super) fn lose(&mut self, now: Time, id: RunId, fate: Fate) {
        let Some(run) = self.runs.get_mut(&id) else {
            return;
        };
        if let Some(alarm) = run.alarm.take() {
            self.timers.remove(alarm);
        }
        let place = run.place.clone();
        let fate = match run.state {
            RunState::Lost(known) => known,
            RunState::Making | RunState::Ending(_) | RunState::Ended { .. } => fate,
        };
        match mem::replace(&mut run.state, RunState::Lost(fate)) {
            // Its outcome comes.
            state @ RunState::Ended { .. } => run.state = state,
            RunState::Ending(ending) => {
                self.count(&ending, fate);
                self.over(now, id);
            }
            RunState::Making | RunState::Lost(_) => {
                if self.forget_grant(now, &place, id) {
                    self.over(now, id);
                } else {
                    self.let_go(now, &place, id);
                }
            }
        }
    }

    /// What a server said at the end of a run.
    pub(super) fn finished<P>(&mut self, now: Time, id: RunId, outcome: &Outcome<P>) {
        let Some(run) = self.runs.get_mut(&id) else {
            return;
        };
        let RunState::Ended { stores } = run.state else {
            return;
        };
        let fate = Fate::of(outcome);
        let is_refused = matches!(outcome, Outcome::Reply(Reply::ServerError(_)));
        let (place, version) = (run.place.clone(), run.version);
        if stores {
            self.stats.count(fate);
        }
        if stores && fate == Fate::Stored {
            self.replaced.add(place.server, version);
            self.change(now, &place, |entry, _, _| entry.held = None);
        } else if stores {
            if let Some(marker) = is_refused.then(|| run.mark_refused(now)).flatten() {
                run.state = RunState::Ended { stores: false };
                self.push(id, Purpose::Finish(id), Some(marker), |_, _| ());
                return;
            }
        }
        self.over(now, id);
    }

    /// A run is over.
    fn over(&mut self, now: Time, id: RunId) {
        let Some(mut run) = self.runs.remove(&id) else {
            return;
        };
        let is_held = self
            .get(&run.place)
            .is_some_and(|entry| entry.held.is_some());
        if let Some(unlock) = run.unlock(now).filter(|_| !is_held) {
            self.ops.push(Purpose::GiveBack, |op| Op {
                id: op,
                server: run.place.server,
                driver: run.source.driver,
                timeout: run.timeout,
                pin: None,
                is_store: false,
                command: unlock,
            });
        }
        self.let_go(now, &run.place, id);
    }

    /// Those who waited for a run look again.
    fn let_go(&mut self, now: Time, place: &Place, id: RunId) {
        if self.get(place).is_some_and(|entry| entry.run == Some(id)) {
            self.change(now, place, |entry, _, _| entry.run = None);
            self.call_all(now, place);
        }
    }
}

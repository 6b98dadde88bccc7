//! All that one worker knows of its items, and who waits.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::entry::{Asking, Call, Entry, Told, Waiting};
use super::ops::Ops;
use super::replaced::Replaced;
use super::run::RunId;
use super::running::Running;
use super::stats::Stats;
use super::timers::{Due, Timers};
use super::visit::VisitId;
use crate::lookup::hashing::Hashing;
use crate::lookup::place::Place;
use crate::time::Time;

/// Items of which something is remembered that nobody waits for.
const REMEMBERED_MAX: usize = 4096;

/// All that one worker knows of its items, and who waits.
#[derive(Debug)]
pub(super) struct Table<W> {
    entries: HashMap<Place, Entry<W>, Hashing>,
    pub(super) runs: BTreeMap<RunId, Running>,
    pub(super) ops: Ops,
    pub(super) timers: Timers,
    pub(super) wakes: VecDeque<W>,
    pub(super) stats: Stats,
    pub(super) replaced: Replaced,
    serial: u64,
}

/// How a request waits.
#[derive(Debug)]
pub(super) struct Wait<W> {
    pub(super) visit: VisitId,
    pub(super) waker: W,
    /// When it stops.
    pub(super) until: Time,
    /// It has not waited before.
    pub(super) is_first: bool,
    /// The run of its worker has the right to make the item, as far as it has seen.
    pub(super) run_has_right: bool,
}

impl<W> Default for Table<W> {
    fn default() -> Self {
        Self {
            entries: HashMap::default(),
            runs: BTreeMap::new(),
            ops: Ops::default(),
            timers: Timers::default(),
            wakes: VecDeque::new(),
            stats: Stats::default(),
            replaced: Replaced::default(),
            serial: 0,
        }
    }
}

impl<W> Table<W> {
    /// A number that was not used before.
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(super) fn get(&self, place: &Place) -> Option<&Entry<W>> {
        self.entries.get(place)
    }

    /// Whether there is room to remember something of one more item.
    pub(super) fn has_room(&self) -> bool {
        self.entries.len() < REMEMBERED_MAX
    }

    /// Changes an entry, which is made if there is none, and forgotten if there is
    /// nothing in it.
    pub(super) fn change<T>(
        &mut self,
        now: Time,
        place: &Place,
        change: impl FnOnce(&mut Entry<W>, &mut Timers, &mut VecDeque<W>) -> T,
    ) -> T {
        let entry = self.entries.entry(place.clone()).or_default();
        let result = change(entry, &mut self.timers, &mut self.wakes);
        entry.forget(now);
        entry.tend(now);
        let due = entry.due();
        if entry.alarm.map(|alarm| alarm.at) != due {
            if let Some(alarm) = entry.alarm.take() {
                self.timers.remove(alarm);
            }
            entry.alarm = due.map(|at| self.timers.add(at, Due::Entry(place.clone())));
        }
        if entry.is_idle() {
            self.entries.remove(place);
        }
        result
    }

    /// Every item of which something is known.
    pub(super) fn places(&self) -> Vec<Place> {
        self.entries.keys().cloned().collect()
    }

    /// A request waits until it is called.
    pub(super) fn wait(&mut self, now: Time, place: &Place, wait: Wait<W>) {
        let Wait {
            visit,
            waker,
            until,
            is_first,
            run_has_right,
        } = wait;
        self.stats.waited += u64::from(is_first);
        self.change(now, place, |entry, timers, _| {
            let alarm = timers.add(until, Due::Visit(place.clone(), visit));
            let waiting = Waiting {
                waker,
                alarm,
                call: None,
            };
            entry.waiting.insert(visit, waiting);
            entry.run_has_right = run_has_right;
            if entry.scout == Some(visit) {
                entry.scout = None;
            }
            if is_first {
                entry.hurry(now);
            }
        });
    }

    /// Why a request was woken that waited, if it was.
    pub(super) fn called(&mut self, now: Time, place: &Place, visit: VisitId) -> Option<Call> {
        let call = self.entries.get(place)?.waiting.get(&visit)?.call?;
        self.change(now, place, |entry, _, _| entry.waiting.remove(&visit));
        Some(call)
    }

    /// A request leaves without an answer: whoever relied on what it would find looks
    /// at once. If it was to go on with a run, it did not.
    pub(super) fn leave(&mut self, now: Time, place: &Place, visit: VisitId) -> Option<RunId> {
        let entry = self.entries.get(place)?;
        let asks = entry.asking.as_ref().map(|asking| asking.visit);
        let was_ahead = entry.scout == Some(visit) || asks == Some(visit);
        let run = self.go(now, place, visit);
        if was_ahead && self.entries.contains_key(place) {
            self.change(now, place, |entry, _, _| {
                entry.look_at = entry.look_at.map(|_| now);
            });
        }
        run
    }

    /// A request does not wait any more, and asks for nothing. If it was to go on
    /// with a run, it did not.
    pub(super) fn go(&mut self, now: Time, place: &Place, visit: VisitId) -> Option<RunId> {
        if !self.entries.contains_key(place) {
            return None;
        }
        self.change(now, place, |entry, timers, _| {
            let waiting = entry.waiting.remove(&visit);
            if entry.scout == Some(visit) {
                entry.scout = None;
            }
            if entry
                .asking
                .as_ref()
                .is_some_and(|asking| asking.visit == visit)
            {
                entry.asking = None;
            }
            let waiting = waiting?;
            timers.remove(waiting.alarm);
            match waiting.call {
                Some(Call::GoOn(run)) => Some(run),
                Some(Call::Look | Call::TimeUp) | None => None,
            }
        })
    }
}

impl<W: Clone> Table<W> {
    /// Calls one who waits and was not called before.
    fn call(
        waiting: &mut Waiting<W>,
        call: Call,
        timers: &mut Timers,
        wakes: &mut VecDeque<W>,
    ) -> bool {
        if waiting.call.is_some() {
            return false;
        }
        waiting.call = Some(call);
        timers.remove(waiting.alarm);
        wakes.push_back(waiting.waker.clone());
        true
    }

    /// All who wait look again.
    pub(super) fn call_all(&mut self, now: Time, place: &Place) {
        if !self.entries.contains_key(place) {
            return;
        }
        self.change(now, place, |entry, timers, wakes| {
            for waiting in entry.waiting.values_mut() {
                Self::call(waiting, Call::Look, timers, wakes);
            }
        });
    }

    /// The oldest one who waits is called, if there is one.
    pub(super) fn call_oldest(&mut self, now: Time, place: &Place, call: Call) -> Option<VisitId> {
        self.entries.get(place)?;
        self.change(now, place, |entry, timers, wakes| {
            let waiting = entry.waiting.iter_mut();
            let mut called = waiting.filter_map(|(visit, waiting)| {
                Self::call(waiting, call, timers, wakes).then_some(*visit)
            });
            called.next()
        })
    }

    /// Who was to go on with a run looks instead; whether there was one.
    pub(super) fn forget_grant(&mut self, now: Time, place: &Place, run: RunId) -> bool {
        if !self.entries.contains_key(place) {
            return false;
        }
        self.change(now, place, |entry, _, _| {
            let mut calls = entry.waiting.values_mut().map(|waiting| &mut waiting.call);
            let granted = calls.find(|call| **call == Some(Call::GoOn(run)));
            granted.is_some_and(|call| call.replace(Call::Look).is_some())
        })
    }

    /// One has waited long enough.
    pub(super) fn time_up(&mut self, now: Time, place: &Place, visit: VisitId) {
        if !self.entries.contains_key(place) {
            return;
        }
        self.change(now, place, |entry, timers, wakes| {
            if let Some(waiting) = entry.waiting.get_mut(&visit) {
                Self::call(waiting, Call::TimeUp, timers, wakes);
            }
        });
    }

    /// Something of an entry is due: one of those who wait looks whether it goes on,
    /// or something is forgotten.
    pub(super) fn entry_due(&mut self, now: Time, place: &Place) {
        let is_due = |entry: &Entry<W>| entry.look_at.is_some_and(|at| at <= now);
        if self.entries.get(place).is_some_and(is_due) {
            let scout = self.call_oldest(now, place, Call::Look);
            self.change(now, place, |entry, _, _| entry.scout = scout);
        } else if self.entries.contains_key(place) {
            self.change(now, place, |_, _, _| ());
        }
    }

    /// A request asks whether to make the page.
    pub(super) fn ask(&mut self, now: Time, place: &Place, visit: VisitId, waker: W) {
        self.change(now, place, |entry, _, _| {
            if entry.scout == Some(visit) {
                entry.scout = None;
            }
            entry.asking = Some(Asking {
                visit,
                waker,
                reply: None,
            });
        });
    }

    /// The answer for one who asked; whether it is still there.
    pub(super) fn told(&mut self, place: &Place, visit: VisitId, told: Told) -> bool {
        let asking = self
            .entries
            .get_mut(place)
            .and_then(|entry| entry.asking.as_mut());
        let Some(asking) = asking.filter(|asking| asking.visit == visit) else {
            return false;
        };
        asking.reply = Some(told);
        self.wakes.push_back(asking.waker.clone());
        true
    }

    /// The answer, if it is there; then nobody asks any more.
    pub(super) fn take_reply(&mut self, now: Time, place: &Place, visit: VisitId) -> Option<Told> {
        let asking = self.entries.get(place)?.asking.as_ref()?;
        if asking.visit != visit {
            return None;
        }
        let told = asking.reply?;
        self.change(now, place, |entry, _, _| entry.asking = None);
        Some(told)
    }

    /// Whether nobody waits, nothing is made and nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        let busy = |entry: &Entry<W>| {
            entry.run.is_some() || !entry.waiting.is_empty() || entry.asking.is_some()
        };
        self.runs.is_empty() && self.ops.is_empty() && !self.entries.values().any(busy)
    }
}

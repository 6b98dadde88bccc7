//! What a request is to do, by what it has seen.

use core::time::Duration;

use super::age::{Age, Serve};
use super::answer::{Answer, Why};
use super::commands;
use super::entry::{Call, Entry, Taken, Told};
use super::kind::{Kind, Page};
use super::means::Means;
use super::op::Op;
use super::ops::{Asked, Purpose};
use super::run::{Base, Run, RunId, Try};
use super::running::Source;
use super::steps::{Judge, Right};
use super::visit::Kept;
use crate::lookup::result::LookupResult;
use crate::protocol::{Marks, Value};
use crate::server::Failure;
use crate::time::Time;

/// After a lock was found taken it is not asked for again for so long by those who
/// need not wait.
const ASK_PAUSE: Duration = Duration::from_secs(1);

impl<W: Clone, P: Clone> Judge<'_, W, P> {
    /// The answer after a lookup; if there is none yet, the visit's stage says what
    /// it waits for, and where that is over it is to look again.
    pub(super) fn looked(
        mut self,
        result: LookupResult<P>,
        kind: &dyn Fn(&Value<P>) -> Kind,
    ) -> Option<Answer<P>> {
        let value = match result {
            LookupResult::Hit(value) => value,
            LookupResult::Failed(failure) => return Some(self.give_up(Why::Failed(failure))),
            LookupResult::TooLarge(len) => return Some(Answer::Alone(Why::TooLarge(len))),
            LookupResult::Miss => {
                self.visit.page = None;
                return self.missing();
            }
        };
        self.visit.page = None;
        let marks = value.marks.as_deref().copied().unwrap_or_default();
        let right = Right {
            marks,
            ..Right::default()
        };
        match kind(&value) {
            Kind::Lock if marks.won => Some(Answer::Make(self.start(Base::Nothing, right))),
            Kind::Lock if self.visit.means == Means::Unlocked => self.missing(),
            Kind::Lock => self.wait(marks),
            Kind::Marker => {
                let left = marks.ttl_left.unwrap_or(self.visit.ask.rules.lock);
                let end = self.now + Duration::from_secs(left.into());
                let run = self.start(Base::Marker { end }, right);
                Some(Answer::Uncacheable(run))
            }
            Kind::Page(page) => self.page(value, marks, &page),
        }
    }

    fn missing(mut self) -> Option<Answer<P>> {
        match self.visit.means {
            // It would have made the item.
            Means::Meta => Some(Answer::Alone(Why::Refused)),
            Means::Unlocked => Some(Answer::Make(self.start(Base::Nothing, Right::default()))),
            Means::Classic if self.visit.lock_until.is_some() => {
                let lock_until = self.visit.lock_until.take();
                let right = Right {
                    lock_until,
                    ..Right::default()
                };
                Some(Answer::Make(self.start(Base::Nothing, right)))
            }
            Means::Classic => {
                let entry = self.table.get(&self.visit.place);
                let is_made = |entry: &Entry<W>| entry.run.is_some() || entry.asking.is_some();
                if entry.is_some_and(is_made) {
                    self.wait(Marks::default())
                } else {
                    self.ask()
                }
            }
        }
    }

    fn page(self, value: Value<P>, marks: Marks, page: &Page) -> Option<Answer<P>> {
        let age = Age::of(page, &marks, self.visit.means, self.visit.ask.rules.early);
        self.visit.page = Some(Kept {
            value,
            marks,
            age,
            at: self.now,
        });
        let place = &self.visit.place;
        if self.table.get(place).is_some() {
            self.table.change(self.now, place, |entry, _, _| {
                entry.held = entry.held.filter(|held| held.version == marks.version);
                entry.taken = entry.taken.filter(|taken| taken.version == marks.version);
            });
        }
        if marks.won {
            let right = Right {
                marks,
                ..Right::default()
            };
            return Some(self.refresh(right));
        }
        if !age.is_due {
            return self.serve();
        }
        self.due(marks)
    }

    /// A page is due that nobody gave to this request.
    fn due(self, marks: Marks) -> Option<Answer<P>> {
        let now = self.now;
        let age = self.visit.page.as_ref().map(|kept| kept.age);
        if age.is_some_and(|age| self.leaves_to_others(&age)) {
            return self.left_to_others();
        }
        let entry = self.table.get(&self.visit.place);
        let held = entry.and_then(|entry| entry.held);
        let run = entry.and_then(|entry| entry.run);
        let is_asked = entry.is_some_and(|entry| entry.asking.is_some());
        let after = entry.and_then(|entry| entry.ask_after);
        let may_ask = after.is_none_or(|after| after <= now);
        let fails = held.map_or(0, |held| held.fails);
        // The lock from the try before may still be there.
        let of_held = held.and_then(|held| held.lock_until);
        let lock_until = self.visit.lock_until.or(of_held);
        // It may not be served for what came of the last try.
        let is_owed = age.is_some_and(|age| age.serve == Serve::OnError)
            && held.is_some_and(|held| held.last == Try::NotStorable);
        let may_try = run.is_none() && held.is_none_or(|held| held.due <= now || is_owed);
        match (self.visit.means, held) {
            (Means::Meta, Some(held)) if may_try => {
                let pin = held.source.pin;
                return Some(self.refresh(Right {
                    marks: Marks { pin, ..marks },
                    driver: Some(held.source.driver),
                    fails,
                    lock_until: None,
                }));
            }
            (Means::Meta, None) if !marks.taken && !is_asked && !self.is_own(run, marks) => {
                return self.ask();
            }
            (Means::Classic, _) if may_try && lock_until > Some(now) => {
                self.visit.lock_until = None;
                return Some(self.refresh(Right {
                    marks,
                    fails,
                    lock_until,
                    driver: None,
                }));
            }
            (Means::Classic, _) if may_try && may_ask && !is_asked => return self.ask(),
            (Means::Unlocked, _) if may_try => {
                return Some(self.refresh(Right {
                    marks,
                    fails,
                    ..Right::default()
                }));
            }
            (Means::Meta | Means::Classic | Means::Unlocked, _) => {}
        }
        self.left_to_others()
    }

    /// Somebody else makes the page anew, or nobody does now.
    fn left_to_others(mut self) -> Option<Answer<P>> {
        let Some(kept) = &self.visit.page else {
            return self.wait(Marks::default());
        };
        let (marks, age) = (kept.marks, kept.age);
        let taken_since = self.watch(marks, &age);
        let entry = self.table.get(&self.visit.place);
        let run = entry.and_then(|entry| entry.run);
        let run = run.and_then(|run| self.table.runs.get(&run));
        let made_since = run
            .map(|run| run.began)
            .into_iter()
            .chain(taken_since)
            .min();
        match age.serve {
            Serve::Now => self.serve(),
            Serve::OnError => {
                let held = entry.and_then(|entry| entry.held);
                let has_failed = held.is_some_and(|held| held.last != Try::NotStorable);
                let lock_wait = self.visit.ask.rules.lock_wait;
                let is_slow = made_since.is_some_and(|at| self.now.since(at) >= lock_wait);
                if has_failed || is_slow {
                    self.serve()
                } else {
                    self.wait(marks)
                }
            }
            Serve::Never => self.wait(marks),
        }
    }

    /// Notes who else has the right to make a page, and takes it over if that lasts
    /// too long. Since when it is known to be taken.
    fn watch(&mut self, marks: Marks, age: &Age) -> Option<Time> {
        let place = &self.visit.place;
        let entry = self.table.get(place);
        let run = entry.and_then(|entry| entry.run);
        let is_held = entry.is_some_and(|entry| entry.held.is_some());
        if self.visit.means != Means::Meta || !marks.taken || is_held || self.is_own(run, marks) {
            return None;
        }
        if entry.is_none() && !self.table.has_room() {
            return None;
        }
        let (now, end) = (self.now, age.end(self.now));
        let target = self.visit.ask.target;
        let refresh = self.visit.ask.rules.refresh_timeout;
        let limit = refresh + 2 * target.timeout + Duration::from_secs(1);
        let (taken, is_over) = self.table.change(now, place, |entry, _, _| {
            let taken = entry.taken.get_or_insert(Taken {
                version: marks.version,
                source: Source {
                    driver: target.driver,
                    pin: marks.pin,
                },
                since: now,
                is_ended: false,
                end,
            });
            taken.end = end;
            let is_over = !taken.is_ended && now.since(taken.since) >= limit;
            taken.is_ended |= is_over;
            (*taken, is_over)
        });
        if is_over {
            let purpose = Purpose::TakeOver(place.clone());
            self.table.ops.push(purpose, |id| Op {
                id,
                server: target.server,
                driver: taken.source.driver,
                timeout: target.timeout,
                pin: Some(taken.source.pin),
                is_store: false,
                command: commands::release(place.key.clone(), taken.version),
            });
        }
        Some(taken.since)
    }

    /// The answer to that, if it is there.
    pub(super) fn reply(&mut self) -> Option<Told> {
        self.table
            .take_reply(self.now, &self.visit.place, self.visit.id)
    }

    /// The answer after it was said whether to make the page.
    pub(super) fn told(self, told: Told) -> Option<Answer<P>> {
        let now = self.now;
        let version = self.visit.page.as_ref().map(|kept| kept.marks.version);
        match told {
            Told::State(Some(state)) if Some(state.marks.version) == version => {
                if state.marks.won {
                    let right = Right {
                        marks: state.marks,
                        ..Right::default()
                    };
                    return Some(self.refresh(right));
                }
                if !state.marks.taken {
                    return self.restart();
                }
                if let Some(kept) = &mut self.visit.page {
                    kept.marks.taken = true;
                }
                self.left_to_others()
            }
            Told::State(_) => {
                let asked = Asked {
                    place: self.visit.place.clone(),
                    visit: self.visit.id,
                    target: self.visit.ask.target,
                    at: now,
                };
                self.table.give_back(&asked, &told);
                self.restart()
            }
            Told::Locked(Some(sent)) => {
                let life = Duration::from_secs(self.visit.ask.rules.lock.into());
                let lock_until = Some(sent + life);
                if self.visit.is_late(now) {
                    let kept = self.visit.page.as_ref();
                    let entry = self.table.get(&self.visit.place);
                    let held = entry.and_then(|entry| entry.held);
                    let right = Right {
                        marks: kept.map(|kept| kept.marks).unwrap_or_default(),
                        fails: held.map_or(0, |held| held.fails),
                        lock_until,
                        driver: None,
                    };
                    return Some(self.refresh(right));
                }
                // Somebody may have made the page since it looked.
                self.visit.lock_until = lock_until;
                self.visit.page = None;
                None
            }
            Told::Locked(None) => {
                if self.visit.page.is_some() {
                    self.table.change(now, &self.visit.place, |entry, _, _| {
                        entry.ask_after = Some(now + ASK_PAUSE);
                    });
                }
                self.left_to_others()
            }
            Told::Failed(Failure::Lost | Failure::Unpinned) if !self.has_usable_page() => {
                self.restart()
            }
            Told::Refused => Some(self.give_up(Why::Refused)),
            Told::Failed(failure) => Some(self.give_up(Why::Failed(failure))),
        }
    }

    /// Why it was woken, if it was.
    pub(super) fn called(&mut self) -> Option<Call> {
        self.table
            .called(self.now, &self.visit.place, self.visit.id)
    }

    /// It goes on with the run of one who left.
    pub(super) fn go_on(self, id: RunId) -> Answer<P> {
        let run = Run { id };
        match self.visit.page.take() {
            None => Answer::Make(run),
            Some(kept) => Answer::Revalidate {
                or_serve: (self.now < kept.usable_until()).then(|| kept.usable_until()),
                page: kept.value,
                run,
            },
        }
    }
}

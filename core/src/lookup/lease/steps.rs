//! What a request does next.

use super::age::{Age, Serve};
use super::answer::{Answer, Why};
use super::ask::Ask;
use super::commands;
use super::means::Means;
use super::op::Op;
use super::ops::{Asked, Purpose};
use super::run::{Base, End, Run, RunId};
use super::running::{RunState, Running, Source};
use super::table::{Table, Wait};
use super::visit::{Awaited, Stage, Visit};
use crate::lookup::coalesce::DriverId;
use crate::protocol::Marks;
use crate::time::Time;

/// A request begins anew so often when its item changes while it looks.
const RESTARTS_MAX: u8 = 3;

/// One request, with what its worker knows.
pub(super) struct Judge<'j, W, P> {
    pub(super) table: &'j mut Table<W>,
    pub(super) now: Time,
    pub(super) visit: &'j mut Visit<W, P>,
}

/// The right to make a page that was given.
#[derive(Clone, Copy, Default)]
pub(super) struct Right {
    pub(super) marks: Marks,
    /// What carried it, if not what carries the request.
    pub(super) driver: Option<DriverId>,
    pub(super) fails: u32,
    pub(super) lock_until: Option<Time>,
}

impl<W: Clone, P: Clone> Judge<'_, W, P> {
    /// Serves the page that is there.
    pub(super) fn serve(self) -> Option<Answer<P>> {
        let kept = self.visit.page.take()?;
        if kept.age.is_fresh {
            return Some(Answer::Fresh(kept.value));
        }
        self.table.stats.stale += 1;
        Some(Answer::Stale {
            page: kept.value,
            is_fresh: false,
            refresh: None,
        })
    }

    /// Makes the page anew that is there.
    pub(super) fn refresh(mut self, right: Right) -> Answer<P> {
        let Some(kept) = self.visit.page.take() else {
            return Answer::Make(self.start(Base::Nothing, right));
        };
        let leaves_it = self.leaves_to_others(&kept.age);
        let usable_until = kept.usable_until();
        let base = Base::Page {
            served_until: kept.at + kept.age.served,
            usable_until,
            is_fresh: kept.age.is_fresh,
            end: kept.age.end(kept.at),
        };
        let run = self.start(base, right);
        let page = kept.value;
        if leaves_it {
            self.table.end(self.now, run.id, End::RequestOnly);
            self.table.stats.stale += u64::from(!kept.age.is_fresh);
            return Answer::Stale {
                page,
                is_fresh: kept.age.is_fresh,
                refresh: None,
            };
        }
        match kept.age.serve {
            Serve::Now if self.visit.ask.rules.in_background => {
                self.table.stats.stale += u64::from(!kept.age.is_fresh);
                Answer::Stale {
                    page,
                    is_fresh: kept.age.is_fresh,
                    refresh: Some(run),
                }
            }
            serve => Answer::Revalidate {
                page,
                or_serve: (serve != Serve::Never).then_some(usable_until),
                run,
            },
        }
    }

    /// Whether this request had better not make a page that may be served meanwhile.
    pub(super) fn leaves_to_others(&self, age: &Age) -> bool {
        self.visit.ask.rules.is_personal && age.serve == Serve::Now
    }

    pub(super) fn start(&mut self, base: Base, right: Right) -> Run {
        let Ask { target, rules, .. } = &self.visit.ask;
        let running = Running {
            place: self.visit.place.clone(),
            timeout: target.timeout,
            rules: *rules,
            means: self.visit.means,
            base,
            version: right.marks.version,
            source: Source {
                driver: right.driver.unwrap_or(target.driver),
                pin: right.marks.pin,
            },
            began: self.now,
            fails: right.fails,
            lock_until: right.lock_until,
            state: RunState::Making,
            alarm: None,
            renewal: None,
        };
        self.table.start(self.now, running)
    }

    /// Whether a run of this worker has the right to make an item of this version.
    pub(super) fn is_own(&self, run: Option<RunId>, marks: Marks) -> bool {
        let run = run.and_then(|run| self.table.runs.get(&run));
        run.is_some_and(|run| run.version == marks.version)
    }

    /// Waits for another, if there is time left. The marks say who has the right.
    pub(super) fn wait(mut self, marks: Marks) -> Option<Answer<P>> {
        if self.visit.is_late(self.now) {
            return Some(self.time_up());
        }
        let run = self
            .table
            .get(&self.visit.place)
            .and_then(|entry| entry.run);
        let is_own = match self.visit.means {
            Means::Meta => self.is_own(run, marks),
            Means::Classic | Means::Unlocked => true,
        };
        if self.is_overtaken(marks) {
            // Its stage is over, so that it looks.
            return None;
        }
        let visit = self.visit;
        visit.stage = Stage::Waiting;
        let wait = Wait {
            visit: visit.id,
            waker: visit.waker.clone(),
            until: visit.patience(),
            is_first: visit.awaited.is_none(),
            run_has_right: is_own,
        };
        visit.awaited.get_or_insert(match visit.page {
            None => Awaited::Missing,
            Some(_) => Awaited::Stale,
        });
        self.table.wait(self.now, &visit.place, wait);
        None
    }

    /// Whether it has seen what was there before a page that its own worker has stored by
    /// now, since both answers came together. Whoever stored it could not wake those who
    /// wait only from here on. Once for each version: the page may be gone already.
    fn is_overtaken(&mut self, marks: Marks) -> bool {
        let (visit, version) = (&mut *self.visit, marks.version);
        let is_replaced = self.table.replaced.has(visit.place.server, version);
        if version == 0 || !is_replaced || visit.overtaken == Some(version) {
            return false;
        }
        visit.overtaken = Some(version);
        true
    }

    /// Asks whether to make the page.
    pub(super) fn ask(self) -> Option<Answer<P>> {
        let visit = self.visit;
        let target = visit.ask.target;
        let key = visit.ask.key.clone();
        let (command, pin) = match (visit.means, &visit.page) {
            (Means::Meta, Some(kept)) => {
                let below = kept
                    .age
                    .left
                    .map_or(u32::MAX, |left| left.saturating_add(1));
                (commands::ask(key, below), Some(kept.marks.pin))
            }
            _ => (commands::lock(&key, visit.ask.rules.lock), None),
        };
        visit.stage = Stage::Asking;
        let purpose = Purpose::Ask(Asked {
            place: visit.place.clone(),
            visit: visit.id,
            target,
            at: self.now,
        });
        // Nobody waits longer than for others and for one reply.
        let limit = visit.patience() + target.timeout;
        self.table.ops.push(purpose, |id| Op {
            id,
            server: target.server,
            driver: target.driver,
            timeout: limit.since(self.now).min(target.timeout),
            pin,
            is_store: false,
            command,
        });
        self.table
            .ask(self.now, &visit.place, visit.id, visit.waker.clone());
        None
    }

    /// The item changed under its hands.
    pub(super) fn restart(self) -> Option<Answer<P>> {
        self.visit.page = None;
        self.visit.restarts += 1;
        if self.visit.restarts > RESTARTS_MAX || self.visit.is_late(self.now) {
            return Some(Answer::Alone(Why::Waited));
        }
        None
    }

    /// It has waited long enough.
    pub(super) fn time_up(self) -> Answer<P> {
        self.table.stats.waited_in_vain += u64::from(self.visit.awaited.is_some());
        self.give_up(Why::Waited)
    }

    /// Whether there is a page that may be served.
    pub(super) fn has_usable_page(&self) -> bool {
        let page = self.visit.page.as_ref();
        page.is_some_and(|kept| self.now < kept.usable_until())
    }

    /// The page cannot be made by this request so that it is stored.
    pub(super) fn give_up(self, why: Why) -> Answer<P> {
        let kept = self.visit.page.take();
        match kept.filter(|kept| self.now < kept.usable_until()) {
            None => Answer::Alone(why),
            Some(kept) if kept.age.is_fresh => Answer::Fresh(kept.value),
            Some(kept) => {
                self.table.stats.stale += 1;
                Answer::Stale {
                    page: kept.value,
                    is_fresh: false,
                    refresh: None,
                }
            }
        }
    }
}

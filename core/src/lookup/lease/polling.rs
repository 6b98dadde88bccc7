//! How a request goes from step to step.

use core::mem;
use core::task::Poll;

use super::answer::{Answer, Why};
use super::ask::Dialect as Rule;
use super::dialects::Dialect;
use super::entry::Call;
use super::kind::Kind;
use super::leases::Leases;
use super::means::Means;
use super::steps::Judge;
use super::visit::{Stage, Visit};
use crate::lookup::coalesce::Asks;
use crate::lookup::lookups::{Begin, Lookups};
use crate::lookup::result::LookupResult;
use crate::protocol::Value;
use crate::time::Time;

impl<W: Clone> Leases<W> {
    /// Goes on with a request as far as that is possible. `kind` tells what a value
    /// is. The answer comes once; after it the visit is to be dropped.
    pub fn poll<P: Clone>(
        &mut self,
        now: Time,
        lookups: &mut Lookups<W, P>,
        visit: &mut Visit<W, P>,
        kind: &dyn Fn(&Value<P>) -> Kind,
    ) -> Poll<Answer<P>> {
        loop {
            let stage = mem::replace(&mut visit.stage, Stage::Over);
            let answer = match stage {
                Stage::Over => return Poll::Pending,
                Stage::Begun => self.begun(now, lookups, visit, None),
                Stage::Detecting(question) => self.begun(now, lookups, visit, Some(question)),
                Stage::Looking(waiter) => match lookups.poll(&waiter) {
                    Poll::Pending => {
                        visit.stage = Stage::Looking(waiter);
                        return Poll::Pending;
                    }
                    Poll::Ready(result) => {
                        if let LookupResult::Hit(_) = result {
                            visit.reading = Some(waiter.reading());
                        }
                        // It has its result, so there is nothing to cancel.
                        let _ = lookups.leave(waiter);
                        self.looked(now, visit, result, kind)
                    }
                },
                Stage::Looked(result) => self.looked(now, visit, result, kind),
                Stage::Asking => match self.judge(now, visit).reply() {
                    None => {
                        visit.stage = Stage::Asking;
                        return Poll::Pending;
                    }
                    Some(told) => self.judge(now, visit).told(told),
                },
                Stage::Waiting => match self.judge(now, visit).called() {
                    None => {
                        visit.stage = Stage::Waiting;
                        return Poll::Pending;
                    }
                    Some(Call::Look) => None,
                    Some(Call::TimeUp) => Some(self.judge(now, visit).time_up()),
                    Some(Call::GoOn(run)) => Some(self.judge(now, visit).go_on(run)),
                },
            };
            if let Some(answer) = answer {
                self.answered(now, visit, &answer);
                return Poll::Ready(answer);
            }
            match visit.stage {
                Stage::Over => Self::look(now, lookups, visit),
                Stage::Detecting(_) => return Poll::Pending,
                _ => {}
            }
        }
    }

    fn looked<P: Clone>(
        &mut self,
        now: Time,
        visit: &mut Visit<W, P>,
        result: LookupResult<P>,
        kind: &dyn Fn(&Value<P>) -> Kind,
    ) -> Option<Answer<P>> {
        let answer = self.judge(now, visit).looked(result, kind);
        // If it has begun no run with it.
        self.table.unlock(now, visit);
        answer
    }

    fn judge<'j, P>(&'j mut self, now: Time, visit: &'j mut Visit<W, P>) -> Judge<'j, W, P> {
        Judge {
            table: &mut self.table,
            now,
            visit,
        }
    }

    /// Begins to look, or asks first how that is to be done.
    fn begun<P: Clone>(
        &mut self,
        now: Time,
        lookups: &mut Lookups<W, P>,
        visit: &mut Visit<W, P>,
        asked: Option<u64>,
    ) -> Option<Answer<P>> {
        let (target, rules) = (visit.ask.target, visit.ask.rules);
        if visit.means == Means::Meta && rules.dialect == Rule::Auto {
            match self
                .dialects
                .of(now, &target, visit.id, visit.waker.clone(), asked)
            {
                Dialect::Means(means) => visit.means = means,
                Dialect::Failed(failure) => return Some(Answer::Alone(Why::Failed(failure))),
                Dialect::Wait(question, is_new) => {
                    if is_new {
                        self.table.ops.detect(target);
                    }
                    visit.stage = Stage::Detecting(question);
                    return None;
                }
            }
        }
        Self::look(now, lookups, visit);
        None
    }

    fn look<P: Clone>(now: Time, lookups: &mut Lookups<W, P>, visit: &mut Visit<W, P>) {
        let mut target = visit.ask.target;
        target.asks = match visit.means {
            Means::Meta => Asks::Lock(visit.ask.rules.lock),
            Means::Classic => Asks::Version,
            Means::Unlocked => Asks::Value,
        };
        visit.stage = match lookups.begin(now, target, &visit.ask.key, visit.waker.clone()) {
            Begin::Pending(waiter) => Stage::Looking(waiter),
            Begin::Ready(result) => Stage::Looked(result),
        };
    }

    /// What the answer of one means for those who wait.
    fn answered<P>(&mut self, now: Time, visit: &Visit<W, P>, answer: &Answer<P>) {
        let place = &visit.place;
        let Some(entry) = self.table.get(place) else {
            return;
        };
        let is_made = entry.run.is_some();
        self.table.go(now, place, visit.id);
        let wake = match answer {
            Answer::Fresh(_) | Answer::Uncacheable(_) => true,
            Answer::Stale { refresh: None, .. } => !is_made,
            Answer::Stale { .. }
            | Answer::Revalidate { .. }
            | Answer::Make(_)
            | Answer::Alone(_) => false,
        };
        if wake {
            self.table.call_all(now, place);
        }
    }
}

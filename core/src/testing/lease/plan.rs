//! What will happen in a history.

use core::ops::Range;
use core::time::Duration;

use super::events::Event;
use super::page::Stored;
use super::world::{Scenario, WORKERS, World, at_ms};
use crate::testing::manner::Manner;
use crate::time::Time;

/// When nothing goes wrong any more, in milliseconds.
const QUIET: u64 = 9000;

/// When the last client comes after that.
const LAST: u64 = QUIET + 34_000;

/// When the backend fails, in milliseconds, where it does.
pub(super) const FAILING: Range<u64> = 3000..33_000;

const LATER: Time = at_ms(1_000_000 + QUIET);

impl World {
    /// Whether nothing goes wrong any more.
    pub(super) fn is_over(&self) -> bool {
        self.now >= LATER
    }

    /// The same, and nothing is under way any more that was slow.
    pub(super) fn is_long_over(&self) -> bool {
        self.now >= LATER + Duration::from_secs(3)
    }

    /// What will happen, by chance.
    pub(super) fn plan(&mut self) {
        if self.scenario == Scenario::SoftPurge {
            self.plan_soft_purge();
            return;
        }
        if self.scenario == Scenario::Failing {
            self.plan_failures();
            return;
        }
        let clients = 3 + self.chance.below(10);
        for _ in 0..clients {
            let at = self.chance.below(QUIET);
            let crowd = self.chance.of(&[1, 1, 3]);
            for _ in 0..crowd {
                let manner = self.manner();
                let worker = self.worker();
                let leaves = self.chance.one_in(5);
                let late = self.chance.of(&[0, 1, 300]);
                self.after(at + late, Event::Arrives(worker, manner, leaves));
            }
        }
        for _ in 0..self.chance.below(6) {
            let at = self.chance.below(QUIET);
            let worker = self.worker();
            let event = match self.chance.below(if self.is_calm { 3 } else { 8 }) {
                0 | 1 => Event::Purge(worker),
                2 => Event::SoftPurge(worker),
                3 => Event::Evicted,
                4 => Event::Restarted,
                5 => Event::Dies(worker),
                _ => {
                    let connection = self.chance.below(3);
                    Event::Disconnected(worker, usize::try_from(connection).unwrap())
                }
            };
            self.after(at, event);
        }
        if self.scenario == Scenario::Attack {
            let manner = self.chance.of(&[
                Manner::Storable,
                Manner::NotStorable,
                Manner::Authorized,
                Manner::Fails,
            ]);
            let mut at = QUIET + 500;
            while at < LAST {
                let worker = self.worker();
                let leaves = manner == Manner::Storable;
                self.after(at, Event::Arrives(worker, manner, leaves));
                at += 1 + self.chance.below(200);
            }
        }
        if matches!(self.scenario, Scenario::Recovery | Scenario::Attack) {
            self.after(QUIET, Event::Quiet);
            let mut at = QUIET + 500;
            while at < LAST {
                let worker = self.worker();
                self.after(at, Event::Arrives(worker, Manner::Storable, false));
                at += 700;
            }
        }
    }

    fn plan_soft_purge(&mut self) {
        self.windows = [20, 10, 0];
        for step in 0..60 {
            for worker in 0..WORKERS {
                let late = self.chance.below(90);
                let event = Event::Arrives(worker, Manner::Storable, false);
                self.after(step * 100 + late, event);
            }
        }
        let at = 2000 + self.chance.below(2000);
        let worker = self.worker();
        self.after(at, Event::SoftPurge(worker));
    }

    fn plan_failures(&mut self) {
        self.windows = [2, self.chance.of(&[0, 3, 60]), 60];
        self.rules.refresh_timeout = Duration::from_secs(30);
        self.rules.lock_wait = Duration::from_millis(500);
        let mut at = 0;
        while at < FAILING.end + 40_000 {
            let is_failing = FAILING.contains(&at);
            let manner = if is_failing {
                Manner::Fails
            } else {
                Manner::Storable
            };
            let worker = self.worker();
            self.after(at, Event::Arrives(worker, manner, false));
            at += 20 + self.chance.below(200);
        }
    }

    fn worker(&mut self) -> usize {
        usize::try_from(self.chance.below(WORKERS as u64)).unwrap()
    }

    fn manner(&mut self) -> Manner {
        if self.is_calm {
            return Manner::Storable;
        }
        match self.chance.below(12) {
            0 => Manner::NotStorable,
            1 => Manner::Private,
            2 => Manner::Authorized,
            3 | 4 => Manner::Fails,
            _ => Manner::Storable,
        }
    }

    /// A page with a content.
    pub(super) fn page(&self, content: u64) -> Stored {
        let [ttl, while_revalidate, if_error] = self.windows;
        Stored {
            content,
            at: self.now,
            ttl,
            while_revalidate,
            if_error,
        }
    }
}

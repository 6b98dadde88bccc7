//! The backend, which makes pages.

use std::collections::VecDeque;

use super::client::Client;
use super::page::Piece;
use super::queue::Event;
use super::slab::Id;
use super::traffic::Wish;
use super::world::World;
use crate::lookup::lease::Run;
use crate::lookup::near::Reading;
use crate::protocol::{Key, Value};
use crate::testing::chance::Chance;
use crate::testing::manner::Manner;
use crate::time::Time;

/// A failing backend says so after this, in microseconds.
const FAILS_US: u64 = 2000;

/// A page that is made.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) worker: u32,
    pub(super) life: u32,
    pub(super) page: u32,
    pub(super) key: Option<Key>,
    pub(super) wish: Wish,
    pub(super) luck: u64,
    pub(super) client: Option<Id>,
    pub(super) run: Option<Run>,
    /// What is served if it fails, until when, and when it was asked for.
    pub(super) instead: Option<(Value<Piece>, Time, Option<Reading>)>,
    /// Nobody else is to make it meanwhile.
    pub(super) is_alone: bool,
    /// It runs without a client, and takes one of the places for that.
    pub(super) is_refresh: bool,
    pub(super) began: u64,
    /// The present version when it began.
    pub(super) version: u64,
}

impl Job {
    /// That which a visitor wants, without anybody who waits for it.
    pub(super) fn of(client: &Client, now: u64) -> Self {
        Self {
            worker: client.worker,
            life: client.life,
            page: client.page,
            key: client.key.clone(),
            wish: client.wish,
            luck: client.luck,
            client: None,
            run: None,
            instead: None,
            is_alone: false,
            is_refresh: false,
            began: now,
            version: 0,
        }
    }
}

/// The backend.
#[derive(Debug, Default)]
pub(super) struct Backend {
    pub(super) busy: u32,
    pub(super) waiting: VecDeque<Id>,
    pub(super) fails_until: u64,
    pub(super) slow_until: u64,
}

impl World {
    /// Begins to make a page. One that is `limited` is given up after a time.
    pub(super) fn start(&mut self, mut job: Job, is_limited: bool) -> Id {
        job.version = self.version(job.page);
        self.count(|span| span.backend += 1);
        self.report.backend += 1;
        let job = self.jobs.add(job);
        self.check_alone(job);
        if is_limited {
            let limit = self.plan.settings.options.refresh_timeout_ms * 1000;
            self.queue.push(self.now + limit, Event::TooLong(job));
        }
        if self.backend.busy < self.plan.settings.around.backend_slots {
            self.work(job);
        } else {
            self.backend.waiting.push_back(job);
        }
        job
    }

    fn work(&mut self, job: Id) {
        self.backend.busy += 1;
        let (now, usual) = (self.now, self.plan.settings.around.backend_ms * 1000);
        let (fails, is_slow) = (
            now < self.backend.fails_until,
            now < self.backend.slow_until,
        );
        let luck = self.jobs.get(job).map_or(0, |job| job.luck);
        let micros = if fails {
            FAILS_US
        } else {
            // From a third to some times of it, on average about that.
            let luck = Chance::new(luck).below(1000) + 1;
            let times = 0.35 - 0.65 * (luck as f64 / 1000.0).ln();
            (usual as f64 * times) as u64 * if is_slow { 10 } else { 1 }
        };
        self.note(|| format!("backend begins {job:?} for {micros} us"));
        self.queue.push(now + micros, Event::Made(job));
    }

    /// A place at the backend is free.
    pub(super) fn rests(&mut self) {
        self.backend.busy -= 1;
        while let Some(next) = self.backend.waiting.pop_front() {
            if self.jobs.get(next).is_some() {
                self.work(next);
                break;
            }
        }
    }

    /// What its answer is like.
    pub(super) fn manner(&self, job: &Job) -> Manner {
        let around = &self.plan.settings.around;
        let number = ((job.luck >> 20) % 1000) as u32;
        if self.now < self.backend.fails_until || number < around.fails {
            Manner::Fails
        } else if number < around.fails + around.unstorable {
            Manner::NotStorable
        } else if number < around.fails + around.unstorable + around.private {
            Manner::Private
        } else if job.wish == Wish::Personal {
            Manner::Authorized
        } else {
            Manner::Storable
        }
    }
}

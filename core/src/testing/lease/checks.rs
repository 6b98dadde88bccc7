//! What must hold in the model.

use core::time::Duration;
use std::collections::HashMap;

use super::events::Event;
use super::page::Stored;
use super::worker::TIMEOUT;
use super::world::{Scenario, World};
use crate::protocol::{Command, Found, Pin, Reply, Status, Value};
use crate::testing::manner::Manner;
use crate::time::Time;

/// What an answer may be older than it says, by whole seconds and slow ways.
const SLACK: Duration = Duration::from_secs(3);

/// The same where nothing is slow.
const CALM_SLACK: Duration = Duration::from_millis(1100);

/// How long a page may be there and one who waits does not get it.
const OVERSLEPT: Duration = Duration::from_millis(120);

/// The same in the worker that has stored it.
const OVERSLEPT_HERE: Duration = Duration::from_millis(8);

/// Tries in half a minute: after 1, 2, 4, 8 and 16 seconds.
const TRIES_MAX: u32 = 6;

/// What did not hold.
#[derive(Debug, Default)]
pub(super) struct Broken {
    texts: Vec<String>,
    /// The epochs of runs, by worker, its life and the run's name.
    epochs: HashMap<(usize, u64, u64), u64>,
    /// In which epoch versions were won.
    won: HashMap<(Pin, u64), u64>,
    /// When the last one was.
    won_at: Time,
    /// Since when and until when a fresh page is there.
    fresh: Option<(Time, Time)>,
    /// In which epoch it was stored.
    fresh_epoch: u64,
    /// The worker that was told so, and when.
    told: Option<(usize, Time)>,
    /// Pages that were stored: when, and their content.
    last: Option<(Time, u64)>,
    /// Tries while the backend fails.
    tries: u32,
    /// Runs that nobody else has at the same time.
    pub runs: u64,
}

impl Broken {
    pub(super) fn into_texts(self) -> Vec<String> {
        self.texts
    }
}

impl World {
    pub(super) fn breaks(&mut self, text: &str) {
        self.note(|| format!("BROKEN: {text}"));
        if !self.broken.texts.iter().any(|other| other == text) {
            self.broken.texts.push(text.into());
        }
    }

    /// A client gets a page.
    pub(super) fn serve(&mut self, number: usize, value: &Value<Vec<u8>>, how: &str) {
        let client = &mut self.clients[number];
        client.is_done = true;
        let floor = client.floor.unwrap_or_default();
        let Some(page) = Stored::of(value) else {
            self.breaks("what is no page was served");
            return;
        };
        self.note(|| format!("client {number} gets content {} ({how})", page.content));
        if self.has_versions() && page.content <= floor {
            self.breaks("a purged page was served");
        }
        let is_marked = value.marks.as_ref().is_some_and(|marks| marks.stale);
        let windows = match how {
            "fresh" => 0,
            "meanwhile" if !is_marked => page.while_revalidate,
            _ => page.extra(),
        };
        // What was stored when all was slow came late.
        let was_calm = self.is_calm && !self.is_over();
        let slack = if was_calm { CALM_SLACK } else { SLACK };
        let limit = Duration::from_secs((page.ttl + windows).into()) + slack;
        if self.now.since(page.at) > limit {
            self.breaks(&format!("a page was too old ({how})"));
        }
    }

    /// Whether all stores are by version.
    fn has_versions(&self) -> bool {
        self.scenario_has_locks() && self.lost_questions < 2
    }

    fn scenario_has_locks(&self) -> bool {
        !matches!(self.scenario, Scenario::Classic | Scenario::Unlocked)
    }

    /// A client has its answer.
    pub(super) fn check_wait(&mut self, number: usize) {
        // What was slow before may come a little later.
        if !self.is_calm || self.is_over() && !self.is_long_over() {
            return;
        }
        let client = &self.clients[number];
        let (worker, began) = (client.worker, client.began);
        let Some((since, _)) = self.broken.fresh.filter(|fresh| self.now < fresh.1) else {
            return;
        };
        if self.has_lost_run(worker, since) {
            return;
        }
        if self.now.since(since.max(began)) > OVERSLEPT {
            self.breaks("one waited although the page was there");
        }
        let here = self.broken.told.filter(|(other, _)| *other == worker);
        if let Some((_, told)) = here {
            if self.now.since(told.max(began)) > OVERSLEPT_HERE {
                self.breaks("one was not woken when the page was there");
            }
        }
    }

    /// Whether a worker does not know yet that what it makes is in vain, so that
    /// those who came before wait for that.
    fn has_lost_run(&self, worker: usize, since: Time) -> bool {
        self.makings.iter().any(|making| {
            let is_under_way = making.ended.is_none_or(|ended| ended >= since);
            let is_old = making
                .epoch
                .is_some_and(|epoch| epoch < self.broken.fresh_epoch);
            making.worker == worker && is_under_way && is_old
        })
    }

    /// A client must have its answer by now.
    pub(super) fn check_answered(&mut self, number: usize) {
        let client = &self.clients[number];
        if client.visit.is_some() && !client.is_done {
            self.breaks("one waited too long");
        }
    }

    /// A request to the backend begins.
    pub(super) fn check_alone(&mut self, serial: usize) {
        let making = &self.makings[serial];
        let Some(run) = &making.run else {
            return;
        };
        let (at, life) = (making.worker, making.life);
        let leases = &self.workers[at].leases;
        let Some((name, pin, version)) = leases.right(run) else {
            return;
        };
        let won = self.broken.won.get(&(pin, version)).copied();
        let epochs = &mut self.broken.epochs;
        let Some(epoch) = epochs.get(&(at, life, name)).copied().or(won) else {
            return;
        };
        epochs.insert((at, life, name), epoch);
        self.broken.runs += 1;
        let is_rival = |(other, making): (usize, &super::worker::Making)| {
            let leases = &self.workers[making.worker].leases;
            let is_lost = making.run.as_ref().is_none_or(|run| leases.is_lost(run));
            other != serial && making.ended.is_none() && !is_lost && making.epoch == Some(epoch)
        };
        let has_rival = self.makings.iter().enumerate().any(is_rival);
        if has_rival && self.has_versions() {
            self.breaks("two make the page at once");
        }
        self.makings[serial].epoch = Some(epoch);
    }

    /// A request to the backend begins, which may be failing.
    pub(super) fn check_failing(&mut self, serial: usize) {
        let making = &self.makings[serial];
        if self.scenario != Scenario::Failing || serial == 0 {
            return;
        }
        let is_alone = making.run.is_none();
        if making.manner == Manner::Fails {
            self.broken.tries += 1;
            if self.broken.tries > TRIES_MAX {
                self.breaks("a failing backend was asked too often");
            }
        }
        // Who came before it was there may have waited.
        let is_there = |(at, _)| self.now.since(at) > Duration::from_secs(1);
        if is_alone && self.broken.last.is_some_and(is_there) {
            self.breaks("the backend was asked although a page could be served");
        }
    }

    /// The server has carried out a command.
    pub(super) fn check_command(&mut self, number: usize, reply: &Reply<Vec<u8>>) {
        let message = &self.messages[number];
        let (at, pin) = (message.worker, message.pin);
        let is_meta = matches!(
            message.command,
            Command::MetaStore(_) | Command::MetaDelete(_) | Command::MetaState(_)
        );
        let mut stored = None;
        self.epoch += u64::from(message.is_purge);
        match &message.command {
            // A right may be taken over that is so old, if its owner still
            // uses it or not.
            Command::MetaDelete(delete) if delete.invalidate => {
                let rules = &self.rules;
                let limit = rules.refresh_timeout + 2 * TIMEOUT + Duration::from_secs(1);
                let age = self.now.since(self.broken.won_at);
                self.epoch += u64::from(age >= limit);
            }
            Command::MetaStore(store) => stored = Stored::read(&store.data),
            Command::Store(store) => stored = Stored::read(&store.data),
            _ => {}
        }
        if is_meta && !self.scenario_has_locks() {
            self.breaks("a meta command was sent");
        }
        if matches!(reply, Reply::ServerError(_)) {
            // It was too large, and what was there is gone, whoever had the right.
            self.epoch += 1;
        }
        let marks = match reply {
            Reply::Values(values) => match values.first() {
                Some((_, Found::Value(value))) => value.marks.as_deref().copied(),
                _ => None,
            },
            Reply::State(Some(state)) => Some(state.marks),
            _ => None,
        };
        if let Some(marks) = marks.filter(|marks| marks.won) {
            self.broken.won.insert((pin, marks.version), self.epoch);
            self.broken.won_at = self.now;
        }
        if let (Some(page), Reply::Status(Status::Stored)) = (stored, reply) {
            self.broken.last = Some((self.now, page.content));
            self.broken.told = None;
            self.after(2, Event::Stored(at));
        }
        self.watch();
    }

    /// A worker knows by now that it has stored a page.
    pub(super) fn stored(&mut self, at: usize) {
        self.broken.told = Some((at, self.now));
    }

    /// Notes whether a fresh page is there.
    fn watch(&mut self) {
        let (now, key) = (self.secs(), self.key.clone());
        let early = self.rules.early;
        let until = self.memcached.get(now, key.as_bytes()).and_then(|item| {
            let page = Stored::read(&item.data).filter(|_| !item.is_stale)?;
            let end = item.ends? - u64::from(page.extra() + early);
            Some(Time::from_micros(end * 1_000_000))
        });
        let until = until.filter(|until| self.now < *until);
        self.broken.fresh = match (self.broken.fresh, until) {
            (_, None) => None,
            (Some((since, before)), Some(until)) if self.now < before => Some((since, until)),
            (_, Some(until)) => {
                self.broken.fresh_epoch = self.epoch;
                Some((self.now, until))
            }
        };
        if self.broken.fresh.is_none() {
            self.broken.told = None;
        }
    }

    /// All is over.
    pub(super) fn check_end(&mut self) {
        if self.clients.iter().any(|client| client.visit.is_some()) {
            self.breaks("one was never answered");
        }
        for at in 0..self.workers.len() {
            let worker = &self.workers[at];
            if !worker.leases.is_idle() || worker.leases.poll_timeout().is_some() {
                self.breaks("something was left in the leases");
            } else if !worker.lookups.is_idle() {
                self.breaks("something was left in the lookups");
            }
            let stats = self.workers[at].leases.stats();
            let fates = [stats.stored, stats.overtaken, stats.refused, stats.failed];
            if stats.stores != fates.iter().sum::<u64>() {
                self.breaks("what became of a page was not counted once");
            }
        }
        match self.scenario {
            Scenario::SoftPurge if self.broken.runs != 2 => {
                let text = format!("{} runs for a soft purge", self.broken.runs);
                self.breaks(&text);
            }
            Scenario::Recovery | Scenario::Attack | Scenario::Failing => {
                let end = self.last_client();
                let is_good = self.broken.last.is_some_and(|(at, content)| {
                    content == self.content && end.since(at) < Duration::from_secs(15)
                });
                if !is_good {
                    self.breaks("the page is not cached again");
                }
            }
            _ => {}
        }
    }

    fn last_client(&self) -> Time {
        self.clients.last().map_or(self.now, |client| client.began)
    }
}

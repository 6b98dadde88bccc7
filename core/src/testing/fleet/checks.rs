//! What must hold.

use super::client::{Client, How};
use super::driving::is_own;
use super::host::name_of;
use super::page::{Page, Piece};
use super::slab::Id;
use super::world::World;
use crate::lookup::lease::{Answer, Why};
use crate::lookup::near::Reading;
use crate::protocol::{Key, Value};
use crate::server::Failure;
use crate::testing::memcached::Dialect;

/// What a page may be older than it says: by whole seconds, and on its way.
const SLACK_US: u64 = 3_000_000;

/// How long a page may be there and one who waits does not get it: he looks each 100 ms.
const OVERSLEPT_US: u64 = 150_000;

/// The same in the worker that has stored it, beside the ways of a lookup and of a question
/// for the right to make the page early.
const OVERSLEPT_HERE_US: u64 = 10_000;

/// A worker uses the count of a namespace for so long.
const COUNTED_US: u64 = 1_000_000;

/// What was purged: nobody who asks later gets it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    at: u64,
    version: u64,
    worker: u32,
}

impl World {
    pub(super) fn breaks(&mut self, text: &str) {
        self.note(|| format!("BROKEN: {text}"));
        if self.report.broken.is_none() {
            self.report.broken = Some(text.into());
        }
    }

    /// Whether all stores at a server are by version.
    fn has_versions(&self, server: u32) -> bool {
        self.plan.settings.options.lock > 0 && !self.hosts[server as usize].is_classic
    }

    /// A worker was told that a version is purged.
    pub(super) fn claim(&mut self, worker: u32, server: u32, key: &Key, version: u64) {
        let claim = Claim {
            at: self.now,
            version,
            worker,
        };
        let of_item = self.claims.entry(name_of(key.as_bytes())).or_default();
        of_item.insert(server, claim);
    }

    /// A visitor gets a page that was stored.
    pub(super) fn check_page(
        &mut self,
        client: Id,
        value: &Value<Piece>,
        reading: Option<Reading>,
        how: How,
    ) {
        let Some(page) = Page::of(value) else {
            self.breaks("what is no page was served");
            return;
        };
        let Some(it) = self.clients.get(client) else {
            return;
        };
        let (worker, began, key) = (it.worker, it.began, it.key.clone());
        if page.key != it.page {
            self.breaks("the page of another key was served");
            return;
        }
        let options = &self.plan.settings.options;
        let windows = options.windows().longest();
        let window = match how {
            How::Fresh | How::Near => 0,
            _ => windows,
        };
        let life = u64::from(options.ttl + window) * 1_000_000;
        if self.now - page.made > life + SLACK_US + self.slack {
            self.breaks(&format!("a page was too old ({how:?})"));
        }
        if let Some(key) = key {
            self.check_purged(worker, &key, &page, reading, how, began);
        }
        if let Some(reading) = reading.filter(|_| how != How::Instead) {
            let options = &self.plan.settings.options;
            let most = (options.timeout_ms + options.connect_timeout_ms + 250) * 1000;
            let is_stalled = self.workers[worker as usize].trouble_until > self.now;
            if reading.at.as_micros() + most < began && !is_stalled {
                self.breaks("one joined a lookup of long ago");
            }
        }
    }

    fn check_purged(
        &mut self,
        worker: u32,
        key: &Key,
        page: &Page,
        reading: Option<Reading>,
        how: How,
        began: u64,
    ) {
        let options = &self.plan.settings.options;
        let near = match how {
            How::Near => options.near_ms,
            How::NearOnError => options.near_ms + options.near_error_ms,
            _ => 0,
        };
        let near = near * 1000;
        self.check_bumped(worker, page, began);
        let name = name_of(key.as_bytes());
        let Some(claims) = self.claims.get(&name) else {
            return;
        };
        let (home, at) = self.places(worker, key);
        // Where it was asked for does not show if that changes meanwhile.
        let Some(claim) = claims.get(&home).copied().filter(|_| home == at) else {
            return;
        };
        if page.version > claim.version || !self.has_versions(home) {
            return;
        }
        let is_late = match reading {
            Some(reading) => reading.at.as_micros() > claim.at,
            None if claim.worker == worker => true,
            None => self.now > claim.at + near,
        };
        if is_late && !self.is_failing_over() {
            self.breaks(&format!("a purged page was served ({how:?})"));
        }
    }

    /// A bump holds where it was made: a server that was out of the list meanwhile comes back
    /// with the count that it had.
    fn check_bumped(&mut self, worker: u32, page: &Page, began: u64) {
        if self.bumped.is_empty() {
            return;
        }
        let server = self.count_source(worker).server.0;
        let (generation, bumped) = self.bumped.get(&server).copied().unwrap_or_default();
        // The key of another count is another item, near as well; who waits already goes on with
        // the count that he has.
        if page.version >> 32 < generation && began > bumped + COUNTED_US {
            self.breaks("an item of before a bump was served");
        }
    }

    /// Whether pages may be at other servers than their own.
    fn is_failing_over(&self) -> bool {
        self.plan.settings.options.failover && self.trouble_until > self.now
    }

    /// A lookup has failed.
    pub(super) fn check_failure_of(&mut self, worker: u32, servers: [u32; 2], failure: Failure) {
        let is_wrong = |server: u32| self.hosts[server as usize].trouble_until > self.now;
        if !servers.into_iter().any(is_wrong) {
            self.check_failure(worker, servers[0], failure);
        }
    }

    /// A command to a server has failed.
    pub(super) fn check_failure(&mut self, worker: u32, server: u32, failure: Failure) {
        let is_wrong = self.hosts[server as usize].trouble_until > self.now
            || self.workers[worker as usize].trouble_until > self.now
            || self.is_rough()
            || self.plan.settings.around.dialect != Dialect::Meta;
        if !is_wrong && !is_own(failure) {
            self.breaks(&format!("a server without a fault failed: {failure}"));
        }
    }

    /// A page begins to be made.
    pub(super) fn check_alone(&mut self, id: Id) {
        let Some(job) = self.jobs.get(id).filter(|job| job.is_alone) else {
            return;
        };
        let (worker, life) = (job.worker, job.life);
        let (Some(run), Some(key)) = (&job.run, &job.key) else {
            return;
        };
        let name = name_of(key.as_bytes());
        let leases = &self.workers[worker as usize].leases;
        let (Some((run, _, version)), Some(driver)) = (leases.right(run), leases.driver_of(run))
        else {
            return;
        };
        let server = driver.0;
        if !self.has_versions(server) {
            return;
        }
        let host = &self.hosts[server as usize];
        if self.run_epochs.len() > 1 << 17 {
            self.run_epochs.clear();
        }
        let known = self.run_epochs.get(&(worker, life, run)).copied();
        let now = || Some((host.life, host.epoch_of(name, version)?));
        let Some((of_host, epoch)) = known.or_else(now) else {
            return;
        };
        self.run_epochs
            .insert((worker, life, run), (of_host, epoch));
        let place = (server, of_host, name, epoch);
        let others = self.alone.remove(&place).unwrap_or_default();
        let mut rivals: Vec<Id> = Vec::new();
        for other in others {
            let Some(job) = self.jobs.get(other) else {
                continue;
            };
            let leases = &self.workers[job.worker as usize].leases;
            if job.run.as_ref().is_some_and(|run| !leases.is_lost(run)) {
                rivals.push(other);
            }
        }
        if !rivals.is_empty() {
            self.note(|| format!("{id:?} is a rival of {rivals:?}"));
            self.breaks("two make a page at once");
        }
        rivals.push(id);
        self.alone.insert(place, rivals);
        if self.alone.len() > 1 << 16 {
            let jobs = &mut self.jobs;
            self.alone
                .retain(|_, ids| ids.iter().any(|id| jobs.get(*id).is_some()));
        }
    }

    /// One who has waited for another has his answer.
    pub(super) fn check_woken(&mut self, client: Id, answer: &Answer<Piece>) {
        if self.is_rough() || self.trouble_until > self.now {
            return;
        }
        let Some(it) = self.clients.get(client) else {
            return;
        };
        let (worker, began, key) = (it.worker, it.began, it.key.clone());
        let Some(key) = key else {
            return;
        };
        let (home, at) = self.places(worker, &key);
        if home != at || !self.has_versions(home) || self.makes(worker, &key) {
            return;
        }
        match answer {
            Answer::Fresh(page) => {
                let name = name_of(key.as_bytes());
                let stored = self.stored.get(&(worker, name)).copied();
                let around = &self.plan.settings.around;
                let most = OVERSLEPT_HERE_US + 4 * (around.way_us + around.jitter_us);
                let late = stored.is_some_and(|at| self.now > at.max(began) + most);
                // It may be another one, which was made after that was gone.
                let made = Page::of(page).map(|page| page.made);
                if late && stored.is_some_and(|at| at > began) && made <= stored {
                    self.breaks("one was not woken when his page was there");
                }
            }
            Answer::Alone(Why::Waited) => {
                let host = &self.hosts[home as usize];
                let item = host.items.get(host.secs(self.now), key.as_bytes());
                let page = item.filter(|item| !item.is_stale).and_then(|item| {
                    let mut pieces = crate::protocol::Pieces::default();
                    pieces.push(super::page::piece(&item.data));
                    Page::of(&Value {
                        flags: item.flags,
                        marks: None,
                        len: item.data.len() as u64,
                        pieces,
                    })
                });
                let Some(page) = page else {
                    return;
                };
                let options = &self.plan.settings.options;
                let is_fresh = self.now < page.made + u64::from(options.ttl) * 500_000;
                if is_fresh && self.now > page.made.max(began) + OVERSLEPT_US {
                    self.breaks("one waited although his page was there");
                }
            }
            _ => {}
        }
    }

    /// Whether a worker makes a page, be it in vain, which it may not know yet.
    fn makes(&self, worker: u32, key: &Key) -> bool {
        let mut jobs = self.jobs.iter().map(|(_, job)| job);
        jobs.any(|job| job.worker == worker && job.run.is_some() && job.key.as_ref() == Some(key))
    }

    /// Nobody waits longer than his limits.
    pub(super) fn check_deadlines(&mut self) {
        while let Some((at, client)) = self.deadlines.front().copied() {
            if at > self.now {
                break;
            }
            self.deadlines.pop_front();
            let Some(it) = self.clients.get(client) else {
                continue;
            };
            let (worker, is_waiting) = (it.worker, it.waits_for_memcached());
            let is_stalled = self.workers[worker as usize].trouble_until > self.now;
            if is_waiting && !is_stalled {
                self.note(|| format!("{client:?} waits"));
                self.breaks("one waited too long");
            }
        }
    }

    /// All is over.
    pub(super) fn check_end(&mut self) {
        let is_waiting = |(_, client): (Id, &Client)| client.waits_for_memcached();
        if self.clients.iter().any(is_waiting) {
            self.breaks("a visitor was never answered");
        }
        if self.backend.busy > 0 {
            // It has more to do than it can; whoever waits for it is not done.
            return;
        }
        if self.clients.len() > 0 || self.jobs.len() > 0 {
            self.breaks("a page is still being made");
        }
        for at in 0..self.workers.len() {
            let worker = &self.workers[at];
            let stats = worker.leases.stats();
            let fates = stats.stored + stats.overtaken + stats.refused + stats.failed;
            let found = worker.lookups.stats();
            let text = if !worker.leases.is_idle() {
                "something was left in the leases"
            } else if !worker.lookups.is_idle() {
                "something was left in the lookups"
            } else if stats.stores != fates {
                "what became of a page was not counted once"
            } else if found.hits + found.misses + found.failures > found.begun {
                "more was found than looked for"
            } else if worker
                .drivers
                .iter()
                .flatten()
                .any(|it| it.core.stats().waiting() > 0)
            {
                "a request was left"
            } else {
                continue;
            };
            self.note(|| format!("w{at}"));
            self.breaks(text);
        }
    }
}

//! Pages that are made, and what becomes of them.

use super::backend::Job;
use super::client::How;
use super::driving::Way;
use super::page::Page;
use super::settings::Defect;
use super::slab::Id;
use super::worker::Token;
use super::world::World;
use crate::lookup::ServerId;
use crate::lookup::lease::End;
use crate::protocol::{Command, Lane, Store, StoreMode};
use crate::testing::manner::Manner;

impl World {
    /// The backend has answered.
    pub(super) fn made(&mut self, id: Id) {
        self.rests();
        let Some(job) = self.jobs.remove(id) else {
            return;
        };
        let manner = self.manner(&job);
        self.ended(id, job, manner);
    }

    /// Somebody has waited long enough for a page.
    pub(super) fn took_too_long(&mut self, id: Id) {
        if let Some(job) = self.jobs.remove(id) {
            self.ended(id, job, Manner::Fails);
        }
    }

    fn ended(&mut self, id: Id, job: Job, manner: Manner) {
        let (worker, now) = (job.worker, self.time());
        if self.workers[worker as usize].life != job.life {
            return;
        }
        self.note(|| format!("{id:?} ends: {manner:?}"));
        if job.is_refresh {
            self.workers[worker as usize].refreshes -= 1;
        }
        let is_new = job.luck & 1 == 0;
        let page = Page {
            key: job.page,
            version: if is_new {
                self.version(job.page)
            } else {
                job.version
            },
            made: if self.shows(Defect::PageTooOld, 2) {
                job.began.saturating_sub(60_000_000)
            } else {
                self.now
            },
            filling: self.filling(job.luck),
        };
        if let Some(client) = job.client {
            let instead = job
                .instead
                .as_ref()
                .filter(|(_, until, _)| manner == Manner::Fails && now < *until);
            match instead {
                Some((page, _, reading)) => self.serve(client, page, *reading, How::Instead),
                None if manner == Manner::Fails => self.done(client, How::Error),
                None => self.done(client, How::Made),
            }
        }
        let end = match manner {
            Manner::Storable => None,
            Manner::NotStorable => Some(End::NotStorable),
            Manner::Private => Some(End::Forbidden),
            Manner::Authorized => Some(End::RequestOnly),
            Manner::Fails => Some(End::Error),
        };
        let Some(key) = &job.key else {
            return;
        };
        let options = self.plan.settings.served();
        if let Some(run) = job.run {
            let (home, _) = self.places(worker, key);
            let driver = self.workers[worker as usize].leases.driver_of(&run);
            let stands_in = driver.is_some_and(|driver| driver.0 != home);
            let item = page.item(&options, self.unix(worker), job.luck >> 3, stands_in);
            let leases = &mut self.workers[worker as usize].leases;
            match (end, item) {
                (None, Some(item)) => leases.store(now, run, item),
                (Some(end), _) => leases.end(now, run, end),
                (None, None) => leases.end(now, run, End::NotStorable),
            }
        } else if end.is_none() && !options.is_fresh_on() {
            self.store_plainly(worker, key.clone(), &page, job.luck);
        }
        self.mark(worker);
    }

    /// A page is stored without leases.
    fn store_plainly(&mut self, worker: u32, key: crate::protocol::Key, page: &Page, luck: u64) {
        let (home, server) = self.places(worker, &key);
        let options = &self.plan.settings.options;
        let stands_in = home != server;
        let Some(item) = page.item(options, self.unix(worker), luck >> 3, stands_in) else {
            return;
        };
        let timeout = options.timeout();
        self.change(worker, server, &key);
        let command = Command::Store(Store {
            mode: StoreMode::Set,
            key,
            flags: item.flags,
            exptime: item.exptime,
            data: item.data,
        });
        let way = Way::Lane(Lane::Store);
        self.submit(worker, server, way, command, timeout, Token::Nobody);
    }

    /// A worker changes an item, or has done so.
    pub(super) fn change(&mut self, worker: u32, server: u32, key: &crate::protocol::Key) {
        if self.shows(Defect::ChangeUntold, 1) {
            return;
        }
        let now = self.time();
        let it = &mut self.workers[worker as usize];
        it.lookups.changed(ServerId(server), key);
        it.leases.changed(now, ServerId(server), key);
    }

    /// The client of a page that is made has left: something goes on without him, or nothing.
    pub(super) fn left(&mut self, id: Id, luck: u64) {
        let most = self.plan.settings.options.refresh_max;
        let Some(job) = self.jobs.get(id) else {
            return;
        };
        job.client = None;
        let worker = job.worker as usize;
        let goes_on = luck & 2 == 0 && job.is_alone && self.workers[worker].refreshes < most;
        if goes_on && !job.is_refresh {
            job.is_refresh = true;
            self.workers[worker].refreshes += 1;
        } else if !goes_on {
            if let Some(job) = self.jobs.remove(id) {
                self.abandon(job);
            }
        }
    }

    /// Nothing goes on with a run.
    pub(super) fn abandon(&mut self, job: Job) {
        let now = self.time();
        if let Some(run) = job.run {
            let leases = &mut self.workers[job.worker as usize].leases;
            leases.end(now, run, End::Abandoned);
        }
        self.mark(job.worker);
    }

    /// Bytes that fill a page.
    fn filling(&self, luck: u64) -> u32 {
        let most = u64::from(self.plan.settings.around.page_max);
        let luck = luck >> 12;
        // Few are large.
        let part = if luck % 16 == 0 { most } else { most.min(64) };
        ((luck >> 4) % (part + 1)) as u32
    }
}

//! What befalls workers, servers, and what lies between them.

use core::ops::Range;
use std::rc::Rc;

use super::plan::Operation;
use super::queue::Event;
use super::slab::Id;
use super::traffic::Traffic;
use super::worker::Worker;
use super::world::World;
use crate::protocol::{Store, StoreMode};
use crate::purge::Mode;

/// A server may be in trouble for so long after a fault of it: attempts to connect have
/// pauses, and who was down is tried once in a while.
const AFTER_US: u64 = 5_000_000;

/// No bytes get through between some workers and a server.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) server: u32,
    pub(super) workers: Range<u32>,
    pub(super) until: u64,
}

impl World {
    /// Something of the plan happens.
    pub(super) fn operation(&mut self, operation: Operation) {
        self.note(|| format!("{operation:?}"));
        let now = self.now;
        match operation {
            Operation::Purge { worker, page } => self.purge_by(worker, page, Mode::Hard),
            Operation::SoftPurge { worker, page, secs } => {
                self.purge_by(worker, page, Mode::Soft(secs));
            }
            Operation::Bump { worker } => {
                if self.workers[worker as usize].stalled_until <= now {
                    self.bump(worker);
                }
            }
            Operation::Kill { server, ms } => {
                self.is_wrong(Some(server), None, ms * 1000);
                let host = &mut self.hosts[server as usize];
                host.is_up = false;
                self.goes(server, ms);
                self.reset_all(server, None);
            }
            Operation::CutPower { server, ms } => {
                self.is_wrong(Some(server), None, ms * 1000);
                let host = &mut self.hosts[server as usize];
                host.is_up = false;
                host.has_power = false;
                self.goes(server, ms);
                self.forget_all(server);
            }
            Operation::Hang { server, ms } => {
                self.is_wrong(Some(server), None, ms * 1000);
                self.hosts[server as usize].hung_until = now + ms * 1000;
            }
            Operation::ReadSlowly { server, ms } => {
                self.is_wrong(Some(server), None, ms * 1000);
                self.hosts[server as usize].slow_until = now + ms * 1000;
            }
            Operation::Disconnect { server, worker } => {
                self.is_wrong(Some(server), None, 0);
                self.reset_all(server, worker);
            }
            Operation::Evict { server, percent } => {
                let random = self.chance.below(u64::MAX);
                let host = &mut self.hosts[server as usize];
                host.items.evict_some(percent.into(), random);
                host.take_notes(now, 0, true);
            }
            Operation::Partition {
                server,
                first,
                count,
                ms,
            } => {
                self.is_wrong(Some(server), None, ms * 1000);
                self.cuts.retain(|cut| cut.until > now);
                self.cuts.push(Cut {
                    server,
                    workers: first..first + count,
                    until: now + ms * 1000,
                });
            }
            Operation::RestartWorker { worker } => {
                let servers = self.workers[worker as usize].pool.servers().len() as u32;
                self.restart_worker(worker, servers);
            }
            Operation::Stall { worker, ms } => {
                self.is_wrong(None, Some(worker), ms * 1000);
                self.workers[worker as usize].stalled_until = now + ms * 1000;
            }
            Operation::Clock { worker, secs } => {
                self.is_wrong(None, Some(worker), 0);
                self.workers[worker as usize].clock = secs;
            }
            Operation::BackendFails { ms } => self.backend.fails_until = now + ms * 1000,
            Operation::BackendSlow { ms } => self.backend.slow_until = now + ms * 1000,
            Operation::Crowd { page, count, ms } => {
                let gap = (ms * 1000 / u64::from(count.max(1))) as u32;
                let crowd = Event::Crowd {
                    key: page,
                    left: count,
                    gap,
                };
                self.queue.push(now, crowd);
            }
            Operation::Reconfigure { servers, ms } => {
                let workers = self.plan.settings.workers;
                for worker in 0..workers {
                    let after = ms * 1000 * u64::from(worker) / u64::from(workers);
                    let event = Event::Restarts { worker, servers };
                    self.queue.push(now + after, event);
                }
            }
            Operation::Warm => self.warm(),
        }
    }

    fn purge_by(&mut self, worker: u32, page: u32, mode: Mode) {
        if self.workers[worker as usize].stalled_until <= self.now {
            self.purge(worker, page, mode);
        }
    }

    /// One more of a crowd comes.
    pub(super) fn crowd(&mut self, key: u32, left: u32, gap: u32) {
        if left == 0 {
            return;
        }
        let arrival = Traffic::visitor(&mut self.chance, &self.plan.settings, self.now, key);
        self.arrives(arrival);
        let left = left - 1;
        self.queue
            .push(self.now + u64::from(gap), Event::Crowd { key, left, gap });
    }

    /// All pages are stored at once.
    fn warm(&mut self) {
        let options = self.plan.settings.options.clone();
        for key in 0..self.plan.settings.keys {
            let luck = self.chance.below(1 << 50);
            let page = super::page::Page {
                key,
                version: self.version(key),
                made: self.now,
                filling: 0,
            };
            let name = self.keys[key as usize].clone();
            let (home, _) = self.places(0, &name);
            let Some(item) = page.item(&options, self.unix(0), luck, false) else {
                continue;
            };
            let host = &mut self.hosts[home as usize];
            let secs = host.secs(self.now);
            host.items.store(
                secs,
                &Store {
                    mode: StoreMode::Set,
                    key: name,
                    flags: item.flags,
                    exptime: item.exptime,
                    data: item.data,
                },
            );
            host.take_notes(self.now, 0, true);
        }
    }

    /// Something is wrong for so long, and its effects are there for a while.
    pub(super) fn is_wrong(&mut self, server: Option<u32>, worker: Option<u32>, micros: u64) {
        let until = self.now + micros + AFTER_US;
        self.trouble_until = self.trouble_until.max(until);
        if let Some(server) = server {
            self.hosts[server as usize].is_in_trouble(until);
        }
        if let Some(worker) = worker {
            let it = &mut self.workers[worker as usize];
            it.trouble_until = it.trouble_until.max(until);
        }
    }

    /// The process of a server is gone; another one will be there.
    fn goes(&mut self, server: u32, ms: u64) {
        let host = &mut self.hosts[server as usize];
        host.life += 1;
        host.hung_until = 0;
        host.restart();
        let life = host.life;
        let event = Event::Returns { server, life };
        self.queue.push(self.now + ms * 1000, event);
    }

    /// It is there.
    pub(super) fn returns(&mut self, server: u32, life: u32) {
        let host = &mut self.hosts[server as usize];
        if host.life == life {
            host.is_up = true;
            host.has_power = true;
            self.note(|| format!("s{server} returns"));
        }
    }

    /// A worker ends, and another one begins.
    pub(super) fn restart_worker(&mut self, worker: u32, servers: u32) {
        self.is_wrong(None, Some(worker), 0);
        let pool = Rc::clone(&self.pools[servers as usize - 1]);
        let options = &self.plan.settings.options;
        let it = &mut self.workers[worker as usize];
        let mut new = Worker::new(it.life + 1, pool, self.hosts.len(), options);
        new.clock = it.clock;
        new.trouble_until = it.trouble_until;
        new.is_dirty = it.is_dirty;
        let old = core::mem::replace(it, new);
        let sockets = old.drivers.iter().flatten();
        let sockets: Vec<Id> = sockets
            .flat_map(|driver| driver.sockets.iter().flatten().copied())
            .collect();
        for conn in sockets {
            self.disconnect(conn);
        }
        let of_it = self.clients.iter().filter(|(_, it)| it.worker == worker);
        let clients: Vec<Id> = of_it.map(|(id, _)| id).collect();
        for client in clients {
            self.clients.remove(client);
            self.count(|span| span.left += 1);
        }
        let of_it = self.jobs.iter().filter(|(_, it)| it.worker == worker);
        let jobs: Vec<Id> = of_it.map(|(id, _)| id).collect();
        for job in jobs {
            self.jobs.remove(job);
        }
        self.forget_purges(worker);
        self.mark(worker);
    }
}

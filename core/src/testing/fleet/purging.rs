//! Operators who change what is stored.

use core::task::Poll;

use super::driving::Way;
use super::page::Piece;
use super::settings::Defect;
use super::slab::Id;
use super::worker::{Token, Waker};
use super::world::World;
use crate::namespace::{self, Bump};
use crate::protocol::{Command, Key, Lane, Reply, Status, Store, StoreMode};
use crate::purge::{Mode, Purge, Purged, Route};
use crate::server::Outcome;

/// An item that is purged.
#[derive(Debug)]
pub(super) struct Purging {
    worker: u32,
    server: u32,
    purge: Purge,
    /// Nobody gets this version any more, if it is a hard one.
    version: Option<u64>,
}

/// Items whose keys wait for the count of their namespace.
#[derive(Debug)]
pub(super) struct Counting {
    worker: u32,
    page: u32,
    mode: Mode,
    version: Option<u64>,
    visit: namespace::Visit,
}

/// A count that is being set.
#[derive(Debug)]
pub(super) struct Bumping {
    worker: u32,
    server: u32,
    bump: Bump,
    generation: u64,
}

impl World {
    /// A worker is told to purge a page.
    pub(super) fn purge(&mut self, worker: u32, page: u32, mode: Mode) {
        let version = (mode == Mode::Hard).then(|| self.version(page));
        self.contents[page as usize] += 1;
        self.note(|| format!("w{worker} purges page {page}: {mode:?}"));
        if !self.plan.settings.options.namespace {
            let key = self.keys[page as usize].clone();
            self.purge_key(worker, &key, mode, version);
            return;
        }
        let source = self.count_source(worker);
        let visit = namespace::Visit::anew(self.time(), source, self.namespace.clone());
        let counting = self.countings.add(Counting {
            worker,
            page,
            mode,
            version,
            visit,
        });
        self.counted_for_purge(worker, counting);
    }

    /// The count of the namespace may be there.
    pub(super) fn counted_for_purge(&mut self, worker: u32, id: Id) {
        let Some(mut counting) = self.countings.take(id) else {
            return;
        };
        let found = self.ask_count(worker, &mut counting.visit, Waker::Purge(id));
        match found {
            Poll::Pending => self.countings.put_back(id, counting),
            Poll::Ready(result) => {
                self.countings.give_up(id);
                if let Ok(count) = result {
                    let mut text = self.keys[counting.page as usize].as_bytes().to_vec();
                    count.prefix(&mut text);
                    let key = Key::hashing(&text);
                    self.purge_key(worker, &key, counting.mode, counting.version);
                }
            }
        }
        self.mark(worker);
    }

    fn purge_key(&mut self, worker: u32, key: &Key, mode: Mode, version: Option<u64>) {
        let it = &self.workers[worker as usize];
        let servers = it.pool.servers();
        let now = self.time();
        let home = servers[it.pool.route(key)].address;
        let stand_in = it
            .pool
            .stand_in(key, |at| it.refuses(servers[at].address, now));
        let stand_in = stand_in.map(|at| servers[at].address);
        for server in stand_in.into_iter().chain([home]) {
            if stand_in.is_some() && server == home && self.shows(Defect::PurgeHalf, 1) {
                self.claim(worker, home, key, version.unwrap_or(0));
                continue;
            }
            self.change(worker, server, key);
            let purging = self.purgings.add(Purging {
                worker,
                server,
                purge: Purge::new(key.clone(), mode),
                version,
            });
            self.send_purge(worker, purging);
        }
        self.mark(worker);
    }

    /// Sends what is due of a purge.
    pub(super) fn send_purge(&mut self, worker: u32, id: Id) {
        let Some(purging) = self.purgings.get(id) else {
            return;
        };
        let server = purging.server;
        let (route, command) = purging.purge.command();
        let way = match route {
            Route::Ordered => Way::Lane(Lane::Store),
            Route::Detect => Way::Lane(Lane::Detect),
            Route::Pinned(pin) => Way::Pinned(pin),
        };
        let timeout = self.plan.settings.options.timeout();
        self.submit(worker, server, way, command, timeout, Token::Purge(id));
    }

    /// A purge has an answer.
    pub(super) fn purge_goes_on(&mut self, worker: u32, id: Id, outcome: Outcome<Piece>) {
        let Some(purging) = self.purgings.get(id) else {
            return;
        };
        let Some(result) = purging.purge.handle(outcome) else {
            self.workers[worker as usize].due.push_back(id);
            return;
        };
        let Some(purging) = self.purgings.remove(id) else {
            return;
        };
        // A lookup that began while it was under way may have found the item.
        let key = purging.purge.key().clone();
        self.change(worker, purging.server, &key);
        self.note(|| format!("w{worker} has purged {key:?}: {result:?}"));
        let is_done = matches!(result, Purged::Found | Purged::NotFound);
        if let Some(version) = purging.version.filter(|_| is_done) {
            self.claim(worker, purging.server, &key, version);
        }
    }

    /// A worker is told to give up all items of the namespace.
    pub(super) fn bump(&mut self, worker: u32) {
        if !self.plan.settings.options.namespace {
            return;
        }
        self.note(|| format!("w{worker} bumps"));
        self.generation += 1;
        let source = self.count_source(worker);
        let count = self.new_count(worker);
        let now = self.time();
        let name = self.namespace.clone();
        let key = name.key();
        let names = &mut self.workers[worker as usize].names;
        let bump = names.begin_bump(now, source.server, name, count);
        let bump = self.bumpings.add(Bumping {
            worker,
            server: source.server.0,
            bump,
            generation: self.generation,
        });
        let command = Command::Store(Store {
            mode: StoreMode::SetOnce,
            key,
            flags: 0,
            exptime: 0,
            data: count.to_string().into_bytes(),
        });
        let (way, server) = (Way::Lane(Lane::Store), source.server.0);
        let token = Token::Bump(bump);
        if self.shows(Defect::BumpUnsent, 1) {
            let stored = Reply::Status(Status::Stored);
            self.complete(worker, token, Outcome::Reply(stored));
            return;
        }
        self.submit(worker, server, way, command, source.timeout, token);
        self.mark(worker);
    }

    /// A bump has an answer.
    pub(super) fn bumped(&mut self, worker: u32, id: Id, outcome: &Outcome<Piece>) {
        let Some(bumping) = self.bumpings.remove(id) else {
            return;
        };
        let is_set = matches!(outcome, Outcome::Reply(Reply::Status(Status::Stored)));
        let names = &mut self.workers[worker as usize].names;
        names.end_bump(bumping.bump, is_set);
        if is_set {
            self.note(|| format!("w{worker} has bumped"));
            let bumped = (bumping.generation, self.now);
            self.bumped.insert(bumping.server, bumped);
        }
    }

    /// What a worker had to do with that is no more goes with it.
    pub(super) fn forget_purges(&mut self, worker: u32) {
        let of_it = |it: u32| it == worker;
        let gone: Vec<Id> = self
            .purgings
            .iter()
            .filter(|(_, it)| of_it(it.worker))
            .map(|(id, _)| id)
            .collect();
        for id in gone {
            self.purgings.remove(id);
        }
        let gone: Vec<Id> = self
            .countings
            .iter()
            .filter(|(_, it)| of_it(it.worker))
            .map(|(id, _)| id)
            .collect();
        for id in gone {
            self.countings.remove(id);
        }
        let gone: Vec<Id> = self
            .bumpings
            .iter()
            .filter(|(_, it)| of_it(it.worker))
            .map(|(id, _)| id)
            .collect();
        for id in gone {
            self.bumpings.remove(id);
        }
    }
}

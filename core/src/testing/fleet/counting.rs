//! The count of the namespace, for those who need it.

use core::task::Poll;

use super::client::Stage;
use super::page::Piece;
use super::slab::Id;
use super::worker::Waker;
use super::world::World;
use crate::lookup::{DriverId, ServerId};
use crate::namespace::{self, Asker, Count, Name, ReadingId, Source, Unreadable};
use crate::protocol::Key;
use crate::server::{Failure, Outcome};

/// The name of the namespace.
pub(super) fn namespace() -> Name {
    Name::new(b"site").expect("a name")
}

impl World {
    /// Where the count of the namespace is.
    pub(super) fn count_source(&self, worker: u32) -> Source {
        let pool = &self.workers[worker as usize].pool;
        let at = pool.route(&self.namespace.key());
        let server = pool.servers()[at].address;
        Source {
            server: ServerId(server),
            driver: DriverId(server),
            timeout: self.plan.settings.options.timeout(),
        }
    }

    /// A count that was never used.
    pub(super) fn new_count(&mut self, worker: u32) -> Count {
        let millis = self.unix(worker).as_millis() as u64;
        Count::new(millis, self.chance.below(1 << 40))
    }

    /// Goes on with one who needs the count.
    pub(super) fn poll_count(&mut self, client: Id, mut visit: Box<namespace::Visit>) {
        let Some(it) = self.clients.get(client) else {
            return;
        };
        let (worker, page) = (it.worker, it.page);
        match self.ask_count(worker, &mut visit, Waker::Client(client)) {
            Poll::Pending => {
                if let Some(it) = self.clients.get(client) {
                    it.stage = Stage::Counting(visit);
                }
            }
            Poll::Ready(Ok(count)) => {
                let mut text = self.keys[page as usize].as_bytes().to_vec();
                count.prefix(&mut text);
                self.look(client, Key::hashing(&text));
            }
            Poll::Ready(Err(why)) => {
                if let Unreadable::Failed(failure) = why {
                    let server = self.count_source(worker).server.0;
                    if !self.lost_its_add(worker, server, failure) {
                        self.check_failure(worker, server, failure);
                    }
                }
                self.make(client, None, None, false);
            }
        }
    }

    /// The count of the namespace, as somebody needs it.
    pub(super) fn ask_count(
        &mut self,
        worker: u32,
        visit: &mut namespace::Visit,
        waker: Waker,
    ) -> Poll<Result<Count, Unreadable>> {
        let fresh = self.new_count(worker);
        let now = self.time();
        let names = &mut self.workers[worker as usize].names;
        names.poll(now, visit, || Asker { waker, fresh })
    }

    /// Whether that is what has failed: an `add` is not sent again, so it fails if it is what
    /// shows that the connection has had no other end since a fault of long ago.
    fn lost_its_add(&self, worker: u32, server: u32, failure: Failure) -> bool {
        failure == Failure::Lost && self.adds_lost.get(&(worker, server)) == Some(&self.now)
    }

    /// What a server said of a count that was to be added.
    pub(super) fn count_added(&mut self, worker: u32, reading: ReadingId, outcome: Outcome<Piece>) {
        let place = (worker, self.count_source(worker).server.0);
        let is_dead = self.found_dead.get(&place) == Some(&self.now);
        if is_dead && matches!(outcome, Outcome::Failed(Failure::Lost)) {
            self.adds_lost.insert(place, self.now);
        }
        self.count_read(worker, reading, outcome);
    }

    /// What a server said of the count.
    pub(super) fn count_read(&mut self, worker: u32, reading: ReadingId, outcome: Outcome<Piece>) {
        let now = self.time();
        let names = &mut self.workers[worker as usize].names;
        let _ = names.handle_outcome(now, reading, outcome);
    }
}

//! The lookups of one worker.

use core::hash::{BuildHasher, Hash, Hasher};
use core::task::Poll;
use core::time::Duration;
use std::collections::VecDeque;
use std::rc::Rc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::coalesce::{Completed, DriverId, Flight, ServerId, Spare, Target, Waiter};
use super::hashing::Hashing;
use super::near::{Near, Page, Reading, Stamps};
use super::neighbours::Neighbours;
use super::place::Place;
use super::result::LookupResult;
use crate::protocol::Key;
use crate::server::{Failure, RequestId, Unclaimed};
use crate::time::Time;

/// What became of [`Lookups::begin`].
#[derive(Debug)]
pub enum Begin<W, P> {
    /// The result is there; the waker is not used.
    Ready(LookupResult<P>),
    /// The result will come. The waiter belongs to the caller, which
    /// [polls](Lookups::poll) it and gives it back to [`leave`](Lookups::leave).
    Pending(Waiter<W, P>),
}

/// A request that nobody wants any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancel {
    /// What carries it.
    pub driver: DriverId,
    /// Its name there.
    pub request: RequestId,
}

/// A server answered a lookup with `SERVER_ERROR`, which is a miss; for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What carried the request.
    pub driver: DriverId,
    /// The server's own words (excerpt).
    pub text: Box<str>,
}

/// Sums over all lookups since the beginning. Each lookup that did not leave is
/// a hit, a miss or a failure in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Lookups that were begun.
    pub begun: u64,
    /// Those among them that joined the request of another.
    pub joined: u64,
    /// Results that were a value.
    pub hits: u64,
    /// Results that were none.
    pub misses: u64,
    /// Results that could not be had.
    pub failures: u64,
}

/// The lookups of one worker: `W` wakes one who waits, `P` is a piece of a
/// value.
#[derive(Debug)]
pub struct Lookups<W, P> {
    /// Flights that can be joined, at most one for a server and key.
    joinable: HashTable<Rc<Flight<W, P>>>,
    hasher: Hashing,
    to_submit: VecDeque<Rc<Flight<W, P>>>,
    spare: Spare<W, P>,
    completed: Rc<Completed<W, P>>,
    /// The flight whose waiters are being woken, and the next one's place.
    waking: Option<(Rc<Flight<W, P>>, usize)>,
    closed: bool,
    near: Near<P>,
    stamps: Stamps,
    neighbours: Neighbours,
    stats: Stats,
}

impl<W, P> Default for Lookups<W, P> {
    fn default() -> Self {
        Self {
            joinable: HashTable::new(),
            hasher: Hashing::default(),
            to_submit: VecDeque::new(),
            spare: Spare::default(),
            completed: Rc::default(),
            waking: None,
            closed: false,
            near: Near::new(0),
            stamps: Stamps::default(),
            neighbours: Neighbours::default(),
            stats: Stats::default(),
        }
    }
}

impl<W, P: Clone> Lookups<W, P> {
    /// Lookups with a near cache of so many bytes.
    #[must_use]
    pub fn with_near(bytes: u64) -> Self {
        Self {
            near: Near::new(bytes),
            ..Self::default()
        }
    }

    /// The same, of servers of which some may be at one place.
    #[must_use]
    pub fn among(self, neighbours: Neighbours) -> Self {
        Self { neighbours, ..self }
    }

    /// Begins the lookup of a key. Call [`poll_submit`](Self::poll_submit) next.
    pub fn begin(&mut self, now: Time, target: Target, key: &Key, waker: W) -> Begin<W, P> {
        self.stats.begun += 1;
        if self.closed {
            return Begin::Ready(self.count(LookupResult::Failed(Failure::Shutdown)));
        }
        let hash = self.hash_of(target.server, key);
        let entry = self.joinable.entry(
            hash,
            |flight| flight.is_of(target.server, key),
            |flight| flight.hash(),
        );
        let (spare, completed) = (&mut self.spare, &self.completed);
        let reading = self.stamps.reading(now, hash);
        let mut open = || spare.open(hash, reading, target, key.clone(), completed);
        let flight = match entry {
            Entry::Occupied(mut entry) => {
                let other = entry.get();
                if other.target() == target && other.is_wanted() {
                    self.stats.joined += 1;
                    return Begin::Pending(other.join(waker));
                }
                // The newer flight takes the place of the older one.
                other.listed.set(false);
                let flight = open();
                *entry.get_mut() = Rc::clone(&flight);
                flight
            }
            Entry::Vacant(entry) => Rc::clone(entry.insert(open()).get()),
        };
        let waiter = flight.join(waker);
        self.to_submit.push_back(flight);
        Begin::Pending(waiter)
    }

    /// A flight whose request has to be submitted, to what its
    /// [target](Flight::target) names. Call [`Flight::submitted`] once this was
    /// done, and hand in the outcome, or the failure to submit, with
    /// [`Flight::handle_outcome`].
    #[must_use]
    pub fn poll_submit(&mut self) -> Option<Rc<Flight<W, P>>> {
        loop {
            let flight = self.to_submit.pop_front()?;
            if flight.is_wanted() {
                return Some(flight);
            }
        }
    }

    /// The item of a key is about to be changed at a server: lookups that begin
    /// later are not answered by a request submitted before, whichever of its neighbours they ask.
    ///
    /// What was found near is forgotten, and so is what a request submitted before will find.
    pub fn changed(&mut self, server: ServerId, key: &Key) {
        if self.joinable.is_empty() && !self.near.is_used() {
            return;
        }
        let neighbours = self.neighbours.clone();
        neighbours.each(server, |server| self.changed_at(server, key));
    }

    fn changed_at(&mut self, server: ServerId, key: &Key) {
        let hash = self.hash_of(server, key);
        if self.near.is_used() {
            self.stamps.changed(hash);
            let key = key.clone();
            self.near.remove(&Place { server, key });
        }
        let same = |flight: &Rc<Flight<W, P>>| flight.is_of(server, key);
        if let Ok(entry) = self.joinable.find_entry(hash, same) {
            entry.remove().0.listed.set(false);
        }
    }

    /// An item is about to be asked for, other than by a lookup of these.
    #[must_use]
    pub fn reading(&self, now: Time, place: &Place) -> Reading {
        let hash = self.hash_of(place.server, &place.key);
        self.stamps.reading(now, hash)
    }

    /// What was found lately.
    pub const fn near(&mut self) -> &mut Near<P> {
        &mut self.near
    }

    /// Keeps what a reading of an item has found, for those who ask [near](Self::near), unless
    /// the item was changed since, something as new is there, or it has too many bytes.
    /// `fresh_for`: how long it is still fresh, if that is known.
    pub fn keep_near(
        &mut self,
        now: Time,
        reading: &Reading,
        place: Place,
        fresh_for: Option<Duration>,
        len: u64,
        page: impl FnOnce() -> Page<P>,
    ) {
        let is_wanted = || self.stamps.is_current(reading) && self.near.wants(reading, &place, len);
        if self.near.is_used() && !self.closed && is_wanted() {
            self.near.keep(now, reading, place, fresh_for, page());
        }
    }

    /// The next one to be woken, because its result is there.
    #[must_use]
    pub fn poll_wake(&mut self) -> Option<W> {
        loop {
            let (flight, place) = if let Some(waking) = self.waking.take() {
                waking
            } else {
                let flight = self.completed.flights.borrow_mut().pop_front()?;
                self.unlist(&flight);
                (flight, 0)
            };
            let (waker, next) = flight.next_to_wake(place);
            self.waking = next.map(|next| (flight, next));
            if waker.is_some() {
                return waker;
            }
        }
    }

    /// What a server said when it refused a lookup.
    #[must_use]
    pub fn poll_refusal(&mut self) -> Option<Refusal> {
        let (driver, text) = self.completed.refusals.borrow_mut().pop_front()?;
        Some(Refusal { driver, text })
    }

    /// A right to make an item that its lookup has won and nobody has fetched; it is
    /// to be given back by what carried the lookup.
    #[must_use]
    pub fn poll_unclaimed(&mut self) -> Option<(DriverId, Unclaimed)> {
        self.completed.unclaimed.borrow_mut().pop_front()
    }

    /// The result of a lookup, once; after that it is `Failed(Lost)`.
    pub fn poll(&mut self, waiter: &Waiter<W, P>) -> Poll<LookupResult<P>> {
        waiter.fetch().map(|result| match result {
            Some(result) => self.count(result),
            None => LookupResult::Failed(Failure::Lost),
        })
    }

    /// A waiter does not want its result any more, or has it. What is returned
    /// is to be cancelled, because nobody else wants it either.
    #[must_use]
    pub fn leave(&mut self, waiter: Waiter<W, P>) -> Option<Cancel> {
        let (flight, unwanted) = waiter.leave();
        if !unwanted {
            self.spare.keep(flight);
            return None;
        }
        self.unlist(&flight);
        let request = flight.request()?;
        let driver = flight.target().driver;
        Some(Cancel { driver, request })
    }

    /// No lookup is begun any more; those under way go on.
    pub const fn close(&mut self) {
        self.closed = true;
    }

    /// Whether no flight can be joined, waits to be submitted, or has waiters that
    /// are still to be woken.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.joinable.is_empty()
            && self.to_submit.is_empty()
            && self.waking.is_none()
            && self.completed.flights.borrow().is_empty()
            && self.completed.unclaimed.borrow().is_empty()
    }

    /// What was counted.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    fn hash_of(&self, server: ServerId, key: &Key) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        server.hash(&mut hasher);
        key.hash(&mut hasher);
        hasher.finish()
    }

    fn unlist(&mut self, flight: &Rc<Flight<W, P>>) {
        if !flight.listed.replace(false) {
            return;
        }
        let same = |other: &Rc<Flight<W, P>>| Rc::ptr_eq(other, flight);
        if let Ok(entry) = self.joinable.find_entry(flight.hash(), same) {
            entry.remove();
        }
    }

    fn count(&mut self, result: LookupResult<P>) -> LookupResult<P> {
        match &result {
            LookupResult::Hit(_) => self.stats.hits += 1,
            LookupResult::Miss | LookupResult::TooLarge(_) => self.stats.misses += 1,
            LookupResult::Failed(_) => self.stats.failures += 1,
        }
        result
    }
}

//! Flights: requests under way, each shared by all who wait for it.

use core::cell::{Cell, RefCell};
use core::mem;
use core::task::Poll;
use core::time::Duration;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use smallvec::SmallVec;

use super::near::Reading;
use super::result::LookupResult;
use crate::protocol::{Key, Retrieve, Value};
use crate::server::{Outcome, RequestId, Unclaimed};

/// Flights that are kept to be used again.
const SPARE_MAX: usize = 256;

/// Room for more waiters than this is not kept for the next flight.
const ROOM_KEPT: usize = 64;

/// Names an address at which a server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServerId(pub u32);

/// Names what carries requests to a server. There may be several for one
/// address, which differ in how long they connect and when they retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DriverId(pub u32);

/// Where a lookup goes, and how long it may take. Only lookups of one target
/// share a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The address; a change of a key there concerns all its drivers.
    pub server: ServerId,
    /// What carries the request.
    pub driver: DriverId,
    /// The time for the answer.
    pub timeout: Duration,
    /// The longest value that is wanted, in bytes.
    pub max_value: u64,
    /// What else is wanted.
    pub asks: Asks,
}

/// What a lookup asks for beside the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asks {
    /// Nothing.
    #[default]
    Value,
    /// The item's version.
    Version,
    /// How long it lives. Who asks so makes no item: if the server gives the right to, it is
    /// given back at once.
    Life,
    /// Who is to make the item if it is missing or out of date, all but one being
    /// told that somebody does; an item that is missing is replaced for so many
    /// seconds by an empty one.
    Lock(u32),
}

impl Target {
    /// The command that looks a key up so.
    #[must_use]
    pub fn command(&self, key: Key) -> Retrieve {
        let lookup = Retrieve::one(key).up_to(self.max_value);
        match self.asks {
            Asks::Value => lookup,
            Asks::Version => lookup.with_cas(),
            Asks::Life => lookup.with_marks(),
            Asks::Lock(secs) => lookup.with_lock(secs),
        }
    }
}

#[derive(Debug)]
enum Place<W> {
    /// Waits for the result.
    Waiting(W),
    /// Was woken to fetch the result.
    Woken,
    /// Has fetched the result, or has left.
    Gone,
}

#[derive(Debug)]
struct Waiters<W, P> {
    /// Most flights have one waiter.
    places: SmallVec<[Place<W>; 1]>,
    /// Places whose waiter is not gone.
    present: usize,
    /// For those who are present; moved out with the last of them.
    result: Option<LookupResult<P>>,
}

/// One request under way and those who wait for it. Whoever carries the request
/// holds the flight, and hands the outcome to it.
#[derive(Debug)]
pub struct Flight<W, P> {
    hash: u64,
    key: Key,
    target: Target,
    reading: Reading,
    request: Cell<Option<RequestId>>,
    /// Whether it is in the table of those that can be joined.
    pub(super) listed: Cell<bool>,
    waiters: RefCell<Waiters<W, P>>,
    completed: Weak<Completed<W, P>>,
}

/// Flights whose outcome is there and what servers said when they refused,
/// queued until they are taken out.
#[derive(Debug)]
pub(super) struct Completed<W, P> {
    pub flights: RefCell<VecDeque<Rc<Flight<W, P>>>>,
    pub refusals: RefCell<VecDeque<(DriverId, Box<str>)>>,
    pub unclaimed: RefCell<VecDeque<(DriverId, Unclaimed)>>,
}

impl<W, P> Default for Completed<W, P> {
    fn default() -> Self {
        Self {
            flights: RefCell::default(),
            refusals: RefCell::default(),
            unclaimed: RefCell::default(),
        }
    }
}

impl<W, P> Flight<W, P> {
    /// A flight without waiters, about to be listed under `hash`.
    fn open(
        hash: u64,
        reading: Reading,
        target: Target,
        key: Key,
        completed: &Rc<Completed<W, P>>,
    ) -> Rc<Self> {
        Rc::new(Self {
            hash,
            reading,
            key,
            target,
            request: Cell::new(None),
            listed: Cell::new(true),
            waiters: RefCell::new(Waiters {
                places: SmallVec::new(),
                present: 0,
                result: None,
            }),
            completed: Rc::downgrade(completed),
        })
    }

    /// The key to ask for.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// Where to ask, and how long to wait.
    #[must_use]
    pub const fn target(&self) -> Target {
        self.target
    }

    /// The request was submitted under this name.
    pub fn submitted(&self, request: RequestId) {
        self.request.set(Some(request));
    }

    /// Hands in the outcome of the request; all but the first are ignored.
    pub fn handle_outcome(self: Rc<Self>, outcome: Outcome<P>) {
        let mut waiters = self.waiters.borrow_mut();
        if waiters.result.is_some() {
            return;
        }
        let (mut result, refusal) = LookupResult::classify(outcome);
        if waiters.present == 0 {
            self.give_back(Some(result));
            return;
        }
        if let (LookupResult::Hit(value), Asks::Life) = (&mut result, self.target.asks) {
            self.give_back_right(value);
            value.yield_right();
        }
        waiters.result = Some(result);
        drop(waiters);
        // Without a queue there is nobody left who would wake anyone.
        let Some(completed) = self.completed.upgrade() else {
            return;
        };
        if let Some(text) = refusal {
            let refusal = (self.target.driver, text);
            completed.refusals.borrow_mut().push_back(refusal);
        }
        completed.flights.borrow_mut().push_back(self);
    }

    /// Gives back the right to make the item, if nobody has fetched it.
    fn give_back(&self, result: Option<LookupResult<P>>) {
        if let Some(LookupResult::Hit(value)) = result {
            self.give_back_right(&value);
        }
    }

    fn give_back_right(&self, value: &Value<P>) {
        let (Some(marks), Some(completed)) = (value.marks.as_deref(), self.completed.upgrade())
        else {
            return;
        };
        if marks.won {
            let unclaimed = Unclaimed {
                key: self.key.clone(),
                marks: *marks,
                is_empty: value.len == 0,
            };
            let mut queue = completed.unclaimed.borrow_mut();
            queue.push_back((self.target.driver, unclaimed));
        }
    }

    /// Makes another flight of one that is over.
    fn reopen(&mut self, hash: u64, reading: Reading, target: Target, key: Key) {
        self.hash = hash;
        self.reading = reading;
        self.key = key;
        self.target = target;
        self.request.set(None);
        self.listed.set(true);
        let waiters = self.waiters.get_mut();
        waiters.places.clear();
        if waiters.places.capacity() > ROOM_KEPT {
            waiters.places.shrink_to_fit();
        }
        waiters.present = 0;
        waiters.result = None;
    }

    /// The name of the request, once it has one.
    pub(super) fn request(&self) -> Option<RequestId> {
        self.request.get()
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    pub(super) fn is_of(&self, server: ServerId, key: &Key) -> bool {
        self.target.server == server && self.key == *key
    }

    /// Whether anybody waits for an outcome that is not there.
    pub(super) fn is_wanted(&self) -> bool {
        let waiters = self.waiters.borrow();
        waiters.present > 0 && waiters.result.is_none()
    }

    /// Adds a waiter.
    pub(super) fn join(self: &Rc<Self>, waker: W) -> Waiter<W, P> {
        let mut waiters = self.waiters.borrow_mut();
        let place = waiters.places.len();
        waiters.places.push(Place::Waiting(waker));
        waiters.present += 1;
        drop(waiters);
        Waiter {
            flight: Rc::clone(self),
            place,
        }
    }

    /// The waker of the first one at `place` or after it who was not woken, and
    /// the place after that one, if there is one.
    pub(super) fn next_to_wake(&self, mut place: usize) -> (Option<W>, Option<usize>) {
        let mut waiters = self.waiters.borrow_mut();
        let count = waiters.places.len();
        while let Some(next) = waiters.places.get_mut(place) {
            place += 1;
            match mem::replace(next, Place::Woken) {
                Place::Waiting(waker) => return (Some(waker), (place < count).then_some(place)),
                other => *next = other,
            }
        }
        (None, None)
    }
}

/// The place of one lookup in its flight; see
/// [`Lookups::poll`](super::Lookups::poll) and
/// [`Lookups::leave`](super::Lookups::leave).
#[derive(Debug)]
pub struct Waiter<W, P> {
    flight: Rc<Flight<W, P>>,
    place: usize,
}

impl<W, P: Clone> Waiter<W, P> {
    /// The result, once; `None` after that.
    pub(super) fn fetch(&self) -> Poll<Option<LookupResult<P>>> {
        let mut waiters = self.flight.waiters.borrow_mut();
        let waiters = &mut *waiters;
        let place = &mut waiters.places[self.place];
        if let Place::Gone = place {
            return Poll::Ready(None);
        }
        if waiters.result.is_none() {
            return Poll::Pending;
        }
        *place = Place::Gone;
        waiters.present -= 1;
        if waiters.present == 0 {
            return Poll::Ready(waiters.result.take());
        }
        let result = waiters.result.clone();
        // The right to make the item is for one of them.
        if let Some(LookupResult::Hit(value)) = &mut waiters.result {
            value.yield_right();
        }
        Poll::Ready(result)
    }
}

impl<W, P> Waiter<W, P> {
    /// When the result was asked for, which is before this waiter if it has joined others.
    #[must_use]
    pub fn reading(&self) -> Reading {
        self.flight.reading
    }

    /// Whether others have joined in, so that they have the same result.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.flight.waiters.borrow().places.len() > 1
    }

    /// Gives the place up; the flight, and whether nobody wants its request now.
    pub(super) fn leave(self) -> (Rc<Flight<W, P>>, bool) {
        let mut waiters = self.flight.waiters.borrow_mut();
        let place = mem::replace(&mut waiters.places[self.place], Place::Gone);
        let mut unwanted = false;
        if !matches!(place, Place::Gone) {
            waiters.present -= 1;
            if waiters.present == 0 {
                let result = waiters.result.take();
                unwanted = result.is_none();
                self.flight.give_back(result);
            }
        }
        drop(waiters);
        (self.flight, unwanted)
    }
}

/// Flights that are over, reused for other requests: allocating one costs more
/// than the rest of a lookup.
#[derive(Debug)]
pub(super) struct Spare<W, P>(Vec<Rc<Flight<W, P>>>);

impl<W, P> Default for Spare<W, P> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<W, P> Spare<W, P> {
    /// A flight without waiters, about to be listed under `hash`.
    pub(super) fn open(
        &mut self,
        hash: u64,
        reading: Reading,
        target: Target,
        key: Key,
        completed: &Rc<Completed<W, P>>,
    ) -> Rc<Flight<W, P>> {
        while let Some(mut flight) = self.0.pop() {
            if let Some(over) = Rc::get_mut(&mut flight) {
                over.reopen(hash, reading, target, key);
                return flight;
            }
        }
        Flight::open(hash, reading, target, key, completed)
    }

    /// Keeps a flight that nobody else holds: it is over.
    pub(super) fn keep(&mut self, mut flight: Rc<Flight<W, P>>) {
        if self.0.len() < SPARE_MAX && Rc::get_mut(&mut flight).is_some() {
            self.0.push(flight);
        }
    }
}

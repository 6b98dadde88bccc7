//! What the core of a worker has decided is carried out, as the drivers of the web server do it.

use core::time::Duration;
use std::rc::Rc;

use super::asking::given_back;
use super::page::Piece;
use super::queue::Event;
use super::settings::Defect;
use super::worker::{Driver, Token, Waker};
use super::world::World;
use crate::lookup::lease::Op;
use crate::lookup::{Cancel, Flight, ServerId};
use crate::namespace::OpKind;
use crate::protocol::{Command, Lane, MetaDelete, Pin, Reply, Retrieve, Status, Store, StoreMode};
use crate::server::{self, Action, Failure, Outcome, Refused};
use crate::time::Time;

/// The time for a reply that nobody waits for.
const UNATTENDED: Duration = Duration::from_secs(1);

/// No count of a namespace is longer, in bytes.
const COUNT_MAX: u64 = 20;

/// Where a command goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    Lane(Lane),
    Pinned(Pin),
}

impl World {
    /// A worker has something to do at the end of this instant.
    pub(super) fn mark(&mut self, worker: u32) {
        let it = &mut self.workers[worker as usize];
        if !it.is_dirty {
            it.is_dirty = true;
            self.dirty.push(worker);
        }
    }

    /// A driver of a worker has.
    pub(super) fn touch(&mut self, worker: u32, server: u32) {
        let it = &mut self.workers[worker as usize];
        if let Some(driver) = &mut it.drivers[server as usize] {
            if !driver.is_touched {
                driver.is_touched = true;
                it.touched.push(server);
            }
        }
        self.mark(worker);
    }

    /// Submits a request; what it is refused with goes to whoever waits for its outcome.
    pub(super) fn submit(
        &mut self,
        worker: u32,
        server: u32,
        way: Way,
        command: Command<Vec<u8>>,
        timeout: Duration,
        token: Token,
    ) {
        let now = self.time();
        let spec = &self.spec;
        let driver = self.workers[worker as usize].driver(server, spec);
        let core = &mut driver.core;
        let submitted = match way {
            Way::Lane(lane) => core.submit_on(lane, now, command, timeout, token),
            Way::Pinned(pin) => core.submit_pinned(pin, now, command, timeout, token),
        };
        self.touch(worker, server);
        if let Err(Refused { token, failure, .. }) = submitted {
            self.complete(worker, token, Outcome::Failed(failure));
        }
    }

    /// Gives an outcome to whom it is for.
    pub(super) fn complete(&mut self, worker: u32, token: Token, outcome: Outcome<Piece>) {
        if self.shows(Defect::OutcomeLost, 200) {
            return;
        }
        let now = self.time();
        let outcome = match token {
            Token::Flight(_) => self.told_late(worker, outcome),
            _ => outcome,
        };
        let it = &mut self.workers[worker as usize];
        match token {
            Token::Flight(flight) => flight.handle_outcome(outcome),
            Token::Op(op) => {
                it.leases.handle_op(now, &mut it.lookups, op, &outcome);
                if let Some(name) = self.storing.remove(&(worker, op)) {
                    if matches!(outcome, Outcome::Reply(Reply::Status(Status::Stored))) {
                        self.stored.insert((worker, name), self.now);
                    }
                }
            }
            Token::Reading(reading) => self.count_read(worker, reading, outcome),
            Token::Adding(reading) => self.count_added(worker, reading, outcome),
            Token::Purge(purge) => self.purge_goes_on(worker, purge, outcome),
            Token::Bump(bump) => self.bumped(worker, bump, &outcome),
            Token::Nobody => {}
        }
        self.mark(worker);
    }

    /// What a worker is told of a lookup, which may be what was to be told of another one.
    fn told_late(&mut self, worker: u32, outcome: Outcome<Piece>) -> Outcome<Piece> {
        if let Some(late) = self.late.remove(&worker) {
            return late;
        }
        if self.shows(Defect::OutcomeLate, 50) {
            self.is_wrong(None, Some(worker), 0);
            self.late.insert(worker, outcome);
            return Outcome::Failed(Failure::TimedOut);
        }
        outcome
    }

    /// Carries out all that a worker has decided.
    pub(super) fn drive(&mut self, worker: u32) {
        let at = worker as usize;
        self.workers[at].is_dirty = false;
        loop {
            self.send_all(worker);
            if let Some(server) = self.workers[at].touched.pop() {
                self.follow_up(worker, server);
                continue;
            }
            let it = &mut self.workers[at];
            if let Some((driver, unclaimed)) = it.lookups.poll_unclaimed() {
                let release = unclaimed.release();
                self.give_back(worker, driver.0, release, unclaimed.marks.pin);
                continue;
            }
            let woken = it.lookups.poll_wake().or_else(|| it.leases.poll_wake());
            let Some(woken) = woken.or_else(|| it.names.poll_wake()) else {
                break;
            };
            self.woken(worker, woken);
        }
        // What was done meanwhile is done.
        self.workers[at].is_dirty = false;
        self.arm(worker);
    }

    fn woken(&mut self, worker: u32, woken: Waker) {
        if self.shows(Defect::WakeDropped, 100) {
            return;
        }
        match woken {
            // Much may happen before it is its turn.
            Waker::Client(client) if self.is_rough() && self.chance.one_in(16) => {
                let micros = self.chance.of(&[0, 1000, 30_000]);
                self.queue.push(self.now + micros, Event::Polls(client));
                if self.chance.one_in(4) {
                    self.queue.push(self.now + micros, Event::Leaves(client));
                }
            }
            Waker::Client(client) => self.go_on(client),
            Waker::Purge(purge) => self.counted_for_purge(worker, purge),
        }
    }

    /// Sends what is to be sent.
    fn send_all(&mut self, worker: u32) {
        let at = worker as usize;
        loop {
            let it = &mut self.workers[at];
            if let Some(flight) = it.lookups.poll_submit() {
                let target = flight.target();
                let command = target.command(flight.key().clone()).into();
                self.submit_flight(worker, target.driver.0, command, target.timeout, &flight);
            } else if let Some(op) = it.leases.poll_op(&mut it.lookups) {
                self.submit_op(worker, op);
            } else if let Some(op) = it.names.poll_op() {
                let key = op.name().key();
                let (lane, command, token) = match op.kind {
                    OpKind::Get => {
                        let get = Retrieve::one(key).up_to(COUNT_MAX);
                        (Lane::Lookup, get.into(), Token::Reading(op.reading))
                    }
                    OpKind::Add(count) => {
                        let add = Store {
                            mode: StoreMode::Add,
                            key,
                            flags: 0,
                            exptime: 0,
                            data: count.to_string().into_bytes(),
                        };
                        (Lane::Store, add.into(), Token::Adding(op.reading))
                    }
                };
                let (server, timeout) = (op.source.driver.0, op.source.timeout);
                self.submit(worker, server, Way::Lane(lane), command, timeout, token);
            } else if let Some(purge) = it.due.pop_front() {
                self.send_purge(worker, purge);
            } else {
                break;
            }
        }
    }

    fn submit_flight(
        &mut self,
        worker: u32,
        server: u32,
        command: Command<Vec<u8>>,
        timeout: Duration,
        flight: &Rc<Flight<Waker, Piece>>,
    ) {
        let now = self.time();
        let driver = self.workers[worker as usize].driver(server, &self.spec);
        let token = Token::Flight(Rc::clone(flight));
        let submitted = driver
            .core
            .submit_on(Lane::Lookup, now, command, timeout, token);
        self.touch(worker, server);
        match submitted {
            Ok(id) => flight.submitted(id),
            Err(refused) => {
                self.complete(worker, refused.token, Outcome::Failed(refused.failure));
            }
        }
    }

    fn submit_op(&mut self, worker: u32, op: Op) {
        if matches!(op.command, Command::Store(_)) && self.plan.settings.options.lock > 0 {
            self.hosts[op.driver.0 as usize].is_classic = true;
        }
        if let Some(key) = op.command.changes().filter(|_| op.is_store) {
            let name = super::host::name_of(key.as_bytes());
            self.storing.insert((worker, op.id), name);
        }
        let way = op
            .pin
            .map_or_else(|| Way::Lane(op.command.lane()), Way::Pinned);
        let token = Token::Op(op.id);
        if let Command::MetaStore(store) = &op.command {
            // A renewal stores nothing.
            if store.data.is_empty() && self.shows(Defect::RenewalUnsent, 1) {
                let renewed = Reply::StoredAs(store.version);
                self.complete(worker, token, Outcome::Reply(renewed));
                return;
            }
        }
        self.submit(worker, op.driver.0, way, op.command, op.timeout, token);
    }

    fn give_back(&mut self, worker: u32, server: u32, release: MetaDelete, pin: Pin) {
        let way = Way::Pinned(pin);
        self.submit(
            worker,
            server,
            way,
            release.into(),
            UNATTENDED,
            Token::Nobody,
        );
    }

    /// A lookup is given up that nobody wants any more.
    pub(super) fn cancel(&mut self, worker: u32, unwanted: Option<Cancel>) {
        let Some(Cancel { driver, request }) = unwanted else {
            return;
        };
        if let Some(driver) = &mut self.workers[worker as usize].drivers[driver.0 as usize] {
            driver.core.cancel(request);
        }
    }

    /// Carries out what a server of a worker has decided.
    fn follow_up(&mut self, worker: u32, server: u32) {
        let at = worker as usize;
        let Some(mut driver) = self.workers[at].drivers[server as usize].take() else {
            return;
        };
        driver.is_touched = false;
        loop {
            while let Some((id, action)) = driver.core.poll_action() {
                let old = driver.sockets[id.index()].take();
                if let Some(old) = old {
                    self.disconnect(old);
                }
                if action == Action::Connect {
                    driver.sockets[id.index()] = Some(self.connect(worker, server, id));
                }
            }
            while let Some(event) = driver.core.poll_event() {
                self.server_event(worker, server, &mut driver, event);
            }
            if !self.write_all(&mut driver) {
                break;
            }
        }
        let due = driver.core.poll_timeout();
        if let Some(due) = due {
            if driver.alarm.set(due) {
                self.arm_driver(worker, server, due.as_micros());
            }
        }
        self.workers[at].drivers[server as usize] = Some(driver);
    }

    fn server_event(
        &mut self,
        worker: u32,
        server: u32,
        driver: &mut Driver,
        event: server::Event<super::worker::Wires>,
    ) {
        let now = self.time();
        match event {
            server::Event::Done { token, outcome } => {
                self.note(|| {
                    let token = match &token {
                        Token::Flight(flight) => format!("lookup of {}", flight.key().as_str()),
                        other => format!("{other:?}"),
                    };
                    format!("w{worker} s{server}: {token} has {}", said(&outcome))
                });
                self.complete(worker, token, outcome);
            }
            server::Event::Fault { fault, id, .. } => {
                self.note(|| format!("w{worker} s{server}: {id:?} {fault}"));
            }
            server::Event::Ended(pin) => {
                let leases = &mut self.workers[worker as usize].leases;
                leases.connection_lost(now, crate::lookup::DriverId(server), pin);
            }
            server::Event::Unclaimed(unclaimed) => {
                let (command, pin) = given_back(&unclaimed);
                let token = Token::Nobody;
                // If the connection is over, the right ends with the item.
                let _ = driver
                    .core
                    .submit_pinned(pin, now, command, UNATTENDED, token);
            }
            server::Event::Slow(_) => {}
            server::Event::Recovered { .. } => {
                let leases = &mut self.workers[worker as usize].leases;
                leases.server_came_back(ServerId(server));
            }
        }
    }

    /// Sets the timer of the leases.
    fn arm(&mut self, worker: u32) {
        let it = &mut self.workers[worker as usize];
        let Some(due) = it.leases.poll_timeout() else {
            return;
        };
        let due = due.as_micros().max(self.now);
        if self.shows(Defect::WaitUntimed, 4) {
            return;
        }
        let it = &mut self.workers[worker as usize];
        if it.timer.is_none_or(|timer| due < timer) {
            it.timer = Some(due);
            let life = it.life;
            self.queue.push(due, Event::LeaseTimer { worker, life });
        }
    }

    /// The timer of the leases fires.
    pub(super) fn leases_ring(&mut self, worker: u32) {
        let now = self.time();
        let it = &mut self.workers[worker as usize];
        if it.timer.is_some_and(|timer| timer <= self.now) {
            it.timer = None;
        }
        it.leases.handle_timeout(now);
        self.mark(worker);
    }

    /// The time as the core counts it.
    pub(super) const fn time(&self) -> Time {
        Time::from_micros(self.now)
    }
}

fn said(outcome: &Outcome<Piece>) -> String {
    match outcome {
        Outcome::Reply(reply) => {
            let text = format!("{reply:?}");
            text.chars().take(160).collect()
        }
        Outcome::Failed(failure) => failure.to_string(),
    }
}

/// Whether a failure may come without a fault of the server or its worker.
pub(super) const fn is_own(failure: Failure) -> bool {
    matches!(failure, Failure::QueueFull | Failure::Shutdown)
}

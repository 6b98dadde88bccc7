//! Drives one server's connections on the worker's event loop.
//!
//! Every entry point holds an [`Entered`] while it works. If a panic unwinds
//! through one, the driver is given up: its state may be half changed, so it
//! is thrown away, what waited fails, and later requests are refused.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use memcached_core::connection::{
    Action, Event, Failure, Lane, Limits, Outcome, Refused, Reporter, Request, RequestId, Server,
    Time, Timing,
};
use memcached_core::joining::{Asked, AskerId, GroupId, Joining, Taken};
use memcached_core::protocol::{Key, Reply};

use super::lookup::{Found, LookupHandle};
use super::reading::{Read, ReadBuffers};
use crate::host::{
    BufferSlice, Connected, IoWatcher, Job, Level, Ready, SockAddr, Socket, Timer, Waker, Worker,
    panic_point,
};

/// Reads of one readiness; the rest waits for the next pass of the loop, so
/// that one busy connection does not starve the worker.
const READS_PER_PASS: usize = 16;

/// A timer that fires so late tells that the worker was held up, by a script
/// for example. Then answers may be there that it could not read, and requests
/// that it could not send, and no server is to blame.
const HELD_UP: Duration = Duration::from_millis(20);

/// As long as it was late, but not longer than this, the worker may look after
/// them before time-outs count; once, since a machine that is too slow for
/// everything must not wait the longer for it.
const REPRIEVE_MAX: Duration = Duration::from_millis(200);

/// Who asked for what a request brings.
pub enum Asker {
    /// Those who wait for one lookup.
    Lookup(GroupId),
    /// Nobody waits for the outcome of a store.
    Store,
    /// Somebody else waits.
    Other(Box<dyn Asking>),
}

/// Whoever waits for the outcome of a request. If it is dropped without one,
/// there is none.
pub trait Asking {
    /// The outcome is there. Called while the driver works, so it must not call
    /// the driver back, nor anything that may.
    fn settle(self: Box<Self>, outcome: Outcome<BufferSlice>);
}

struct Types;

impl memcached_core::connection::Driver for Types {
    type Token = Asker;
    type Piece = BufferSlice;
    type Data = Vec<u8>;
}

struct Connection {
    watcher: IoWatcher,
    connecting: Cell<bool>,
}

/// One server, as one worker knows it.
pub struct ServerDriver {
    worker: Worker,
    address: SockAddr,
    started: Instant,
    core: RefCell<Server<Types>>,
    lookups: RefCell<Joining<Waker, Found>>,
    connections: [RefCell<Option<Rc<Connection>>>; Lane::COUNT],
    reporter: RefCell<Reporter>,
    timer: Timer,
    timer_at: Cell<Option<Time>>,
    reprieved: Cell<bool>,
    flush: Job,
    buffers: Rc<ReadBuffers>,
    given_up: Cell<bool>,
    abandoned: Cell<bool>,
    me: Weak<Self>,
}

/// Marks the driver as given up if a panic unwinds past it.
struct Entered<'a>(&'a ServerDriver);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.given_up.set(true);
            self.0.flush.later();
        }
    }
}

impl ServerDriver {
    pub(super) fn new(worker: Worker, address: SockAddr, buffers: Rc<ReadBuffers>) -> Rc<Self> {
        Rc::new_cyclic(|me: &Weak<Self>| {
            let on_timer = me.clone();
            let on_flush = me.clone();
            Self {
                worker,
                address,
                started: Instant::now(),
                core: RefCell::new(Server::new(Limits::default())),
                lookups: RefCell::default(),
                connections: Default::default(),
                reporter: RefCell::default(),
                timer: Timer::new(
                    worker,
                    Rc::new(move || with(&on_timer, ServerDriver::on_timer)),
                ),
                timer_at: Cell::new(None),
                reprieved: Cell::new(false),
                flush: Job::new(
                    worker,
                    Rc::new(move || with(&on_flush, ServerDriver::on_flush)),
                ),
                buffers,
                given_up: Cell::new(false),
                abandoned: Cell::new(false),
                me: me.clone(),
            }
        })
    }

    /// Where the server is.
    pub const fn address(&self) -> &SockAddr {
        &self.address
    }

    /// Asks for an item; `waker` wakes the request when the answer is there.
    ///
    /// # Errors
    /// The server cannot be asked now.
    pub fn lookup(
        self: &Rc<Self>,
        key: Key,
        timing: Timing,
        waker: Waker,
    ) -> Result<LookupHandle, Failure> {
        let joined = self.lookups.borrow_mut().ask(&key, timing, waker);
        let asker = match joined {
            Asked::Joined(asker) => asker,
            Asked::First(asker, group) => {
                let submitted = self.submit(Request::Get { key }, timing, Asker::Lookup(group));
                let mut lookups = self.lookups.borrow_mut();
                match submitted {
                    Ok(id) => lookups.submitted(group, id),
                    Err(failure) => {
                        lookups.leave(asker);
                        if failure == Failure::QueueFull {
                            self.trouble(false, || {
                                "too many lookups are waiting, others are misses".into()
                            });
                        }
                        return Err(failure);
                    }
                }
                asker
            }
        };
        Ok(LookupHandle::new(Rc::clone(self), asker))
    }

    /// What a lookup came to, once; `None` while it is not known.
    pub(super) fn take_lookup(&self, asker: AskerId) -> Option<Found> {
        match self.lookups.borrow_mut().take(asker) {
            Taken::NotYet => None,
            Taken::Answer(found) => Some(found),
            // All were given up.
            Taken::Unknown => Some(Found::Failed(Failure::Lost)),
        }
    }

    /// An asker has gone, or has what it wanted.
    pub(super) fn leave_lookup(&self, asker: AskerId) {
        let unwanted = self.lookups.borrow_mut().leave(asker);
        if let Some(id) = unwanted {
            self.cancel(id);
        }
    }

    /// Stores an item; nobody waits for the outcome.
    ///
    /// # Errors
    /// The server cannot be asked now, or too much waits for it already.
    pub fn store(
        &self,
        key: Key,
        flags: u32,
        exptime: i64,
        mut data: Vec<u8>,
        timing: Timing,
    ) -> Result<(), Failure> {
        // It grew with the body, and the room it has left counts nowhere.
        data.shrink_to_fit();
        let request = Request::Set {
            key,
            flags,
            exptime,
            data,
        };
        let submitted = self.submit(request, timing, Asker::Store);
        if submitted == Err(Failure::QueueFull) {
            self.trouble(false, || {
                "too much to store is waiting, stores are dropped".into()
            });
        }
        submitted.map(drop)
    }

    /// Asks for anything, behind all that was asked for on the same lane. The
    /// outcome always comes by way of `asker`, at once if the server cannot be
    /// asked now.
    pub fn ask(
        &self,
        lane: Lane,
        request: Request<Vec<u8>>,
        timing: Timing,
        asker: Box<dyn Asking>,
    ) {
        if let Err(refused) = self.submit_on(lane, request, timing, Asker::Other(asker)) {
            self.done(refused.token, Outcome::Failed(refused.failure));
        }
    }

    /// Likewise, where nobody waits for the outcome.
    ///
    /// # Errors
    /// The server cannot be asked now.
    pub fn tell(
        &self,
        lane: Lane,
        request: Request<Vec<u8>>,
        timing: Timing,
    ) -> Result<(), Failure> {
        let submitted = self.submit_on(lane, request, timing, Asker::Store);
        submitted.map(drop).map_err(|refused| refused.failure)
    }

    /// Whether a request is not done with.
    pub(super) fn is_busy(&self) -> bool {
        let core = self.core.borrow();
        Lane::ALL.iter().any(|&lane| core.load(lane).0 > 0)
    }

    fn submit(
        &self,
        request: Request<Vec<u8>>,
        timing: Timing,
        asker: Asker,
    ) -> Result<RequestId, Failure> {
        self.submit_on(request.lane(), request, timing, asker)
            .map_err(|refused| refused.failure)
    }

    fn submit_on(
        &self,
        lane: Lane,
        request: Request<Vec<u8>>,
        timing: Timing,
        token: Asker,
    ) -> Result<RequestId, Refused<Asker>> {
        if self.given_up.get() {
            let failure = Failure::Down;
            return Err(Refused { token, failure });
        }
        let _entered = Entered(self);
        panic_point("driver-submit");
        if let Some(key) = request.changes() {
            self.lookups.borrow_mut().changed(key);
        }
        let now = self.now();
        let mut core = self.core.borrow_mut();
        let submitted = core.submit_on(lane, now, request, timing, token);
        drop(core);
        if submitted.is_ok() {
            self.flush.later();
        }
        submitted
    }

    fn cancel(&self, id: RequestId) {
        if !self.given_up.get() {
            let _entered = Entered(self);
            self.core.borrow_mut().cancel(id);
        }
    }

    pub(super) fn shutdown(&self) {
        if self.given_up.get() {
            self.abandon();
        } else {
            let _entered = Entered(self);
            self.core.borrow_mut().shutdown(self.now());
            self.follow_up();
        }
        self.timer.disarm();
    }

    fn now(&self) -> Time {
        let micros = self.started.elapsed().as_micros();
        Time::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    fn trouble(&self, grave: bool, text: impl FnOnce() -> String) {
        let now = self.now();
        let mut reporter = self.reporter.borrow_mut();
        reporter.trouble(now, grave, || {
            format!("memcached {}: {}", self.address, text())
        });
        drop(reporter);
        self.report();
    }

    fn report(&self) {
        let report = self.reporter.borrow_mut().poll(self.now());
        if let Some(report) = report {
            let level = if report.trouble {
                Level::Error
            } else {
                Level::Warning
            };
            self.worker.log(level, &report.to_string());
        }
    }

    /// Throws a core away that a panic may have left half changed.
    fn abandon(&self) {
        for connection in &self.connections {
            connection.take();
        }
        let broken = self.core.replace(Server::new(Limits::default()));
        drop(broken);
        for waker in self.lookups.take().into_waiting() {
            waker.wake();
        }
        self.timer.disarm();
    }

    fn on_flush(&self) {
        if self.given_up.get() {
            if self.abandoned.replace(true) {
                return;
            }
            self.abandon();
            // As below.
            self.flush.later();
            let address = &self.address;
            let text = format!("memcached {address}: not used any more after an internal error");
            self.worker.log(Level::Error, &text);
            return;
        }
        let _entered = Entered(self);
        panic_point("driver-flush");
        if self.follow_up() {
            // The host has run its jobs for this pass; who was woken now must
            // not wait until something else happens.
            self.flush.later();
        }
    }

    fn on_timer(&self) {
        if self.given_up.get() {
            return;
        }
        let _entered = Entered(self);
        panic_point("driver-timer");
        let now = self.now();
        let late = self
            .timer_at
            .take()
            .map_or(Duration::ZERO, |at| now.since(at));
        if late > HELD_UP && !self.reprieved.replace(true) {
            let reprieve = late.min(REPRIEVE_MAX);
            self.timer_at.set(Some(now + reprieve));
            self.timer.arm(reprieve);
            return;
        }
        self.reprieved.set(false);
        // It may be the worker that was late, while the answer lies there.
        for lane in Lane::ALL {
            if let Some(connection) = self.connection(lane)
                && !connection.connecting.get()
            {
                self.read(lane, &connection);
            }
        }
        self.core.borrow_mut().handle_timeout(self.now());
        self.report();
        self.follow_up();
    }

    fn on_ready(&self, lane: Lane, ready: Ready) {
        if self.given_up.get() {
            return;
        }
        let _entered = Entered(self);
        panic_point("driver-ready");
        let Some(connection) = self.connection(lane) else {
            return;
        };
        if connection.connecting.get() {
            self.finish_connecting(lane, &connection);
        } else if ready.readable {
            self.read(lane, &connection);
        }
        self.follow_up();
    }

    fn connection(&self, lane: Lane) -> Option<Rc<Connection>> {
        self.connections[lane as usize].borrow().clone()
    }

    /// Carries out what the core wants after an input; whether somebody got an
    /// outcome.
    fn follow_up(&self) -> bool {
        let mut woken = false;
        loop {
            self.carry_out_actions();
            woken |= self.hand_out_events();
            if !Lane::ALL.iter().any(|&lane| self.write(lane)) {
                break;
            }
        }
        self.set_timer();
        woken
    }

    fn carry_out_actions(&self) {
        for lane in Lane::ALL {
            loop {
                let action = self.core.borrow_mut().poll_action(lane);
                match action {
                    Some(Action::Close) => {
                        self.connections[lane as usize].take();
                    }
                    Some(Action::Connect) => self.connect(lane),
                    None => break,
                }
            }
        }
    }

    fn connect(&self, lane: Lane) {
        match Socket::connect(&self.address) {
            Ok((socket, connected)) => {
                let me = self.me.clone();
                let on_ready = move |ready| with(&me, |driver| driver.on_ready(lane, ready));
                let watcher = IoWatcher::new(self.worker, socket, Rc::new(on_ready));
                let connecting = connected == Connected::InProgress;
                watcher.set_interest(!connecting, connecting);
                let connection = Connection {
                    watcher,
                    connecting: Cell::new(connecting),
                };
                self.connections[lane as usize].replace(Some(Rc::new(connection)));
                if !connecting {
                    let now = self.now();
                    self.core.borrow_mut().handle_connected(lane, now);
                }
            }
            Err(error) => self.handle_error(lane, &error),
        }
    }

    fn finish_connecting(&self, lane: Lane, connection: &Connection) {
        match connection.watcher.socket().take_error() {
            Ok(()) => {
                connection.connecting.set(false);
                connection.watcher.set_interest(true, false);
                let now = self.now();
                self.core.borrow_mut().handle_connected(lane, now);
            }
            Err(error) => self.handle_error(lane, &error),
        }
    }

    fn handle_error(&self, lane: Lane, error: &std::io::Error) {
        let text = error.to_string();
        // The system's words are enough, without Rust's number behind them.
        let words = text
            .split_once(" (os error")
            .map_or(&*text, |(words, _)| words);
        let now = self.now();
        self.core.borrow_mut().handle_error(lane, now, words);
    }

    fn read(&self, lane: Lane, connection: &Connection) {
        for _ in 0..READS_PER_PASS {
            let now = self.now();
            match self.buffers.read(connection.watcher.socket()) {
                Ok(Read::Data(input, more)) => {
                    self.core.borrow_mut().handle_data(lane, now, &input);
                    self.buffers.give_back(input);
                    if !more {
                        break;
                    }
                }
                Ok(Read::Eof) => {
                    self.core.borrow_mut().handle_eof(lane, now);
                    break;
                }
                Ok(Read::Nothing) => break,
                Err(error) => {
                    self.handle_error(lane, &error);
                    break;
                }
            }
        }
    }

    /// Writes what is due on a lane; true if an error makes another look at
    /// the actions necessary.
    fn write(&self, lane: Lane) -> bool {
        let Some(connection) = self.connection(lane) else {
            return false;
        };
        if connection.connecting.get() {
            return false;
        }
        let mut core = self.core.borrow_mut();
        while core.wants_write(lane) {
            let transmit = core.transmit(lane);
            let offered: usize = transmit.parts().iter().map(|part| part.len()).sum();
            let sent = match connection.watcher.socket().send(transmit.parts()) {
                Ok(sent) => sent,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => 0,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    drop(core);
                    self.handle_error(lane, &error);
                    return true;
                }
            };
            core.handle_written(lane, self.now(), sent);
            if sent < offered {
                break;
            }
        }
        let more = core.wants_write(lane);
        drop(core);
        connection.watcher.set_interest(true, more);
        false
    }

    /// Whether a request was among them that is done with.
    fn hand_out_events(&self) -> bool {
        let mut woken = false;
        loop {
            let event = self.core.borrow_mut().poll_event();
            match event {
                Some(Event::Done { token, outcome }) => {
                    self.done(token, outcome);
                    woken = true;
                }
                Some(Event::Fault {
                    fault, now_down, ..
                }) => self.trouble(now_down, || {
                    let state = if now_down {
                        "; it counts as down now"
                    } else {
                        ""
                    };
                    format!("{fault}{state}")
                }),
                Some(Event::Recovered { failing_for }) => {
                    let secs = failing_for.as_secs_f64();
                    let text =
                        || format!("memcached {}: works again after {secs:.1} s", self.address);
                    self.reporter.borrow_mut().recovery(text);
                    self.report();
                }
                None => return woken,
            }
        }
    }

    fn done(&self, asker: Asker, outcome: Outcome<BufferSlice>) {
        match asker {
            Asker::Lookup(group) => {
                if let Outcome::Reply(Reply::ServerError(text)) = &outcome {
                    self.trouble(false, || format!("not looked up: {text}"));
                }
                let tell = |waker: Waker| waker.wake();
                self.lookups
                    .borrow_mut()
                    .answer(group, outcome.into(), tell);
            }
            Asker::Other(asker) => asker.settle(outcome),
            Asker::Store => {
                if let Outcome::Reply(Reply::ServerError(text)) = outcome {
                    self.trouble(false, || format!("not stored: {text}"));
                }
            }
        }
    }

    /// One timer for everything; it is moved only to fire earlier.
    fn set_timer(&self) {
        let report_at = self.reporter.borrow().poll_timeout();
        let core_at = self.core.borrow().poll_timeout();
        let Some(at) = [report_at, core_at].into_iter().flatten().min() else {
            return;
        };
        if self.reprieved.get() || self.timer_at.get().is_some_and(|armed| armed <= at) {
            return;
        }
        self.timer_at.set(Some(at));
        // Rounded up: too early would only mean to be woken twice.
        let wait = at.since(self.now()) + Duration::from_millis(1);
        self.timer.arm(wait);
    }
}

/// Runs a callback on a driver that still exists.
fn with(driver: &Weak<ServerDriver>, run: impl FnOnce(&ServerDriver)) {
    if let Some(driver) = driver.upgrade() {
        run(&driver);
    }
}

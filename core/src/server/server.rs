//! One server: its connections and what they know together.

use core::time::Duration;
use std::collections::VecDeque;

use super::connection::Connection;
use super::connection_id::ConnectionId;
use super::context::Context;
use super::error::{Failure, Fault};
use super::event::{Action, Event, Refused, RequestId, Types};
use super::health::Health;
use super::request::{Queued, Request};
use super::send_buffer::Transmit;
use super::slowness::Slowness;
use super::spec::{Limits, Spec};
use super::spread::Spread;
use super::stats::Stats;
use crate::protocol::{Command, Input, Lane, Pin};
use crate::time::Time;

/// One server's requests and connections, without a socket or a clock.
///
/// After **every** input ([`submit`](Self::submit) and all `handle_*`) the
/// driver calls [`poll_action`](Self::poll_action) until it gives `None` and
/// carries the actions out, takes all events with
/// [`poll_event`](Self::poll_event), writes on each connection that
/// [wants to](Self::wants_write), and sets its timer to
/// [`poll_timeout`](Self::poll_timeout). Pieces of values refer to the driver's
/// own input, so events of `handle_data` are best taken before the next read.
pub struct Server<T: Types> {
    pub(super) connections: [Connection<T>; ConnectionId::COUNT],
    pub(super) health: Health,
    slowness: Slowness,
    pub(super) spread: Spread,
    events: VecDeque<Event<T>>,
    stats: Stats,
    pub(super) limits: Limits,
    next_serial: u64,
    pub(super) shut_down: bool,
    /// Not later than the earliest deadline; exact after `handle_timeout`.
    pub(super) timeout: Option<Time>,
}

impl<T: Types> Server<T> {
    /// A server that nothing is known of yet.
    #[must_use]
    pub fn new(spec: &Spec, limits: Limits) -> Self {
        Self {
            connections: ConnectionId::ALL.map(|id| Connection::new(id, spec)),
            health: Health::new(spec.retry),
            slowness: Slowness::default(),
            spread: Spread::default(),
            events: VecDeque::new(),
            stats: Stats::default(),
            limits,
            next_serial: 0,
            shut_down: false,
            timeout: None,
        }
    }

    /// Accepts a request, on the lane of its kind. `timeout` is the time for its
    /// reply, from now on an open connection, else from when the connection is
    /// made; that may take [`Spec::connect_timeout`] more.
    ///
    /// # Errors
    /// The server is down or failed too recently, its queue is full, or it was
    /// shut down; the command and the token come back.
    pub fn submit(
        &mut self,
        now: Time,
        command: Command<T::Data>,
        timeout: Duration,
        token: T::Token,
    ) -> Result<RequestId, Refused<T>> {
        self.submit_on(command.lane(), now, command, timeout, token)
    }

    /// Accepts a request; those of one lane are carried out in order, except
    /// that lookups may overtake each other.
    ///
    /// # Errors
    /// As with [`submit`](Self::submit).
    pub fn submit_on(
        &mut self,
        lane: Lane,
        now: Time,
        command: Command<T::Data>,
        timeout: Duration,
        token: T::Token,
    ) -> Result<RequestId, Refused<T>> {
        let id = match lane {
            Lane::Lookup => self.route_lookup(&command, now),
            Lane::Store | Lane::Script | Lane::Detect => ConnectionId::first_of(lane),
        };
        self.submit_to(id, false, now, command, timeout, token)
    }

    /// Accepts a request that goes out on one connection or not at all: it depends
    /// on a version that was read there.
    ///
    /// # Errors
    /// As with [`submit`](Self::submit); also if the connection is over.
    pub fn submit_pinned(
        &mut self,
        pin: Pin,
        now: Time,
        command: Command<T::Data>,
        timeout: Duration,
        token: T::Token,
    ) -> Result<RequestId, Refused<T>> {
        let mut connections = self.connections.iter();
        let Some(at) = connections.find(|connection| connection.pin() == Some(pin)) else {
            let failure = Failure::Unpinned;
            self.stats.refused[failure] += 1;
            return Err(Refused {
                command,
                token,
                failure,
            });
        };
        self.submit_to(at.id, true, now, command, timeout, token)
    }

    fn submit_to(
        &mut self,
        id: ConnectionId,
        pinned: bool,
        now: Time,
        command: Command<T::Data>,
        timeout: Duration,
        token: T::Token,
    ) -> Result<RequestId, Refused<T>> {
        let lane = id.lane();
        if let Some(failure) = self.refusal(id, now, command.data_len()) {
            self.stats.refused[failure] += 1;
            if matches!(failure, Failure::Down | Failure::BackingOff) {
                self.connections[id.index()].want(now);
                self.begin_due_probe(id, now);
                self.tighten_timeout(self.next_probe(id));
            }
            return Err(Refused {
                command,
                token,
                failure,
            });
        }
        self.stats.requests += 1;
        let serial = self.next_serial;
        self.next_serial += 1;
        let request = Request {
            serial,
            token: Some(token),
            timeout,
            since: None,
            kills: 0,
            single: false,
            pinned,
        };
        // Those of a lane wait alike, whichever connection they are on.
        for id in ConnectionId::all_of(lane) {
            self.connections[id.index()].patience.note(now, timeout);
        }
        let (connection, mut context) = self.parts(id, now);
        let due = connection.push(Queued { command, request }, &mut context);
        self.tighten_timeout(Some(due));
        if self.may_be_late_before_timeout(now, timeout) {
            self.tighten_timeout(self.would_be_late_at(id, now));
        }
        Ok(RequestId { lane, serial })
    }

    /// Gives the token of a request back if its outcome is not out yet; there
    /// will be none then.
    pub fn cancel(&mut self, id: RequestId) -> Option<T::Token> {
        let mut connections = ConnectionId::all_of(id.lane);
        let token = connections.find_map(|at| self.connections[at.index()].cancel(id.serial))?;
        self.stats.cancelled += 1;
        Some(token)
    }

    /// The server has taken the connection that [`Action::Connect`] asked for, but a
    /// handshake has to come before it is made. Without one this is not called.
    pub fn handle_taken(&mut self, id: ConnectionId, now: Time) {
        self.handle(id, now, |connection, _| connection.handle_taken());
    }

    /// The connection that [`Action::Connect`] asked for is made.
    pub fn handle_connected(&mut self, id: ConnectionId, now: Time) {
        self.handle(id, now, |connection, context| {
            connection.handle_connected(now, context.stats);
        });
    }

    /// Bytes came in on a connection.
    pub fn handle_data<I>(&mut self, id: ConnectionId, now: Time, input: &I)
    where
        I: Input<Piece = T::Piece>,
    {
        let slow = self.slow_key_in_time(id, now);
        self.handle(id, now, |connection, context| {
            connection.handle_data(input, context);
        });
        if let Some(key) = slow {
            self.is_not_slow(&key);
        }
    }

    /// `count` bytes of what [`transmit`](Self::transmit) gave were written.
    pub fn handle_written(&mut self, id: ConnectionId, now: Time, count: usize) {
        self.handle(id, now, |connection, context| {
            connection.handle_written(count, context);
        });
    }

    /// The peer closed the connection.
    pub fn handle_eof(&mut self, id: ConnectionId, now: Time) {
        self.handle(id, now, |connection, context| {
            connection.handle_lost(&Fault::Closed, context);
        });
    }

    /// The operating system reports an error on the connection, or TLS does, or the
    /// attempt to connect failed.
    pub fn handle_error(&mut self, id: ConnectionId, now: Time, error: &str) {
        self.handle(id, now, |connection, context| {
            connection.handle_lost(&Fault::Os(error.into()), context);
        });
    }

    /// Time has passed; call it at [`poll_timeout`](Self::poll_timeout) or later.
    pub fn handle_timeout(&mut self, now: Time) {
        for id in ConnectionId::ALL {
            self.handle(id, now, Connection::handle_timeout);
        }
        for id in ConnectionId::ALL {
            self.begin_due_probe(id, now);
        }
        self.handle_lateness(now);
        self.timeout = self.next_timeout(now);
    }

    /// Fails every request and closes every connection; from then on every
    /// request is refused.
    pub fn shutdown(&mut self, now: Time) {
        self.shut_down = true;
        for id in ConnectionId::ALL {
            self.handle(id, now, Connection::shutdown);
        }
        self.timeout = None;
    }

    pub(super) fn parts(
        &mut self,
        id: ConnectionId,
        now: Time,
    ) -> (&mut Connection<T>, Context<'_, T>) {
        let context = Context {
            now,
            health: &mut self.health,
            slowness: &mut self.slowness,
            events: &mut self.events,
            stats: &mut self.stats,
        };
        (&mut self.connections[id.index()], context)
    }

    fn handle(
        &mut self,
        id: ConnectionId,
        now: Time,
        handle: impl FnOnce(&mut Connection<T>, &mut Context<'_, T>),
    ) {
        let (connection, mut context) = self.parts(id, now);
        let before = connection.state();
        handle(connection, &mut context);
        let has_changed = before != connection.state();
        self.note_progress(id, now);
        if has_changed {
            // The deadlines of what is queued change with the state, and when
            // other connections may be tried.
            self.timeout = self.next_timeout(now);
        }
    }

    /// What to do with a socket; poll after every input.
    #[must_use]
    pub fn poll_action(&mut self) -> Option<(ConnectionId, Action)> {
        let mut connections = self.connections.iter_mut();
        connections.find_map(|connection| Some((connection.id, connection.poll_action()?)))
    }

    /// What happened; poll after every input until `None`.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event<T>> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout). May be earlier
    /// than the earliest deadline, never later: a reply does not move it.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Time> {
        self.timeout
    }

    /// The slices to write next on a connection; report with
    /// [`handle_written`](Self::handle_written) how much was written.
    #[must_use]
    pub fn transmit(&mut self, id: ConnectionId) -> Transmit<'_> {
        self.connections[id.index()].transmit(&mut self.stats)
    }

    /// Whether bytes are expected on a connection: always while it is connected,
    /// because a server may close it at any time.
    #[must_use]
    pub fn wants_read(&self, id: ConnectionId) -> bool {
        self.connections[id.index()].wants_read()
    }

    /// Whether [`transmit`](Self::transmit) would give something.
    #[must_use]
    pub fn wants_write(&self, id: ConnectionId) -> bool {
        self.connections[id.index()].wants_write()
    }

    /// Requests that are not complete on a lane, and the bytes of their values.
    #[must_use]
    pub fn load(&self, lane: Lane) -> (usize, usize) {
        let loads = ConnectionId::all_of(lane).map(|id| self.connections[id.index()].load());
        loads.fold((0, 0), |(n, bytes), (m, more)| (n + m, bytes + more))
    }

    /// Whether requests are refused because of failures in a row.
    #[must_use]
    pub const fn is_down(&self) -> bool {
        self.health.is_down()
    }

    /// Whether it is down, and not due to be tried.
    #[must_use]
    pub fn refuses(&self, now: Time) -> bool {
        self.shut_down || self.health.refuses(now)
    }

    /// What was counted since the server was made.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }
}

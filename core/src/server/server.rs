//! One server: its connections and what they know together.

use core::time::Duration;
use std::collections::VecDeque;

use super::connection::Connection;
use super::context::Context;
use super::error::{Failure, Fault};
use super::event::{Action, Event, Refused, RequestId, Types};
use super::health::Health;
use super::request::{Queued, Request};
use super::send_buffer::Transmit;
use super::spec::{Limits, Spec};
use super::stats::Stats;
use crate::protocol::{Command, Input, Lane};
use crate::time::Time;

/// One server's requests and connections, without a socket or a clock.
///
/// After **every** input ([`submit`](Self::submit) and all `handle_*`) the
/// driver calls [`poll_action`](Self::poll_action) for each lane until it gives
/// `None` and carries the actions out, takes all events with
/// [`poll_event`](Self::poll_event), writes while
/// [`wants_write`](Self::wants_write), and sets its timer to
/// [`poll_timeout`](Self::poll_timeout). Pieces of values refer to the driver's
/// own input, so events of `handle_data` are best taken before the next read.
pub struct Server<T: Types> {
    connections: [Connection<T>; Lane::COUNT],
    health: Health,
    events: VecDeque<Event<T>>,
    stats: Stats,
    limits: Limits,
    next_serial: u64,
    shut_down: bool,
    /// Not later than the earliest deadline; exact after `handle_timeout`.
    timeout: Option<Time>,
}

impl<T: Types> Server<T> {
    /// A server that nothing is known of yet.
    #[must_use]
    pub fn new(spec: Spec, limits: Limits) -> Self {
        Self {
            connections: Lane::ALL.map(|lane| Connection::new(lane, &spec)),
            health: Health::new(spec.retry),
            events: VecDeque::new(),
            stats: Stats::default(),
            limits,
            next_serial: 0,
            shut_down: false,
            timeout: None,
        }
    }

    /// Accepts a request, on the connection of its kind. `timeout` is the time
    /// for its reply, from now on an open connection, else from when the
    /// connection is made; that may take [`Spec::connect_timeout`] more.
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

    /// Accepts a request; those of one lane are carried out in order.
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
        if let Some(failure) = self.refusal(lane, now, command.data_len()) {
            self.stats.refused[failure] += 1;
            return Err(Refused {
                command,
                token,
                failure,
            });
        }
        self.stats.requests += 1;
        let serial = self.next_serial;
        self.next_serial += 1;
        // A connection that works is used although failures of another one made
        // the server count as down; that tries nothing.
        if self.health.is_down() && !self.connections[lane as usize].works() {
            self.health.begin_probe(now, serial);
        }
        let request = Request {
            serial,
            token: Some(token),
            timeout,
            deadline: None,
            resent: false,
        };
        let (connection, mut context) = self.parts(lane, now);
        let due = connection.push(Queued { command, request }, &mut context);
        self.tighten_timeout(due);
        Ok(RequestId { lane, serial })
    }

    /// Why a request is not accepted now.
    fn refusal(&self, lane: Lane, now: Time, data_len: usize) -> Option<Failure> {
        let connection = &self.connections[lane as usize];
        if self.shut_down {
            Some(Failure::Shutdown)
        } else if !connection.has_room(data_len, &self.limits) {
            Some(Failure::QueueFull)
        } else if !connection.works() && self.health.refuses(now) {
            Some(Failure::Down)
        } else if !connection.is_ready(now) {
            Some(Failure::BackingOff)
        } else {
            None
        }
    }

    /// Gives the token of a request back if its outcome is not out yet; there
    /// will be none then.
    pub fn cancel(&mut self, id: RequestId) -> Option<T::Token> {
        let connection = &mut self.connections[id.lane as usize];
        let token = connection.cancel(id.serial, &mut self.health)?;
        self.stats.cancelled += 1;
        Some(token)
    }

    /// The connection that [`Action::Connect`] asked for is made.
    pub fn handle_connected(&mut self, lane: Lane, now: Time) {
        self.handle(lane, now, |connection, _| connection.handle_connected(now));
    }

    /// Bytes came in on a connection.
    pub fn handle_data<I>(&mut self, lane: Lane, now: Time, input: &I)
    where
        I: Input<Piece = T::Piece>,
    {
        self.handle(lane, now, |connection, context| {
            connection.handle_data(input, context);
        });
    }

    /// `count` bytes of what [`transmit`](Self::transmit) gave were written.
    pub fn handle_written(&mut self, lane: Lane, now: Time, count: usize) {
        self.handle(lane, now, |connection, context| {
            connection.handle_written(count, context);
        });
    }

    /// The peer closed the connection.
    pub fn handle_eof(&mut self, lane: Lane, now: Time) {
        self.handle(lane, now, |connection, context| {
            connection.handle_lost(&Fault::Closed, context);
        });
    }

    /// The operating system reports an error on the connection, or the attempt
    /// to connect failed.
    pub fn handle_error(&mut self, lane: Lane, now: Time, error: &str) {
        self.handle(lane, now, |connection, context| {
            connection.handle_lost(&Fault::Os(error.into()), context);
        });
    }

    /// Time has passed; call it at [`poll_timeout`](Self::poll_timeout) or later.
    pub fn handle_timeout(&mut self, now: Time) {
        for lane in Lane::ALL {
            self.handle(lane, now, Connection::handle_timeout);
        }
        let deadlines = self.connections.iter();
        self.timeout = deadlines.filter_map(Connection::next_deadline).min();
    }

    /// Fails every request and closes every connection; from then on every
    /// request is refused.
    pub fn shutdown(&mut self, now: Time) {
        self.shut_down = true;
        for lane in Lane::ALL {
            self.handle(lane, now, Connection::shutdown);
        }
        self.timeout = None;
    }

    fn parts(&mut self, lane: Lane, now: Time) -> (&mut Connection<T>, Context<'_, T>) {
        let context = Context {
            now,
            health: &mut self.health,
            events: &mut self.events,
            stats: &mut self.stats,
        };
        (&mut self.connections[lane as usize], context)
    }

    fn handle(
        &mut self,
        lane: Lane,
        now: Time,
        handle: impl FnOnce(&mut Connection<T>, &mut Context<'_, T>),
    ) {
        let (connection, mut context) = self.parts(lane, now);
        let before = connection.state();
        handle(connection, &mut context);
        if before == connection.state() {
            return;
        }
        // The deadlines of what is queued change with the state.
        if let Some(deadline) = connection.next_deadline() {
            self.tighten_timeout(deadline);
        }
    }

    fn tighten_timeout(&mut self, deadline: Time) {
        self.timeout = Some(self.timeout.map_or(deadline, |t| t.min(deadline)));
    }

    /// What to do with the socket of a lane; poll after every input.
    #[must_use]
    pub fn poll_action(&mut self, lane: Lane) -> Option<Action> {
        self.connections[lane as usize].poll_action()
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

    /// The slices to write next on a lane; report with
    /// [`handle_written`](Self::handle_written) how much was written.
    #[must_use]
    pub fn transmit(&mut self, lane: Lane) -> Transmit<'_> {
        self.connections[lane as usize].transmit(&mut self.stats)
    }

    /// Whether bytes are expected on a lane: always while it is connected,
    /// because a server may close it at any time.
    #[must_use]
    pub fn wants_read(&self, lane: Lane) -> bool {
        self.connections[lane as usize].wants_read()
    }

    /// Whether [`transmit`](Self::transmit) would give something.
    #[must_use]
    pub fn wants_write(&self, lane: Lane) -> bool {
        self.connections[lane as usize].wants_write()
    }

    /// Requests that are not complete on a lane, and the bytes of their values.
    #[must_use]
    pub fn load(&self, lane: Lane) -> (usize, usize) {
        self.connections[lane as usize].load()
    }

    /// Whether requests are refused because of failures in a row.
    #[must_use]
    pub const fn is_down(&self) -> bool {
        self.health.is_down()
    }

    /// What was counted since the server was made.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }
}

//! One connection: its states, and what passes through it. What becomes of replies
//! is in `answering`, its deadlines in `deadlines`, its ends in `ending`, and what it
//! asks for itself in `probing`.
//!
//! Invariants:
//! - The queue is empty while the state is [`State::Closed`].
//! - Requests are not accepted while the connection is made without one, to
//!   learn whether the server answers again ([`Purpose::Probe`]).

use core::time::Duration;
use std::sync::Arc;

use super::backoff::Backoff;
use super::connection_id::ConnectionId;
use super::context::Context;
use super::error::Fault;
use super::event::{Action, Event, Types};
use super::pace::Pace;
use super::patience::Patience;
use super::pipeline::{Pipeline, Unreadable};
use super::request::Queued;
use super::send_buffer::Transmit;
use super::spec::{Limits, Spec};
use super::stats::Stats;
use crate::protocol::{Input, Key, Pin, Token};
use crate::time::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// No socket, nothing queued.
    Closed,
    /// The driver is connecting and may take until this time. The server may have taken
    /// the connection, and a handshake be under way.
    Connecting { until: Time, is_taken: bool },
    /// Connected at this time.
    Open { since: Time },
}

/// What a connection is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To carry requests.
    Requests,
    /// To show whether the server answers again; then to carry requests.
    Probe,
    /// The same, while another connection waits for a reply: if this one has
    /// none either, that is no other failure.
    Check,
}

pub(super) struct Connection<T: Types> {
    pub(super) id: ConnectionId,
    pub(super) connect_timeout: Duration,
    /// What goes out first on each connection.
    token: Option<Arc<Token>>,
    pub(super) state: State,
    pub(super) pipeline: Pipeline<T>,
    pub(super) backoff: Backoff,
    pub(super) patience: Patience,
    pub(super) pace: Pace,
    pub(super) purpose: Purpose,
    /// The last request that could not be accepted, or failed.
    pub(super) wanted: Option<Time>,
    /// Until when a right that was won on the present connection may be of use.
    pub(super) rights_until: Option<Time>,
    /// Connections that were made under this name before the present one, and it.
    lives: u64,
    /// The driver has to close its socket.
    close: bool,
    /// The driver has to connect.
    connect: bool,
}

impl<T: Types> Connection<T> {
    pub(super) fn new(id: ConnectionId, spec: &Spec) -> Self {
        Self {
            id,
            connect_timeout: spec.connect_timeout,
            token: spec.token.clone(),
            state: State::Closed,
            pipeline: Pipeline::new(id == ConnectionId::SLOW),
            backoff: Backoff::new(spec.retry),
            patience: Patience::default(),
            pace: Pace::default(),
            purpose: Purpose::Requests,
            wanted: None,
            rights_until: None,
            lives: 0,
            close: false,
            connect: false,
        }
    }

    pub(super) const fn state(&self) -> State {
        self.state
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Names the present connection.
    pub(super) const fn pin(&self) -> Option<Pin> {
        match self.state {
            State::Open { .. } => Some(Pin::of(self.id.index(), self.lives)),
            State::Closed | State::Connecting { .. } => None,
        }
    }

    /// When the connection was made.
    pub(super) const fn opened(&self) -> Option<Time> {
        match self.state {
            State::Open { since } => Some(since),
            State::Closed | State::Connecting { .. } => None,
        }
    }

    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Whether nothing is on the way or waits.
    pub(super) fn is_idle(&self) -> bool {
        self.pipeline.is_idle()
    }

    pub(super) fn load(&self) -> (usize, usize) {
        self.pipeline.queue.load()
    }

    pub(super) fn has_room(&self, data_len: usize, limits: &Limits) -> bool {
        self.pipeline.queue.has_room(data_len, limits)
    }

    /// Connected, and the server has answered on this connection.
    pub(super) const fn works(&self) -> bool {
        self.is_open() && self.backoff.has_answered()
    }

    /// Whether a request can be queued now, or a connection be begun for it.
    pub(super) fn is_ready(&self, now: Time) -> bool {
        match self.state {
            State::Closed => self.backoff.allows(now) && !self.backoff.needs_probe(),
            State::Connecting { .. } | State::Open { .. } => self.purpose == Purpose::Requests,
        }
    }

    #[must_use]
    pub(super) const fn poll_action(&mut self) -> Option<Action> {
        if std::mem::replace(&mut self.close, false) {
            Some(Action::Close)
        } else if std::mem::replace(&mut self.connect, false) {
            Some(Action::Connect)
        } else {
            None
        }
    }

    /// Puts a request into the queue of a connection that is ready, and begins
    /// to connect where that is needed. Returns when something is due for it.
    pub(super) fn push(&mut self, mut queued: Queued<T>, context: &mut Context<'_, T>) -> Time {
        let due = match self.state {
            State::Closed => self.start_connecting(context),
            State::Connecting { until, .. } => until,
            State::Open { .. } => {
                queued.request.since = Some(context.now);
                context.now + queued.request.timeout
            }
        };
        self.pipeline.queue.push(queued);
        due
    }

    /// Returns until when the attempt may take.
    pub(super) fn start_connecting(&mut self, context: &mut Context<'_, T>) -> Time {
        context.stats.connects += 1;
        context.health.attempt(self.id, context.now);
        self.backoff.attempt();
        self.connect = true;
        let until = context.now + self.connect_timeout;
        self.state = State::Connecting {
            until,
            is_taken: false,
        };
        until
    }

    /// Forgets who waits for a request.
    pub(super) fn cancel(&mut self, serial: u64) -> Option<T::Token> {
        self.pipeline.queue.cancel(serial)
    }

    /// The server has taken the connection, on which nothing can be sent yet.
    pub(super) const fn handle_taken(&mut self) {
        if let State::Connecting { is_taken, .. } = &mut self.state {
            *is_taken = true;
        }
    }

    pub(super) fn handle_connected(&mut self, now: Time, stats: &mut Stats) {
        if !matches!(self.state, State::Connecting { .. }) {
            return;
        }
        self.state = State::Open { since: now };
        stats.opened += 1;
        self.lives += 1;
        self.rights_until = None;
        self.pipeline.queue.start_time(now);
        if let Some(token) = &self.token {
            self.pipeline.greet(now, Arc::clone(token));
        }
        // Without a request nothing would show what the connection is worth.
        let unused = !self.pipeline.queue.has_waiting();
        if unused || self.purpose != Purpose::Requests || self.backoff.is_doubtful() {
            self.pipeline.probe(now);
        }
    }

    pub(super) fn transmit(&mut self, stats: &mut Stats) -> Transmit<'_> {
        match self.state {
            State::Open { .. } => self.pipeline.transmit(stats),
            State::Closed | State::Connecting { .. } => Transmit::empty(),
        }
    }

    pub(super) fn handle_written(&mut self, count: usize, context: &mut Context<'_, T>) {
        context.stats.bytes_written += count as u64;
        self.pipeline.handle_written(count);
    }

    pub(super) const fn wants_read(&self) -> bool {
        self.is_open()
    }

    pub(super) fn wants_write(&self) -> bool {
        self.is_open() && self.pipeline.wants_write()
    }

    pub(super) fn handle_data<I>(&mut self, input: &I, context: &mut Context<'_, T>)
    where
        I: Input<Piece = T::Piece>,
    {
        let total = input.bytes().len();
        context.stats.bytes_read += total as u64;
        let mut at = 0;
        while at < total && self.is_open() {
            match self.pipeline.read(input, &mut at, context.stats) {
                Ok(None) => break,
                Ok(Some(answer)) => self.handle_answer(answer, context),
                Err(Unreadable::Protocol(error)) => {
                    self.break_off(&Fault::Protocol(error), context);
                }
                Err(Unreadable::ServerError(text)) => self.take_apart(text, context),
            }
        }
        if self.pipeline.is_skipping() {
            // Who asked need not wait until all of it has passed.
            self.give_out_whole(context);
        }
    }

    /// The key that the oldest command asks for, if it is the only one.
    pub(super) fn head_key(&self) -> Option<&Key> {
        self.pipeline.queue.head()?.command.batch_key()
    }

    /// What waits here and can be asked for on another connection.
    pub(super) fn take_movable(&mut self) -> Vec<Queued<T>> {
        self.pipeline.queue.take_movable()
    }

    /// Puts a request into the queue that waited on another connection.
    pub(super) fn push_moved(&mut self, queued: Queued<T>) {
        self.pipeline.queue.push(queued);
    }

    /// Closes the socket; what is queued stays.
    pub(super) fn close(&mut self, context: &mut Context<'_, T>) {
        context.stats.closed += u64::from(self.is_open());
        context.events.extend(self.pin().map(Event::Ended));
        self.state = State::Closed;
        self.pipeline.reset_streams();
        self.purpose = Purpose::Requests;
        self.connect = false;
        self.close = true;
        context.health.ended(self.id);
    }
}

//! One connection: its states and its deadlines.
//!
//! Invariants:
//! - The queue is empty while the state is [`State::Closed`].
//! - Requests are not accepted while the connection is made without one, to
//!   learn whether the server answers again ([`Connection::is_probing`]).

use core::time::Duration;

use super::backoff::Backoff;
use super::batch::split_reply;
use super::connection_id::ConnectionId;
use super::context::Context;
use super::error::{Failure, Fault};
use super::event::{Action, Event, Outcome, Types};
use super::patience::Patience;
use super::pipeline::{Answer, Pipeline, Unreadable};
use super::request::Queued;
use super::send_buffer::Transmit;
use super::spec::{Limits, Spec};
use super::stats::Stats;
use crate::protocol::Input;
use crate::time::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// No socket, nothing queued.
    Closed,
    /// The driver is connecting and may take until this time.
    Connecting { until: Time },
    /// Connected at this time.
    Open { since: Time },
}

pub(super) struct Connection<T: Types> {
    pub(super) id: ConnectionId,
    pub(super) connect_timeout: Duration,
    pub(super) state: State,
    pub(super) pipeline: Pipeline<T>,
    pub(super) backoff: Backoff,
    pub(super) patience: Patience,
    /// It is made without a request and has not shown yet that it works.
    probing: bool,
    /// The last request that could not be accepted, or failed.
    wanted: Option<Time>,
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
            state: State::Closed,
            pipeline: Pipeline::default(),
            backoff: Backoff::new(spec.retry),
            patience: Patience::default(),
            probing: false,
            wanted: None,
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
            State::Connecting { .. } | State::Open { .. } => !self.probing,
        }
    }

    /// A request would have been for this connection.
    pub(super) const fn want(&mut self, now: Time) {
        self.wanted = Some(now);
    }

    /// When to try whether the server answers again, as long as requests come.
    pub(super) fn next_probe(&self) -> Option<Time> {
        /// After this time without requests the next one has to start it.
        const WANTED_FOR: Duration = Duration::from_secs(60);
        let idle = self.state == State::Closed && self.backoff.needs_probe();
        let due = self.backoff.not_before().filter(|_| idle)?;
        (due <= self.wanted? + WANTED_FOR).then_some(due)
    }

    /// Makes a connection that nobody waits for, to learn whether the server
    /// answers.
    pub(super) fn begin_probe(&mut self, context: &mut Context<'_, T>) {
        self.start_connecting(context);
        self.probing = true;
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
        self.patience.note(context.now, queued.request.timeout);
        let due = match self.state {
            State::Closed => self.start_connecting(context),
            State::Connecting { until } => until,
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
        self.state = State::Connecting { until };
        until
    }

    /// Forgets who waits for a request.
    pub(super) fn cancel(&mut self, serial: u64) -> Option<T::Token> {
        self.pipeline.queue.cancel(serial)
    }

    pub(super) fn handle_connected(&mut self, now: Time) {
        if !matches!(self.state, State::Connecting { .. }) {
            return;
        }
        self.state = State::Open { since: now };
        self.pipeline.queue.start_time(now);
        // Without a request nothing would show what the connection is worth.
        if self.probing || self.backoff.is_doubtful() || !self.pipeline.queue.has_waiting() {
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

    fn handle_answer(&mut self, answer: Answer<T>, context: &mut Context<'_, T>) {
        let Answer {
            mut requests,
            reply,
        } = answer;
        self.probing = false;
        if requests.is_empty() {
            self.backoff.answered();
            context.health.answered();
            return;
        }
        self.backoff.served();
        if let Some(failing_for) = context.health.served(self.id, context.now) {
            context.events.push_back(Event::Recovered { failing_for });
        }
        if let [request] = &mut requests[..] {
            context.complete(request, Outcome::Reply(reply));
            return;
        }
        let replies = split_reply(reply, requests.len());
        for (request, reply) in requests.iter_mut().zip(replies) {
            context.complete(request, Outcome::Reply(reply));
        }
    }

    pub(super) fn handle_timeout(&mut self, context: &mut Context<'_, T>) {
        let now = context.now;
        if matches!(self.state, State::Connecting { until } if until <= now) {
            self.fail(&Fault::ConnectTimeout(self.connect_timeout), context);
            return;
        }
        if let Some((at, limit)) = self.gives_up_at(now) {
            if at <= now {
                self.give_out_whole(context);
                self.fail(&Fault::ReplyTimeout(limit), context);
                return;
            }
        }
        if self.pipeline.queue.is_head_overdue(now) {
            self.give_out_whole(context);
        }
        let expired = |request: &mut _| context.fail(request, Failure::TimedOut);
        self.pipeline.queue.expire(now, expired);
    }

    /// When a silent server is given up, and how long that is from when its
    /// reply was first waited for on this connection: as long as the most
    /// patient request of late would wait. Those in a hurry fail before, alone.
    fn gives_up_at(&self, now: Time) -> Option<(Time, Duration)> {
        let State::Open { since: opened } = self.state else {
            return None;
        };
        let since = self.pipeline.waited_since()?.max(opened);
        let mut limit = self.patience.longest(now);
        limit = limit.max(self.pipeline.queue.patience());
        if limit.is_zero() {
            // Nobody asked of late but the connection itself.
            limit = self.connect_timeout;
        }
        Some((since + limit, limit))
    }

    /// The earliest deadline; costs a walk over the queue.
    pub(super) fn next_deadline(&self, now: Time) -> Option<Time> {
        let connecting = match self.state {
            State::Connecting { until } => Some(until),
            State::Closed | State::Open { .. } => None,
        };
        let gives_up_at = self.gives_up_at(now).map(|(at, _)| at);
        let requests = self.pipeline.queue.next_deadline();
        requests
            .into_iter()
            .chain(connecting)
            .chain(gives_up_at)
            .min()
    }

    /// Closes the socket; what is queued stays.
    pub(super) fn close(&mut self, context: &mut Context<'_, T>) {
        self.state = State::Closed;
        self.pipeline.reset_streams();
        self.probing = false;
        self.connect = false;
        self.close = true;
        context.health.ended(self.id);
    }
}

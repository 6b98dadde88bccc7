//! One connection: its states, its deadlines, its end.
//!
//! Invariants:
//! - The queue is empty while the state is [`State::Closed`].
//! - After a fault nothing that the old socket still holds can reach a request:
//!   both streams are reset and the socket is asked to be closed. Nothing is
//!   resynchronised.

use core::time::Duration;

use super::backoff::Backoff;
use super::batch::split_reply;
use super::context::Context;
use super::error::{Failure, Fault};
use super::event::{Action, Event, Outcome, Types};
use super::health::Health;
use super::pipeline::{Answer, Pipeline};
use super::request::Queued;
use super::send_buffer::Transmit;
use super::spec::{Limits, Spec};
use super::stats::Stats;
use crate::protocol::{Input, Lane};
use crate::time::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// No socket, nothing queued.
    Closed,
    /// The driver is connecting and may take until this time.
    Connecting { until: Time },
    /// Connected.
    Open,
}

pub(super) struct Connection<T: Types> {
    lane: Lane,
    connect_timeout: Duration,
    state: State,
    pipeline: Pipeline<T>,
    backoff: Backoff,
    /// The driver has to close its socket.
    close: bool,
    /// The driver has to connect.
    connect: bool,
}

impl<T: Types> Connection<T> {
    pub(super) fn new(lane: Lane, spec: &Spec) -> Self {
        Self {
            lane,
            connect_timeout: spec.connect_timeout,
            state: State::Closed,
            pipeline: Pipeline::default(),
            backoff: Backoff::new(spec.retry),
            close: false,
            connect: false,
        }
    }

    pub(super) const fn state(&self) -> State {
        self.state
    }

    pub(super) fn load(&self) -> (usize, usize) {
        self.pipeline.queue.load()
    }

    pub(super) fn has_room(&self, data_len: usize, limits: &Limits) -> bool {
        self.pipeline.queue.has_room(data_len, limits)
    }

    /// Connected, and the server has given a good reply on this connection.
    pub(super) fn works(&self) -> bool {
        self.state == State::Open && self.backoff.has_worked()
    }

    /// Whether a request can be queued now, or a connection be begun for it.
    pub(super) fn is_ready(&self, now: Time) -> bool {
        self.state != State::Closed || self.backoff.allows(now)
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
            State::Connecting { until } => until,
            State::Open => {
                let reply_due = context.now + queued.request.timeout;
                queued.request.deadline = Some(reply_due);
                reply_due
            }
        };
        self.pipeline.queue.push(queued);
        due
    }

    /// Returns until when the attempt may take.
    fn start_connecting(&mut self, context: &mut Context<'_, T>) -> Time {
        context.stats.connects += 1;
        self.backoff.attempt(context.now);
        self.connect = true;
        let until = context.now + self.connect_timeout;
        self.state = State::Connecting { until };
        until
    }

    /// Forgets who waits for a request. One that was not sent leaves the queue;
    /// the reply to one that was sent will be swallowed.
    pub(super) fn cancel(&mut self, serial: u64, health: &mut Health) -> Option<T::Token> {
        let cancelled = self.pipeline.queue.cancel(serial)?;
        if cancelled.is_gone {
            health.request_over(serial);
        }
        Some(cancelled.token)
    }

    pub(super) fn handle_connected(&mut self, now: Time) {
        if matches!(self.state, State::Connecting { .. }) {
            self.state = State::Open;
            self.pipeline.queue.start_deadlines(now);
        }
    }

    pub(super) fn transmit(&mut self, stats: &mut Stats) -> Transmit<'_> {
        match self.state {
            State::Open => self.pipeline.transmit(stats),
            State::Closed | State::Connecting { .. } => Transmit::empty(),
        }
    }

    pub(super) fn handle_written(&mut self, count: usize, context: &mut Context<'_, T>) {
        context.stats.bytes_written += count as u64;
        self.pipeline.handle_written(count);
    }

    pub(super) fn wants_read(&self) -> bool {
        self.state == State::Open
    }

    pub(super) fn wants_write(&self) -> bool {
        self.state == State::Open && self.pipeline.wants_write()
    }

    pub(super) fn handle_data<I>(&mut self, input: &I, context: &mut Context<'_, T>)
    where
        I: Input<Piece = T::Piece>,
    {
        let total = input.bytes().len();
        context.stats.bytes_read += total as u64;
        let mut at = 0;
        while at < total && self.state == State::Open {
            match self.pipeline.read(input, &mut at, context.stats) {
                Ok(None) => return,
                Ok(Some(answer)) => self.handle_answer(answer, context),
                Err(error) => self.fail(&Fault::Protocol(error), context),
            }
        }
    }

    fn handle_answer(&mut self, answer: Answer<T>, context: &mut Context<'_, T>) {
        self.backoff.worked();
        if let Some(failing_for) = context.health.succeeded(self.lane, context.now) {
            context.events.push_back(Event::Recovered { failing_for });
        }
        let Answer {
            mut requests,
            reply,
        } = answer;
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
        } else if let Some(timeout) = self.pipeline.queue.overdue_sent(now) {
            self.fail(&Fault::ReplyTimeout(timeout), context);
        } else {
            let expired = |request: &mut _| context.fail(request, Failure::TimedOut);
            self.pipeline.queue.expire(now, expired);
        }
    }

    /// The earliest deadline; costs a walk over the queue.
    pub(super) fn next_deadline(&self) -> Option<Time> {
        let connecting = match self.state {
            State::Connecting { until } => Some(until),
            State::Closed | State::Open => None,
        };
        let requests = self.pipeline.queue.next_deadline();
        requests.into_iter().chain(connecting).min()
    }

    /// The peer closed, or the operating system reports an error.
    pub(super) fn handle_lost(&mut self, fault: &Fault, context: &mut Context<'_, T>) {
        match self.state {
            State::Closed => {}
            State::Connecting { .. } => self.fail(fault, context),
            State::Open => self.lose(fault, context),
        }
    }

    /// An open connection is gone. What had no byte of its reply yet may be
    /// sent once more if it does the same when it is carried out twice.
    fn lose(&mut self, fault: &Fault, context: &mut Context<'_, T>) {
        let torn_reply = self.pipeline.is_mid_reply();
        let asked = self.load().0 > 0;
        let lost = |request: &mut _| context.fail(request, Failure::Lost);
        self.pipeline.requeue(lost);
        self.close();
        if torn_reply || (asked && !self.backoff.has_worked()) {
            self.count_failure(fault, context);
        }
        let queue = &self.pipeline.queue;
        if queue.is_all_sent() {
            return;
        }
        let probes = |serial| queue.is_waiting(serial);
        let worth_it = !context.health.is_down() || context.health.probe().is_some_and(probes);
        if worth_it && self.backoff.allows(context.now) {
            self.start_connecting(context);
        } else {
            self.fail_queue(Failure::Lost, context);
        }
    }

    /// Ends the connection or the attempt at one; everything queued fails.
    fn fail(&mut self, fault: &Fault, context: &mut Context<'_, T>) {
        let failure = match (self.state, fault) {
            (State::Connecting { .. }, _) => Failure::Connect,
            (_, Fault::ReplyTimeout(_)) => Failure::TimedOut,
            (_, Fault::Protocol(_)) => Failure::Protocol,
            (_, Fault::Os(_) | Fault::ConnectTimeout(_) | Fault::Closed) => Failure::Lost,
        };
        self.count_failure(fault, context);
        self.close();
        self.fail_queue(failure, context);
    }

    /// Ends everything because the driver is going away.
    pub(super) fn shutdown(&mut self, context: &mut Context<'_, T>) {
        if self.state != State::Closed {
            self.close();
        }
        self.fail_queue(Failure::Shutdown, context);
    }

    fn count_failure(&self, fault: &Fault, context: &mut Context<'_, T>) {
        let was_down = context.health.is_down();
        context.health.failed(self.lane, context.now);
        context.stats.faults += 1;
        context.events.push_back(Event::Fault {
            lane: self.lane,
            fault: fault.clone(),
            now_down: !was_down && context.health.is_down(),
        });
    }

    fn close(&mut self) {
        self.state = State::Closed;
        self.pipeline.reset_streams();
        self.connect = false;
        self.close = true;
    }

    fn fail_queue(&mut self, failure: Failure, context: &mut Context<'_, T>) {
        for mut request in self.pipeline.queue.drain() {
            context.fail(&mut request, failure);
        }
    }
}

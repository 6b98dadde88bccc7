//! One connection: its queue, its pipelining, its deadlines, its end.
//!
//! Invariants:
//! - Requests stand in `queue` in the order in which they are sent and
//!   answered; the encoded ones come first.
//! - `queue` is empty while the state is [`State::Closed`].
//! - Every entry that still has its token gets exactly one outcome.
//! - After a fault nothing that the old socket still holds can reach a request:
//!   the parser is reset, the outbox emptied, the socket asked to be closed.

use core::time::Duration;
use std::collections::VecDeque;

use super::health::{Health, Pacing};
use super::outbox::{Outbox, Transmit};
use super::outcome::{Failure, Fault, Outcome};
use super::request::{Data, Entry, Lane, Timing};
use super::server::{Driver, Event, Limits};
use super::time::Time;
use crate::protocol::{Input, ProtocolError, Reply, ReplyParser};

/// More than this is not encoded ahead of the socket.
const BACKLOG_MAX: u64 = 256 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// No socket, nothing queued.
    Closed,
    /// The driver is connecting for us, until `deadline` at most.
    Connecting { deadline: Time, timing: Timing },
    /// Connected.
    Open,
}

/// What the driver has to do with its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make a connection; answer with `handle_connected` or `handle_error`.
    Connect,
    /// Close the socket, if there is one yet; nothing that it still delivers is
    /// wanted.
    Close,
}

/// What a link shares with its server while it handles an input.
pub(super) struct Shared<'a, D: Driver> {
    pub now: Time,
    pub health: &'a mut Health,
    pub events: &'a mut VecDeque<Event<D>>,
}

impl<D: Driver> Shared<'_, D> {
    fn finish(&mut self, token: Option<D::Token>, outcome: Outcome<D::Piece>) {
        if let Some(token) = token {
            self.events.push_back(Event::Done { token, outcome });
        }
    }
}

pub(super) struct Link<D: Driver> {
    pub lane: Lane,
    pub state: State,
    queue: VecDeque<Entry<D::Token, D::Data>>,
    encoded: usize,
    data_bytes: usize,
    outbox: Outbox,
    parser: ReplyParser<D::Piece>,
    pacing: Pacing,
    /// Of the newest request.
    retry: Duration,
    close: bool,
    connect: bool,
}

impl<D: Driver> Link<D> {
    pub fn new(lane: Lane) -> Self {
        Self {
            lane,
            state: State::Closed,
            queue: VecDeque::new(),
            encoded: 0,
            data_bytes: 0,
            outbox: Outbox::default(),
            parser: ReplyParser::new(),
            pacing: Pacing::default(),
            retry: Duration::ZERO,
            close: false,
            connect: false,
        }
    }

    /// Requests not done with, and the bytes of values among them.
    pub fn load(&self) -> (usize, usize) {
        (self.queue.len(), self.data_bytes)
    }

    pub fn has_room(&self, data_len: usize, limits: &Limits) -> bool {
        self.queue.len() < limits.requests
            && (data_len == 0 || self.data_bytes.saturating_add(data_len) <= limits.data_bytes)
    }

    pub fn poll_action(&mut self) -> Option<Action> {
        if std::mem::take(&mut self.close) {
            Some(Action::Close)
        } else if std::mem::take(&mut self.connect) {
            Some(Action::Connect)
        } else {
            None
        }
    }

    /// Whether a request can be queued now; begins to connect where that is
    /// needed and allowed.
    pub fn make_ready(&mut self, now: Time, timing: Timing) -> bool {
        self.state != State::Closed || self.start_connecting(now, timing)
    }

    /// Puts a request into the queue of a link that is ready.
    pub fn push(&mut self, now: Time, mut entry: Entry<D::Token, D::Data>) {
        self.retry = entry.timing.retry;
        entry.awaits_connection = matches!(self.state, State::Connecting { .. });
        entry.deadline = now
            + if entry.awaits_connection {
                entry.timing.connect_timeout
            } else {
                entry.timing.timeout
            };
        self.data_bytes += entry.request.data_len();
        self.queue.push_back(entry);
    }

    fn start_connecting(&mut self, now: Time, timing: Timing) -> bool {
        if !self.pacing.try_attempt(now, timing.retry) {
            return false;
        }
        self.connect = true;
        self.state = State::Connecting {
            deadline: now + timing.connect_timeout,
            timing,
        };
        true
    }

    /// Forgets who asked. A request that was not sent leaves the queue; the
    /// reply to one that was sent will be swallowed.
    pub fn cancel(&mut self, serial: u64, health: &mut Health) -> Option<D::Token> {
        let at = self.position(serial)?;
        let token = self.queue[at].token.take();
        if at >= self.encoded {
            self.remove(at, health);
        }
        token
    }

    fn position(&self, serial: u64) -> Option<usize> {
        self.queue.binary_search_by_key(&serial, |e| e.serial).ok()
    }

    fn remove(&mut self, at: usize, health: &mut Health) -> Option<D::Token> {
        let entry = self.queue.remove(at)?;
        if at < self.encoded {
            self.encoded -= 1;
        }
        self.data_bytes -= entry.request.data_len();
        if entry.probe {
            health.probe_over();
        }
        entry.token
    }

    pub fn handle_connected(&mut self, now: Time) {
        if !matches!(self.state, State::Connecting { .. }) {
            return;
        }
        self.state = State::Open;
        for entry in &mut self.queue {
            if std::mem::take(&mut entry.awaits_connection) {
                entry.deadline = now + entry.timing.timeout;
            }
        }
    }

    /// Encodes what fits and shows what is to be written next.
    pub fn transmit(&mut self) -> Transmit<'_> {
        if self.state != State::Open {
            return Transmit::empty();
        }
        while self.encoded < self.queue.len()
            && self.outbox.backlog() < BACKLOG_MAX
            && !self.outbox.is_full()
        {
            let entry = &mut self.queue[self.encoded];
            entry.end = Some(self.outbox.encode(entry.serial, &entry.request));
            self.encoded += 1;
        }
        let queue = &self.queue;
        self.outbox.transmit(|serial| value_of(queue, serial))
    }

    pub fn handle_written(&mut self, count: usize, shared: &mut Shared<'_, D>) {
        let queue = &self.queue;
        self.outbox.advance(count, |serial| value_of(queue, serial));
        let written = self.outbox.written();
        if self
            .queue
            .front()
            .is_some_and(|e| e.answered && e.end.is_some_and(|end| end <= written))
        {
            self.remove(0, shared.health);
        }
    }

    /// Whether there are bytes for the socket.
    pub fn wants_write(&self) -> bool {
        self.state == State::Open && (!self.outbox.is_empty() || self.encoded < self.queue.len())
    }

    pub fn handle_data<I>(&mut self, input: &I, shared: &mut Shared<'_, D>)
    where
        I: Input<Piece = D::Piece>,
    {
        let mut at = 0;
        let total = input.bytes().len();
        while at < total && self.state == State::Open {
            let parsed = match self.queue.front() {
                Some(head) if head.end.is_some() && !head.answered => {
                    self.parser.parse(head.request.expect(), input, &mut at)
                }
                _ => Err(ProtocolError::unexpected(&input.bytes()[at..])),
            };
            match parsed {
                Ok(None) => return,
                Ok(Some(reply)) => {
                    if let Err(error) = self.answer_head(reply, shared) {
                        self.fail(&Fault::Protocol(error), shared);
                    }
                }
                Err(error) => self.fail(&Fault::Protocol(error), shared),
            }
        }
    }

    /// The head of the queue has its reply.
    fn answer_head(
        &mut self,
        reply: Reply<D::Piece>,
        shared: &mut Shared<'_, D>,
    ) -> Result<(), ProtocolError> {
        let Some(head) = self.queue.front_mut() else {
            return Ok(());
        };
        let all_sent = head.end.is_some_and(|end| end <= self.outbox.written());
        let token = if all_sent {
            self.remove(0, shared.health)
        } else if matches!(reply, Reply::ServerError(_)) && head.request.data_len() > 0 {
            // The server refuses the value by its head alone and will swallow
            // the rest, which still has to be sent.
            head.answered = true;
            head.token.take()
        } else {
            return Err(ProtocolError::Premature);
        };
        self.pacing.worked();
        if let Some(failing_for) = shared.health.succeeded(shared.now) {
            shared.events.push_back(Event::Recovered { failing_for });
        }
        shared.finish(token, Outcome::Reply(reply));
        Ok(())
    }

    pub fn handle_timeout(&mut self, shared: &mut Shared<'_, D>) {
        let now = shared.now;
        if let State::Connecting { deadline, timing } = self.state
            && deadline <= now
        {
            self.fail(&Fault::ConnectTimeout(timing.connect_timeout), shared);
            return;
        }
        let overdue = self.queue.iter().take(self.encoded);
        if let Some(late) = overdue.filter(|e| !e.answered).find(|e| e.deadline <= now) {
            let fault = Fault::ReplyTimeout(late.timing.timeout);
            self.fail(&fault, shared);
            return;
        }
        let mut at = self.encoded;
        while at < self.queue.len() {
            if self.queue[at].deadline <= now {
                let token = self.remove(at, shared.health);
                shared.finish(token, Outcome::Failed(Failure::TimedOut));
            } else {
                at += 1;
            }
        }
    }

    /// The earliest deadline; costs a walk over the queue.
    pub fn next_deadline(&self) -> Option<Time> {
        let connecting = match self.state {
            State::Connecting { deadline, .. } => Some(deadline),
            _ => None,
        };
        let waiting = self.queue.iter().filter(|e| !e.answered);
        waiting.map(|e| e.deadline).chain(connecting).min()
    }

    /// The peer closed, or the operating system reports an error.
    pub fn handle_lost(&mut self, fault: &Fault, shared: &mut Shared<'_, D>) {
        match self.state {
            State::Closed => {}
            State::Connecting { .. } => self.fail(fault, shared),
            State::Open => self.lose(fault, shared),
        }
    }

    /// An open connection is gone. What had no byte of its reply yet may be
    /// sent once more: get and set do the same when done twice.
    fn lose(&mut self, fault: &Fault, shared: &mut Shared<'_, D>) {
        let torn_reply = self.parser.mid_reply();
        let asked = self.encoded > 0;
        let worked = self.pacing.has_worked();
        let sent = std::mem::take(&mut self.encoded);
        let mut kept = VecDeque::new();
        for (at, mut entry) in std::mem::take(&mut self.queue).into_iter().enumerate() {
            let was_sent = at < sent;
            let hopeless = was_sent && (entry.resent || (at == 0 && torn_reply));
            if entry.token.is_none() || hopeless {
                self.drop_entry(entry, Failure::Lost, shared);
            } else {
                entry.resent |= was_sent;
                entry.end = None;
                kept.push_back(entry);
            }
        }
        self.queue = kept;
        self.reset_wire();
        if torn_reply || (asked && !worked) {
            self.count_failure(fault, shared);
        }
        self.state = State::Closed;
        let Some(timing) = self.queue.front().map(|e| e.timing) else {
            return;
        };
        let may_try = !shared.health.is_down() || self.queue.iter().any(|e| e.probe);
        if !may_try || !self.start_connecting(shared.now, timing) {
            self.fail_queue(Failure::Lost, shared);
        }
    }

    /// Ends the connection or the attempt at one; everything queued fails.
    fn fail(&mut self, fault: &Fault, shared: &mut Shared<'_, D>) {
        let failure = match (self.state, fault) {
            (State::Connecting { .. }, _) => Failure::Connect,
            (_, Fault::ReplyTimeout(_)) => Failure::TimedOut,
            (_, Fault::Protocol(_)) => Failure::Protocol,
            _ => Failure::Lost,
        };
        self.count_failure(fault, shared);
        self.state = State::Closed;
        self.reset_wire();
        self.fail_queue(failure, shared);
    }

    /// Ends everything because the driver is going away.
    pub fn shutdown(&mut self, shared: &mut Shared<'_, D>) {
        if self.state != State::Closed {
            self.state = State::Closed;
            self.reset_wire();
        }
        self.fail_queue(Failure::Shutdown, shared);
    }

    fn count_failure(&self, fault: &Fault, shared: &mut Shared<'_, D>) {
        let was_down = shared.health.is_down();
        shared.health.failed(shared.now, self.retry);
        shared.events.push_back(Event::Fault {
            lane: self.lane,
            fault: fault.clone(),
            now_down: !was_down && shared.health.is_down(),
        });
    }

    fn reset_wire(&mut self) {
        self.outbox.clear();
        self.parser.reset();
        self.encoded = 0;
        self.connect = false;
        self.close = true;
    }

    fn fail_queue(&mut self, failure: Failure, shared: &mut Shared<'_, D>) {
        self.encoded = 0;
        for entry in std::mem::take(&mut self.queue) {
            self.drop_entry(entry, failure, shared);
        }
    }

    fn drop_entry(
        &mut self,
        entry: Entry<D::Token, D::Data>,
        failure: Failure,
        shared: &mut Shared<'_, D>,
    ) {
        self.data_bytes -= entry.request.data_len();
        if entry.probe {
            shared.health.probe_over();
        }
        shared.finish(entry.token, Outcome::Failed(failure));
    }
}

fn value_of<T, D: Data>(queue: &VecDeque<Entry<T, D>>, serial: u64) -> Option<&D> {
    let at = queue.binary_search_by_key(&serial, |e| e.serial).ok()?;
    queue[at].request.data()
}

//! One connection: its queue, its pipelining, its deadlines, its end.
//!
//! Invariants:
//! - Requests are sent and answered in the order of their serials: those in
//!   `sent` are encoded, at least, those in `waiting` come behind them.
//! - Both are empty while the state is [`State::Closed`].
//! - Lookups that are sent as one command lie side by side in `sent`, have the
//!   same place in the stream and are answered together.
//! - Every entry that still has its token gets exactly one outcome.
//! - No input costs more than one walk over the requests, and those that come
//!   once a request (push, cancel, a reply) cost none.
//! - After a fault nothing that the old socket still holds can reach a request:
//!   the parser is reset, the outbox emptied, the socket asked to be closed.

use core::time::Duration;
use std::collections::VecDeque;

use super::health::{Health, Pacing};
use super::outbox::{Outbox, Transmit};
use super::outcome::{Failure, Fault, Outcome};
use super::request::{Entry, Queue};
use super::server::{Driver, Event, Limits};
use super::time::Time;
use super::together;
use crate::protocol::{Data, Input, Lane, ProtocolError, Reply, ReplyForm, ReplyParser};

/// More than this is not encoded ahead of the socket.
const BACKLOG_MAX: u64 = 256 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// No socket, nothing queued.
    Closed,
    /// The driver is connecting for us, for the longest time that any of those
    /// who wait for it allows.
    Connecting { since: Time, limit: Duration },
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
    sent: Queue<D::Token, D::Data>,
    waiting: Queue<D::Token, D::Data>,
    /// So many of `waiting` were cancelled; they are dropped when their turn
    /// comes, or all at once when they are the greater part.
    cancelled: usize,
    data_bytes: usize,
    together: together::Limit,
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
            sent: VecDeque::new(),
            waiting: VecDeque::new(),
            cancelled: 0,
            data_bytes: 0,
            together: together::Limit::default(),
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
        let requests = self.sent.len() + self.waiting.len() - self.cancelled;
        (requests, self.data_bytes)
    }

    /// A value that is larger than the bound by itself is taken when it is the
    /// only one: it was in memory as a whole already.
    pub fn has_room(&self, data_len: usize, limits: &Limits) -> bool {
        let (requests, data_bytes) = self.load();
        requests < limits.requests
            && (data_len == 0
                || data_bytes == 0
                || data_bytes.saturating_add(data_len) <= limits.data_bytes)
    }

    /// Connected, and the server has given a good reply on this connection.
    pub fn works(&self) -> bool {
        self.state == State::Open && self.pacing.has_worked()
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

    /// Whether a request can be queued now, or a connection be begun for it.
    pub fn is_ready(&self, now: Time, retry: Duration) -> bool {
        self.state != State::Closed || self.pacing.allows(now, retry)
    }

    /// Puts a request into the queue of a link that is ready; begins to connect
    /// where that is needed.
    pub fn push(&mut self, now: Time, mut entry: Entry<D::Token, D::Data>) {
        let timing = entry.timing;
        self.retry = timing.retry;
        match &mut self.state {
            State::Closed => self.start_connecting(now, timing.connect_timeout),
            State::Connecting { limit, .. } => *limit = timing.connect_timeout.max(*limit),
            State::Open => {}
        }
        entry.awaits_connection = self.state != State::Open;
        entry.deadline = now
            + if entry.awaits_connection {
                timing.connect_timeout
            } else {
                timing.timeout
            };
        self.data_bytes += entry.command.data_len();
        self.waiting.push_back(entry);
    }

    fn start_connecting(&mut self, now: Time, limit: Duration) {
        self.pacing.attempt(now);
        self.connect = true;
        self.state = State::Connecting { since: now, limit };
    }

    /// Forgets who asked. A request that was not sent leaves the queue; the
    /// reply to one that was sent will be swallowed.
    pub fn cancel(&mut self, serial: u64, health: &mut Health) -> Option<D::Token> {
        if let Some(at) = position(&self.sent, serial) {
            return self.sent[at].token.take();
        }
        let at = position(&self.waiting, serial)?;
        let entry = &mut self.waiting[at];
        let token = entry.token.take()?;
        self.cancelled += 1;
        if std::mem::take(&mut entry.probe) {
            health.probe_over();
        }
        // A value is given up at once, the rest when it is worth a walk.
        if entry.command.data_len() > 0 || self.cancelled * 2 > self.waiting.len() {
            self.drop_cancelled();
        }
        Some(token)
    }

    fn drop_cancelled(&mut self) {
        let data_bytes = &mut self.data_bytes;
        self.waiting.retain(|entry| {
            if entry.token.is_none() {
                *data_bytes -= entry.command.data_len();
            }
            entry.token.is_some()
        });
        self.cancelled = 0;
    }

    /// The oldest request that was sent is done with.
    fn pop_sent(&mut self, health: &mut Health) -> Option<D::Token> {
        let entry = self.sent.pop_front()?;
        self.data_bytes -= entry.command.data_len();
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
        for entry in &mut self.waiting {
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
        while self.outbox.backlog() < BACKLOG_MAX && !self.outbox.is_full() {
            let Some(entry) = self.next_waiting() else {
                break;
            };
            self.encode(entry);
        }
        let sent = &self.sent;
        self.outbox.transmit(|serial| value_of(sent, serial))
    }

    /// The next request that is to be sent, where it waits.
    fn peek_waiting(&mut self) -> Option<&Entry<D::Token, D::Data>> {
        while self.waiting.front()?.token.is_none() {
            self.waiting.pop_front();
            self.cancelled -= 1;
        }
        self.waiting.front()
    }

    fn next_waiting(&mut self) -> Option<Entry<D::Token, D::Data>> {
        self.peek_waiting()?;
        self.waiting.pop_front()
    }

    /// Encodes a request, and with a lookup those that wait behind it.
    fn encode(&mut self, first: Entry<D::Token, D::Data>) {
        let start = self.sent.len();
        let mut room = first.command.batch_key().map_or(0, |key| {
            together::KEY_BYTES.saturating_sub(key.as_bytes().len())
        });
        let serial = first.serial;
        self.sent.push_back(first);
        while self.sent.len() - start < self.together.get()
            && let Some(next) = self.peek_waiting()
            && let Some(key) = next.command.batch_key()
            && key.as_bytes().len() < room
        {
            room -= key.as_bytes().len();
            let next = self.waiting.pop_front();
            self.sent.extend(next);
        }
        let together = self.sent.len() - start;
        let wire = if together == 1 {
            self.outbox.encode(serial, &self.sent[start].command)
        } else {
            let entries = self.sent.range(start..);
            let keys = entries.filter_map(|entry| entry.command.batch_key());
            self.outbox.encode_together(keys)
        };
        for entry in self.sent.range_mut(start..) {
            entry.wire = wire.clone();
        }
        self.sent[start].together = together;
    }

    pub fn handle_written(&mut self, count: usize, shared: &mut Shared<'_, D>) {
        let sent = &self.sent;
        self.outbox.advance(count, |serial| value_of(sent, serial));
        let written = self.outbox.written();
        if let Some(head) = self.sent.front()
            && head.answered
            && head.wire.end <= written
        {
            self.pop_sent(shared.health);
        }
    }

    /// Whether there are bytes for the socket.
    pub fn wants_write(&self) -> bool {
        self.state == State::Open
            && (!self.outbox.is_empty() || self.cancelled < self.waiting.len())
    }

    pub fn handle_data<I>(&mut self, input: &I, shared: &mut Shared<'_, D>)
    where
        I: Input<Piece = D::Piece>,
    {
        let mut at = 0;
        let total = input.bytes().len();
        while at < total && self.state == State::Open {
            let parsed = match self.sent.front() {
                // Nothing of it is sent: this answers something else.
                Some(head) if head.wire.start >= self.outbox.written() => {
                    Err(ProtocolError::Premature)
                }
                Some(head) if !head.answered => {
                    let keys = together::Keys(&self.sent);
                    let form = match head.together {
                        1 => head.command.reply_form(),
                        _ => ReplyForm::Values {
                            keys: &keys,
                            with_cas: false,
                        },
                    };
                    self.parser.parse(form, input, &mut at)
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
        self.together.learn_from(&reply);
        let Some(head) = self.sent.front_mut() else {
            return Ok(());
        };
        let together = head.together;
        let token = if head.wire.end <= self.outbox.written() {
            if together > 1 {
                self.succeed(shared);
                for reply in together::split(reply, together) {
                    let token = self.pop_sent(shared.health);
                    shared.finish(token, Outcome::Reply(reply));
                }
                return Ok(());
            }
            self.pop_sent(shared.health)
        } else if matches!(reply, Reply::ServerError(_)) && head.command.data().is_some() {
            // The server refuses the value by its head alone and will swallow
            // the rest, which still has to be sent.
            head.answered = true;
            head.token.take()
        } else {
            return Err(ProtocolError::Premature);
        };
        self.succeed(shared);
        shared.finish(token, Outcome::Reply(reply));
        Ok(())
    }

    /// A good reply came.
    fn succeed(&mut self, shared: &mut Shared<'_, D>) {
        self.pacing.worked();
        if let Some(failing_for) = shared.health.succeeded(self.lane, shared.now) {
            shared.events.push_back(Event::Recovered { failing_for });
        }
    }

    pub fn handle_timeout(&mut self, shared: &mut Shared<'_, D>) {
        let now = shared.now;
        if let State::Connecting { since, limit } = self.state
            && since + limit <= now
        {
            self.fail(&Fault::ConnectTimeout(limit), shared);
            return;
        }
        // Also one that was answered before it was sent: if the server does not
        // read the rest, nothing behind it can be sent.
        if let Some(late) = self.sent.iter().find(|e| e.deadline <= now) {
            let fault = Fault::ReplyTimeout(late.timing.timeout);
            self.fail(&fault, shared);
            return;
        }
        if self.waiting.iter().any(|e| e.deadline <= now) {
            self.cancelled = 0;
            for entry in std::mem::take(&mut self.waiting) {
                if entry.deadline <= now || entry.token.is_none() {
                    self.drop_entry(entry, Failure::TimedOut, shared);
                } else {
                    self.waiting.push_back(entry);
                }
            }
        }
    }

    /// The earliest deadline; costs a walk over the queue.
    pub fn next_deadline(&self) -> Option<Time> {
        let connecting = match self.state {
            State::Connecting { since, limit } => Some(since + limit),
            _ => None,
        };
        let requests = self.sent.iter().chain(&self.waiting);
        requests.map(|e| e.deadline).chain(connecting).min()
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
        let torn = match self.sent.front() {
            Some(head) if torn_reply => head.together,
            _ => 0,
        };
        let asked = self.load().0 > 0;
        let worked = self.pacing.has_worked();
        let written = self.outbox.written();
        self.drop_cancelled();
        let unsent = std::mem::take(&mut self.waiting);
        for (at, mut entry) in std::mem::take(&mut self.sent).into_iter().enumerate() {
            let was_sent = entry.wire.start < written;
            let may_repeat = !entry.resent && entry.command.may_repeat();
            let hopeless = was_sent && (!may_repeat || at < torn);
            if entry.token.is_none() || hopeless {
                self.drop_entry(entry, Failure::Lost, shared);
            } else {
                entry.resent |= was_sent;
                self.waiting.push_back(entry);
            }
        }
        self.waiting.extend(unsent);
        self.reset_wire();
        self.state = State::Closed;
        if torn_reply || (asked && !worked) {
            self.count_failure(fault, shared);
        }
        let limits = self.waiting.iter().map(|e| e.timing.connect_timeout);
        let Some(limit) = limits.max() else {
            return;
        };
        let worth_it = !shared.health.is_down() || self.waiting.iter().any(|e| e.probe);
        if worth_it && self.pacing.allows(shared.now, self.retry) {
            self.start_connecting(shared.now, limit);
        } else {
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
        shared.health.failed(self.lane, shared.now, self.retry);
        shared.events.push_back(Event::Fault {
            lane: self.lane,
            fault: fault.clone(),
            now_down: !was_down && shared.health.is_down(),
        });
    }

    fn reset_wire(&mut self) {
        self.outbox.clear();
        self.parser.reset();
        self.together = together::Limit::default();
        self.connect = false;
        self.close = true;
    }

    fn fail_queue(&mut self, failure: Failure, shared: &mut Shared<'_, D>) {
        self.cancelled = 0;
        let sent = std::mem::take(&mut self.sent);
        for entry in sent.into_iter().chain(std::mem::take(&mut self.waiting)) {
            self.drop_entry(entry, failure, shared);
        }
    }

    fn drop_entry(
        &mut self,
        entry: Entry<D::Token, D::Data>,
        failure: Failure,
        shared: &mut Shared<'_, D>,
    ) {
        self.data_bytes -= entry.command.data_len();
        if entry.probe {
            shared.health.probe_over();
        }
        shared.finish(entry.token, Outcome::Failed(failure));
    }
}

fn position<T, D>(queue: &Queue<T, D>, serial: u64) -> Option<usize> {
    queue.binary_search_by_key(&serial, |e| e.serial).ok()
}

fn value_of<T, D: Data>(sent: &Queue<T, D>, serial: u64) -> Option<&D> {
    sent[position(sent, serial)?].command.data()
}

//! What is on the way on one connection: commands go out one after the other
//! without waiting for replies, and replies come back in the same order.

use std::sync::Arc;

use smallvec::SmallVec;

use super::batch::{BatchSize, one_value};
use super::event::{Types, Unclaimed};
use super::queue::{Blame, Queue};
use super::request::{Request, Sent};
use super::send_buffer::{SendBuffer, Transmit};
use super::stats::Stats;
use crate::protocol::{
    Authenticate, Command, Found, FoundValues, Input, ProtocolError, Reply, ReplyForm, ReplyParser,
    Token, ValueLines, Version,
};
use crate::time::Time;

/// A reply, and the requests that it answers: one, those of a batch, or none if
/// the connection itself asked.
pub(super) struct Answer<T: Types> {
    pub(super) requests: SmallVec<[Request<T::Token>; 1]>,
    pub(super) reply: Reply<T::Piece>,
    /// Why there is nothing in the reply to several lookups for some of them.
    pub(super) refusal: Option<Box<str>>,
    /// From when on it was waited for.
    pub(super) since: Time,
    /// What was won by those who do not wait any more.
    pub(super) unclaimed: Vec<Unclaimed>,
}

/// Why no more can be read on a connection.
pub(super) enum Unreadable {
    /// The server broke the protocol.
    Protocol(ProtocolError),
    /// `SERVER_ERROR`, in the server's words, in a reply with several values: some
    /// servers end the reply with it, some go on to `END`, and the bytes do not
    /// say which.
    ServerError(Box<str>),
}

impl From<ProtocolError> for Unreadable {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

/// The queue of a connection and its two streams of bytes.
pub(super) struct Pipeline<T: Types> {
    pub(super) queue: Queue<T>,
    pub(super) batch_size: BatchSize,
    send_buffer: SendBuffer,
    parser: ReplyParser<T::Piece>,
    /// The connection has to say first who asks, from this time on.
    greeting_due: Option<(Time, Arc<Token>)>,
    /// The connection has to ask the server something, from this time on.
    probe_due: Option<Time>,
}

impl<T: Types> Pipeline<T> {
    /// Lookups go together where that is worth it, or `one_by_one`.
    pub(super) fn new(one_by_one: bool) -> Self {
        Self {
            queue: Queue::default(),
            batch_size: if one_by_one {
                BatchSize::always_one()
            } else {
                BatchSize::default()
            },
            send_buffer: SendBuffer::default(),
            parser: ReplyParser::new(),
            greeting_due: None,
            probe_due: None,
        }
    }

    /// Whether nothing is on the way or waits.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.own_due().is_none()
    }

    /// Says who asks before all that is not sent yet.
    pub(super) fn greet(&mut self, now: Time, token: Arc<Token>) {
        self.greeting_due = Some((now, token));
    }

    /// From when on the connection itself has to say something.
    fn own_due(&self) -> Option<Time> {
        let greeting = self.greeting_due.as_ref().map(|(since, _)| *since);
        greeting.or(self.probe_due)
    }

    /// Asks the server something harmless before all that is not sent yet.
    pub(super) const fn probe(&mut self, now: Time) {
        self.probe_due = Some(now);
    }

    /// From when on the next reply is waited for; `None` if none is due.
    pub(super) fn waited_since(&self) -> Option<Time> {
        self.queue.waited_since().or(self.own_due())
    }

    /// Whether there are bytes to write.
    pub(super) fn wants_write(&self) -> bool {
        !self.send_buffer.is_empty() || self.own_due().is_some() || self.queue.can_send()
    }

    /// Encodes what there is room for and shows what is to be written next.
    pub(super) fn transmit(&mut self, stats: &mut Stats) -> Transmit<'_> {
        let send_buffer = &mut self.send_buffer;
        let serial = 0;
        let mut encode_own = |command: &Command<T::Data>| send_buffer.encode(serial, command);
        if let Some((since, token)) = self.greeting_due.take() {
            let command = Authenticate { token }.into();
            self.queue.send_own(command, since, &mut encode_own);
        }
        if let Some(since) = self.probe_due.take() {
            self.queue.send_own(Version.into(), since, &mut encode_own);
            stats.probes += 1;
        }
        while send_buffer.has_room() {
            let encode = |id, command: &Command<T::Data>| send_buffer.encode(id, command);
            if !self.queue.send_next(self.batch_size.get(), encode) {
                break;
            }
            stats.commands += 1;
        }
        self.send_buffer.transmit(|id| self.queue.value(id))
    }

    /// `count` bytes of what was shown were written.
    pub(super) fn handle_written(&mut self, count: usize) {
        let queue = &self.queue;
        self.send_buffer.advance(count, |id| queue.value(id));
        let written = self.send_buffer.written();
        let head = queue.head();
        if head.is_some_and(|head| head.answered && head.wire.end <= written) {
            self.queue.pop_head();
        }
    }

    /// Reads `input` from `at` on, which moves to the first byte not read, to
    /// the end of the next reply. `None` means that all was read.
    ///
    /// # Errors
    /// The connection must end.
    pub(super) fn read<I>(
        &mut self,
        input: &I,
        at: &mut usize,
        stats: &mut Stats,
    ) -> Result<Option<Answer<T>>, Unreadable>
    where
        I: Input<Piece = T::Piece>,
    {
        let written = self.send_buffer.written();
        let rest = &input.bytes()[*at..];
        let Some(head) = self.queue.head_mut().filter(|head| !head.answered) else {
            return Err(ProtocolError::unexpected(rest).into());
        };
        if head.wire.start >= written {
            // Nothing of the command is sent: this answers something else.
            return Err(ProtocolError::Premature.into());
        }
        let form = head.command.reply_form();
        let mut parsed = self.parser.parse(form, input, at);
        if matches!(head.command, Command::Authenticate(_)) {
            parsed = match parsed {
                Ok(None | Some(Reply::Status(_))) => parsed,
                Ok(Some(_)) | Err(_) => Err(ProtocolError::TokenRefused),
            };
        }
        let Some(mut reply) = parsed? else {
            return Ok(None);
        };
        stats.count_reply(&reply, form);
        stats.count_change(&head.command, &reply);
        self.batch_size.learn_from(&reply);
        let mut refusal = None;
        if let (Reply::ServerError(text), ReplyForm::Values { keys, lines, .. }) = (&reply, form) {
            if keys.count() > 1 || self.parser.has_values() {
                if lines != ValueLines::Meta {
                    return Err(Unreadable::ServerError(text.clone()));
                }
                refusal = Some(text.clone());
                reply = Reply::Values(self.parser.take_whole().collect());
            }
        }
        let since = head.since;
        let unclaimed = all_unclaimed(head, &reply);
        if head.wire.end <= written {
            let requests = self.queue.pop_head().map(|head| head.requests);
            let requests = requests.unwrap_or_default();
            return Ok(Some(Answer {
                requests,
                reply,
                refusal,
                since,
                unclaimed,
            }));
        }
        if matches!(reply, Reply::ServerError(_)) && head.command.data().is_some() {
            // The server refuses the value by its head alone and will swallow
            // the rest, which still has to be sent.
            head.answered = true;
            let requests = head.requests.iter_mut().map(Request::take).collect();
            return Ok(Some(Answer {
                requests,
                reply,
                refusal,
                since,
                unclaimed,
            }));
        }
        Err(ProtocolError::Premature.into())
    }

    /// Keeps the rooms of an answer that was given out, for the next batch: to make
    /// such large ones again and again costs more than to look one key up.
    pub(super) fn keep_rooms(
        &mut self,
        requests: SmallVec<[Request<T::Token>; 1]>,
        values: FoundValues<T::Piece>,
    ) {
        self.queue.keep_room(requests);
        self.parser.keep_room(values);
    }

    /// Whether a part of a reply was read.
    pub(super) fn is_mid_reply(&self) -> bool {
        self.parser.mid_reply()
    }

    /// Whether what comes now is skipped, because it is longer than was asked
    /// for.
    pub(super) fn is_skipping(&self) -> bool {
        self.parser.is_skipping()
    }

    /// Shows each value of the present reply that is there as a whole and was
    /// not shown yet, with the request that it is for; what was won by those that
    /// do not wait any more.
    pub(super) fn take_whole(
        &mut self,
        mut show: impl FnMut(&mut Request<T::Token>, Reply<T::Piece>),
    ) -> Vec<Unclaimed> {
        let mut unclaimed = Vec::new();
        let Some(head) = self.queue.head_mut() else {
            return unclaimed;
        };
        let form = head.command.reply_form();
        if matches!(form, ReplyForm::Values { keys, .. } if keys.count() != head.requests.len()) {
            // One request for several keys has one reply.
            return unclaimed;
        }
        for (position, found) in self.parser.take_whole() {
            unclaimed.extend(find_unclaimed(head, position, &found));
            if let Some(request) = head.requests.get_mut(position) {
                show(request, one_value(found));
            }
        }
        unclaimed
    }

    /// The connection is over: what was sent waits again, for another one.
    /// `lost` is shown the requests that must not be sent again, and whether
    /// they belong to the oldest command; whether that may be why is `is_blamed`.
    pub(super) fn requeue(
        &mut self,
        is_blamed: bool,
        lost: impl FnMut(&mut Request<T::Token>, bool),
    ) {
        let blame = match self.parser.torn_position() {
            _ if !is_blamed => Blame::Nobody,
            Some(position) => Blame::Torn(position),
            None => Blame::Head,
        };
        self.queue.requeue(self.send_buffer.written(), blame, lost);
    }

    /// Forgets what was on the way, so that a new connection begins at the
    /// beginning.
    pub(super) fn reset_streams(&mut self) {
        self.send_buffer.clear();
        self.parser.reset();
        self.batch_size.reset();
        self.greeting_due = None;
        self.probe_due = None;
    }
}

/// The wins in a reply that are of no use to those who asked.
fn all_unclaimed<T: Types>(head: &Sent<T>, reply: &Reply<T::Piece>) -> Vec<Unclaimed> {
    match (reply, &head.command) {
        (Reply::Values(values), Command::Retrieve(lookups)) if lookups.may_win() => values
            .iter()
            .filter_map(|(at, found)| find_unclaimed(head, *at, found))
            .collect(),
        // One who asks for the right to make a page anew can find the lock of another
        // in its place, and would end that by giving the right back.
        (Reply::State(Some(state)), Command::MetaState(lookup))
            if state.marks.won
                && (state.len > 0 || state.marks.stale)
                && !is_waited_for(head, 0) =>
        {
            vec![Unclaimed {
                key: lookup.key.clone(),
                marks: state.marks,
                is_empty: state.len == 0,
            }]
        }
        _ => Vec::new(),
    }
}

/// The win that comes with a value whose lookup was cancelled or has failed, or
/// which is longer than was asked for.
fn find_unclaimed<T: Types>(
    head: &Sent<T>,
    at: usize,
    found: &Found<T::Piece>,
) -> Option<Unclaimed> {
    let marks = found.marks().filter(|marks| marks.won)?;
    if matches!(found, Found::Value(_)) && is_waited_for(head, at) {
        return None;
    }
    let ReplyForm::Values { keys, .. } = head.command.reply_form() else {
        return None;
    };
    Some(Unclaimed {
        key: keys.at(at)?.clone(),
        marks: *marks,
        is_empty: found.is_empty(),
    })
}

/// Whether somebody waits for what a command says of the key at this position.
fn is_waited_for<T: Types>(head: &Sent<T>, at: usize) -> bool {
    let request = match &head.requests[..] {
        [one] => Some(one),
        requests => requests.get(at),
    };
    request.is_some_and(|request| request.token.is_some())
}

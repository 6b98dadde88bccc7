//! What is on the way on one connection: commands go out one after the other
//! without waiting for replies, and replies come back in the same order.

use smallvec::SmallVec;

use super::batch::BatchSize;
use super::event::Types;
use super::queue::Queue;
use super::request::Request;
use super::send_buffer::{SendBuffer, Transmit};
use super::stats::Stats;
use crate::protocol::{Command, Input, ProtocolError, Reply, ReplyParser};

/// A reply, and the requests that it answers: one, or those of a batch.
pub(super) struct Answer<T: Types> {
    pub(super) requests: SmallVec<[Request<T::Token>; 1]>,
    pub(super) reply: Reply<T::Piece>,
}

/// The queue of a connection and its two streams of bytes.
pub(super) struct Pipeline<T: Types> {
    pub(super) queue: Queue<T>,
    batch_size: BatchSize,
    send_buffer: SendBuffer,
    parser: ReplyParser<T::Piece>,
}

impl<T: Types> Default for Pipeline<T> {
    fn default() -> Self {
        Self {
            queue: Queue::default(),
            batch_size: BatchSize::default(),
            send_buffer: SendBuffer::default(),
            parser: ReplyParser::new(),
        }
    }
}

impl<T: Types> Pipeline<T> {
    /// Whether there are bytes to write.
    pub(super) fn wants_write(&self) -> bool {
        !self.send_buffer.is_empty() || !self.queue.is_all_sent()
    }

    /// Encodes what there is room for and shows what is to be written next.
    pub(super) fn transmit(&mut self, stats: &mut Stats) -> Transmit<'_> {
        let send_buffer = &mut self.send_buffer;
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
    /// The server broke the protocol; the connection must end.
    pub(super) fn read<I>(
        &mut self,
        input: &I,
        at: &mut usize,
        stats: &mut Stats,
    ) -> Result<Option<Answer<T>>, ProtocolError>
    where
        I: Input<Piece = T::Piece>,
    {
        let written = self.send_buffer.written();
        let rest = &input.bytes()[*at..];
        let Some(head) = self.queue.head_mut().filter(|head| !head.answered) else {
            return Err(ProtocolError::unexpected(rest));
        };
        if head.wire.start >= written {
            // Nothing of the command is sent: this answers something else.
            return Err(ProtocolError::Premature);
        }
        let form = head.command.reply_form();
        let Some(reply) = self.parser.parse(form, input, at)? else {
            return Ok(None);
        };
        stats.count_reply(&reply, form);
        self.batch_size.learn_from(&reply);
        if head.wire.end <= written {
            let requests = self.queue.pop_head().map(|head| head.requests);
            let requests = requests.unwrap_or_default();
            return Ok(Some(Answer { requests, reply }));
        }
        if matches!(reply, Reply::ServerError(_)) && head.command.data().is_some() {
            // The server refuses the value by its head alone and will swallow
            // the rest, which still has to be sent.
            head.answered = true;
            let requests = head.requests.iter_mut().map(Request::take).collect();
            return Ok(Some(Answer { requests, reply }));
        }
        Err(ProtocolError::Premature)
    }

    /// Whether a part of a reply was read.
    pub(super) fn is_mid_reply(&self) -> bool {
        self.parser.mid_reply()
    }

    /// The connection is lost: what was sent waits again, for another one.
    /// `lost` is shown the requests that must not be sent again.
    pub(super) fn requeue(&mut self, lost: impl FnMut(&mut Request<T::Token>)) {
        let torn_reply = self.parser.mid_reply();
        let written = self.send_buffer.written();
        self.queue.requeue(written, torn_reply, lost);
    }

    /// Forgets what was on the way, so that a new connection begins at the
    /// beginning.
    pub(super) fn reset_streams(&mut self) {
        self.send_buffer.clear();
        self.parser.reset();
        self.batch_size = BatchSize::default();
    }
}

//! What becomes of a connection's requests when it ends.

use super::super::batch::{copy_lookups, split_command};
use super::super::event::Types;
use super::super::request::{KILLS_MAX, Queued, Request};
use super::{Blame, Queue};

impl<T: Types> Queue<T> {
    /// Puts the commands that were sent back to where they wait, after their
    /// connection has ended with `written` bytes written. `lost` is shown those
    /// that cannot be sent again, and whether they belong to the oldest command:
    /// the server may have read them and they must not be carried out twice, or
    /// they ended one connection too many.
    pub(in super::super) fn requeue(
        &mut self,
        written: u64,
        blame: Blame,
        mut lost: impl FnMut(&mut Request<T::Token>, bool),
    ) {
        self.sweep(|request| {
            if request.pinned {
                lost(request, false);
            }
            request.token.is_none()
        });
        let mut again = Vec::new();
        for (at, sent) in std::mem::take(&mut self.sent).into_iter().enumerate() {
            let was_read = sent.wire.start < written;
            let is_head = at == 0 && was_read;
            let may_repeat = sent.command.may_repeat();
            if sent.requests.is_empty() {
                continue;
            }
            let commands = split_command(sent.command, sent.requests.len());
            for (at, (command, mut request)) in commands.into_iter().zip(sent.requests).enumerate()
            {
                if is_head {
                    request.single = true;
                    request.kills += u8::from(blame != Blame::Nobody);
                }
                let is_torn = is_head && blame == Blame::Torn(at);
                let hopeless = is_torn
                    || request.pinned
                    || request.kills >= KILLS_MAX
                    || (was_read && !may_repeat);
                if hopeless || request.token.is_none() {
                    self.data_bytes -= command.data_len();
                    lost(&mut request, is_head);
                } else {
                    again.push(Queued { command, request });
                }
            }
        }
        self.sent_requests = 0;
        for queued in again.into_iter().rev() {
            self.waiting.push_front(queued);
        }
    }

    /// Takes out, in order, what somebody waits for and another connection can
    /// be asked for: what is not sent, and lookups that are, whose replies here
    /// will be swallowed. Of the oldest command only the parts of a batch, and
    /// nothing that is for this connection alone.
    pub(in super::super) fn take_movable(&mut self) -> Vec<Queued<T>> {
        self.sweep(|request| request.token.is_none());
        let mut moved = Vec::new();
        for (at, sent) in self.sent.iter_mut().enumerate() {
            let size = sent.requests.len();
            let is_head = at == 0;
            if is_head && size == 1 {
                continue;
            }
            let copies = copy_lookups(&sent.command, size);
            for (command, request) in copies.into_iter().zip(&mut sent.requests) {
                if request.token.is_some() && !request.pinned {
                    let mut request = request.take();
                    request.single |= is_head;
                    moved.push(Queued { command, request });
                }
            }
        }
        for queued in std::mem::take(&mut self.waiting) {
            if queued.request.pinned {
                self.waiting.push_back(queued);
                continue;
            }
            self.data_bytes -= queued.command.data_len();
            moved.push(queued);
        }
        moved
    }

    /// Whether commands were sent and nobody waits for any of their replies.
    pub(in super::super) fn is_abandoned(&self) -> bool {
        let mut requests = self.sent.iter().flat_map(|sent| &sent.requests);
        self.waiting.is_empty()
            && !self.sent.is_empty()
            && requests.all(|request| request.token.is_none())
    }

    /// Empties the queue.
    pub(in super::super) fn drain(&mut self) -> impl Iterator<Item = Request<T::Token>> + use<T> {
        let Self { sent, waiting, .. } = std::mem::take(self);
        let sent = sent.into_iter().flat_map(|sent| sent.requests);
        sent.chain(waiting.into_iter().map(|queued| queued.request))
    }
}

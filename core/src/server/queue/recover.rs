//! What becomes of a connection's requests when it ends.

use super::super::batch::split_command;
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
        self.sweep(|request| request.token.is_none());
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
                let hopeless = is_torn || request.kills >= KILLS_MAX || (was_read && !may_repeat);
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

    /// Empties the queue.
    pub(in super::super) fn drain(&mut self) -> impl Iterator<Item = Request<T::Token>> + use<T> {
        let Self { sent, waiting, .. } = std::mem::take(self);
        let sent = sent.into_iter().flat_map(|sent| sent.requests);
        sent.chain(waiting.into_iter().map(|queued| queued.request))
    }
}

//! The requests of one connection: those that wait, and the commands sent.
//!
//! Invariants:
//! - Requests are sent, and answered, in the order of their serials; all of
//!   `sent` come before all of `waiting`.
//! - Every request that has its token gets exactly one outcome.
//! - No operation costs more than one walk over the requests, and those that
//!   happen once per request (push, send, cancel, reply) cost none, except that
//!   cancelling a store frees its value at once.

use core::ops::Range;
use core::time::Duration;
use std::collections::VecDeque;

use smallvec::smallvec;

use super::batch::{Batch, split_command};
use super::event::Types;
use super::request::{Queued, Request, Sent};
use super::spec::Limits;
use crate::protocol::Command;
use crate::time::Time;

/// What [`Queue::cancel`] found.
pub(super) struct Cancelled<K> {
    pub(super) token: K,
    /// The request was not sent and is gone; else its reply will be swallowed.
    pub(super) is_gone: bool,
}

/// The requests of one connection, in order.
pub(super) struct Queue<T: Types> {
    sent: VecDeque<Sent<T>>,
    waiting: VecDeque<Queued<T>>,
    /// Requests of the commands in `sent`.
    sent_requests: usize,
    /// Cancelled requests still in `waiting`; removed in one sweep once they are
    /// the majority.
    cancelled: usize,
    /// Bytes of the values in both.
    data_bytes: usize,
}

impl<T: Types> Default for Queue<T> {
    fn default() -> Self {
        Self {
            sent: VecDeque::new(),
            waiting: VecDeque::new(),
            sent_requests: 0,
            cancelled: 0,
            data_bytes: 0,
        }
    }
}

impl<T: Types> Queue<T> {
    /// Requests that are not complete, and the bytes of their values. A
    /// cancelled request counts if it was sent.
    pub(super) fn load(&self) -> (usize, usize) {
        let requests = self.sent_requests + self.waiting.len() - self.cancelled;
        (requests, self.data_bytes)
    }

    pub(super) fn has_room(&self, data_len: usize, limits: &Limits) -> bool {
        let (requests, data_bytes) = self.load();
        requests < limits.requests
            && (data_len == 0
                || data_bytes == 0
                || data_bytes.saturating_add(data_len) <= limits.data_bytes)
    }

    /// Whether nothing waits to be sent.
    pub(super) fn is_all_sent(&self) -> bool {
        self.cancelled == self.waiting.len()
    }

    pub(super) fn push(&mut self, queued: Queued<T>) {
        self.data_bytes += queued.command.data_len();
        self.waiting.push_back(queued);
    }

    /// The connection is made: the time for the replies begins.
    pub(super) fn start_deadlines(&mut self, now: Time) {
        for Queued { request, .. } in &mut self.waiting {
            request.deadline.get_or_insert(now + request.timeout);
        }
    }

    /// Makes the next command out of what waits, of up to `batch` lookups, and
    /// has it encoded, with a number by which [`value`](Self::value) finds it.
    /// False if nothing waits.
    pub(super) fn send_next(
        &mut self,
        batch: usize,
        encode: impl FnOnce(u64, &Command<T::Data>) -> Range<u64>,
    ) -> bool {
        let Some(first) = self.next_if(|_| true) else {
            return false;
        };
        let serial = first.request.serial;
        let mut requests = smallvec![first.request];
        let mut command = Batch::new(first.command);
        while requests.len() < batch {
            let Some(next) = self.next_if(|next| command.has_room_for(next)) else {
                break;
            };
            command.push(next.command);
            requests.push(next.request);
        }
        let command = command.into_command();
        let wire = encode(serial, &command);
        self.sent_requests += requests.len();
        self.sent.push_back(Sent {
            command,
            requests,
            wire,
            answered: false,
        });
        true
    }

    fn next_if(&mut self, wanted: impl FnOnce(&Command<T::Data>) -> bool) -> Option<Queued<T>> {
        while self.waiting.front()?.request.token.is_none() {
            self.waiting.pop_front();
            self.cancelled -= 1;
        }
        if wanted(&self.waiting.front()?.command) {
            self.waiting.pop_front()
        } else {
            None
        }
    }

    /// The oldest command that was sent.
    pub(super) fn head(&self) -> Option<&Sent<T>> {
        self.sent.front()
    }

    pub(super) fn head_mut(&mut self) -> Option<&mut Sent<T>> {
        self.sent.front_mut()
    }

    /// Removes the oldest command that was sent.
    pub(super) fn pop_head(&mut self) -> Option<Sent<T>> {
        let head = self.sent.pop_front()?;
        self.sent_requests -= head.requests.len();
        self.data_bytes -= head.command.data_len();
        Some(head)
    }

    /// The value of the command that was sent under this number.
    pub(super) fn value(&self, serial: u64) -> Option<&T::Data> {
        let sent = &self.sent[self.sent_position(serial)?];
        sent.command.data()
    }

    /// The sent command that has this request.
    fn sent_position(&self, serial: u64) -> Option<usize> {
        let after = self
            .sent
            .partition_point(|sent| sent.requests[0].serial <= serial);
        after.checked_sub(1)
    }

    /// Forgets who waits for a request. One that was not sent leaves the queue.
    pub(super) fn cancel(&mut self, serial: u64) -> Option<Cancelled<T::Token>> {
        if let Some(at) = self.sent_position(serial) {
            let requests = &mut self.sent[at].requests;
            if let Ok(at) = requests.binary_search_by_key(&serial, |r| r.serial) {
                let token = requests[at].token.take()?;
                let is_gone = false;
                return Some(Cancelled { token, is_gone });
            }
        }
        let at = self.waiting_position(serial)?;
        let queued = &mut self.waiting[at];
        let token = queued.request.token.take()?;
        self.cancelled += 1;
        // A value is freed at once, the rest when it is worth a walk.
        if queued.command.data_len() > 0 || self.cancelled * 2 > self.waiting.len() {
            self.sweep_cancelled();
        }
        let is_gone = true;
        Some(Cancelled { token, is_gone })
    }

    fn waiting_position(&self, serial: u64) -> Option<usize> {
        let serial_of = |queued: &Queued<T>| queued.request.serial;
        self.waiting.binary_search_by_key(&serial, serial_of).ok()
    }

    fn sweep_cancelled(&mut self) {
        self.sweep(|request| request.token.is_none());
    }

    /// Removes requests that wait, in one walk.
    fn sweep(&mut self, mut gone: impl FnMut(&mut Request<T::Token>) -> bool) {
        let data_bytes = &mut self.data_bytes;
        self.waiting.retain_mut(|queued| {
            let gone = gone(&mut queued.request);
            if gone {
                *data_bytes -= queued.command.data_len();
            }
            !gone
        });
        self.cancelled = 0;
    }

    /// The time-out of a command that was sent and is overdue. That includes one
    /// that was answered early: if the server does not read the rest of it,
    /// nothing after it can be sent.
    pub(super) fn overdue_sent(&self, now: Time) -> Option<Duration> {
        let mut requests = self.sent.iter().flat_map(|sent| &sent.requests);
        let late = requests.find(|request| request.is_overdue(now))?;
        Some(late.timeout)
    }

    /// Removes the requests that wait and are overdue.
    pub(super) fn expire(&mut self, now: Time, mut expired: impl FnMut(&mut Request<T::Token>)) {
        if !self.waiting.iter().any(|q| q.request.is_overdue(now)) {
            return;
        }
        self.sweep(|request| {
            let overdue = request.is_overdue(now);
            if overdue {
                expired(request);
            }
            overdue || request.token.is_none()
        });
    }

    /// The earliest deadline; costs a walk.
    pub(super) fn next_deadline(&self) -> Option<Time> {
        let sent = self.sent.iter().flat_map(|sent| &sent.requests);
        let waiting = self.waiting.iter().map(|queued| &queued.request);
        sent.chain(waiting).filter_map(|r| r.deadline).min()
    }

    /// Whether a request waits to be sent.
    pub(super) fn is_waiting(&self, serial: u64) -> bool {
        self.waiting_position(serial).is_some()
    }

    /// Puts the commands that were sent back to where they wait, after their
    /// connection was lost with `written` bytes written. `lost` is shown those
    /// that cannot be sent again: the server may have read them and they were
    /// sent twice already, must not be carried out twice, or are the ones whose
    /// reply was torn.
    pub(super) fn requeue(
        &mut self,
        written: u64,
        torn_reply: bool,
        mut lost: impl FnMut(&mut Request<T::Token>),
    ) {
        self.sweep_cancelled();
        let mut again = Vec::new();
        for (at, sent) in std::mem::take(&mut self.sent).into_iter().enumerate() {
            let was_read = sent.wire.start < written;
            let torn = torn_reply && at == 0;
            let may_repeat = sent.command.may_repeat() && !torn;
            let commands = split_command(sent.command, sent.requests.len());
            for (command, mut request) in commands.into_iter().zip(sent.requests) {
                let hopeless = was_read && (request.resent || !may_repeat);
                if hopeless || request.token.is_none() {
                    self.data_bytes -= command.data_len();
                    lost(&mut request);
                } else {
                    request.resent |= was_read;
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
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Request<T::Token>> + use<T> {
        let Self { sent, waiting, .. } = std::mem::take(self);
        let sent = sent.into_iter().flat_map(|sent| sent.requests);
        sent.chain(waiting.into_iter().map(|queued| queued.request))
    }
}

#[cfg(test)]
mod tests;

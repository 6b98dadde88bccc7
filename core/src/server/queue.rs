//! The requests of one connection: those that wait, and the commands sent.
//!
//! Invariants:
//! - Requests are sent, and answered, in the order of their serials; all of
//!   `sent` come before all of `waiting`.
//! - The first of `waiting` is not cancelled.
//! - A request that may have ended a connection is sent alone.
//! - Every request that has its token gets exactly one outcome.
//! - No operation costs more than one walk over the requests, and those that
//!   happen once per request (push, send, cancel, reply) cost none, except that
//!   cancelling a store frees its value at once.

mod recover;
mod timing;

use core::ops::Range;
use std::collections::VecDeque;

use smallvec::{SmallVec, smallvec};

use super::batch::Batch;
use super::event::Types;
use super::request::{Queued, Request, Sent};
use super::spec::Limits;
use crate::protocol::Command;
use crate::time::Time;

/// Commands on their way, of which nobody waits for the oldest, from which on the
/// server is behind.
const BEHIND: usize = 2;

/// The most rooms for batches that are kept: those of one pass of a busy worker.
const ROOMS_MAX: usize = 8;

/// What the end of a connection means for the oldest command without a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// It may have ended the connection.
    Head,
    /// It may have, and this one of its requests has had a part of its reply.
    Torn(usize),
    /// It has not; but it must be taken apart.
    Nobody,
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
    /// Empty, with room for the requests of a batch.
    rooms: Vec<SmallVec<[Request<T::Token>; 1]>>,
}

impl<T: Types> Default for Queue<T> {
    fn default() -> Self {
        Self {
            sent: VecDeque::new(),
            waiting: VecDeque::new(),
            sent_requests: 0,
            cancelled: 0,
            data_bytes: 0,
            rooms: Vec::new(),
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

    /// Whether nothing waits, neither to be sent nor for a reply.
    pub(super) fn is_empty(&self) -> bool {
        self.sent.is_empty() && self.waiting.is_empty()
    }

    /// Whether something waits to be sent, now or later.
    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn push(&mut self, queued: Queued<T>) {
        self.data_bytes += queued.command.data_len();
        self.waiting.push_back(queued);
    }

    /// Whether the next of those that wait may be sent now.
    pub(super) fn can_send(&self) -> bool {
        let Some(next) = self.waiting.front() else {
            return false;
        };
        let alone = |last: &Sent<T>| next.request.is_suspect() || last.is_suspect();
        !self.sent.back().is_some_and(alone) && !self.is_behind(next)
    }

    /// Whether the server is so far behind that a lookup had better wait here: it
    /// then goes together with others, or not at all if nobody waits any more,
    /// and the server is not asked ever more that nobody needs.
    fn is_behind(&self, next: &Queued<T>) -> bool {
        self.sent.len() >= BEHIND
            && next.command.batch_key().is_some()
            && self.sent.front().is_some_and(Sent::is_abandoned)
    }

    /// Makes the next command out of what waits, of up to `batch` lookups, and
    /// has it encoded, with a number by which [`value`](Self::value) finds it.
    /// False if nothing can be sent.
    pub(super) fn send_next(
        &mut self,
        batch: usize,
        encode: impl FnOnce(u64, &Command<T::Data>) -> Range<u64>,
    ) -> bool {
        if !self.can_send() {
            return false;
        }
        let Some(first) = self.next_if(|_| true) else {
            return false;
        };
        let batch = if first.request.single { 1 } else { batch };
        let serial = first.request.serial;
        // It was set when the connection was made, or later.
        let since = first.request.since.unwrap_or_default();
        let mut requests = smallvec![first.request];
        let mut command = Batch::new(first.command);
        while requests.len() < batch {
            let fits =
                |next: &Queued<T>| !next.request.single && command.has_room_for(&next.command);
            let Some(next) = self.next_if(fits) else {
                break;
            };
            command.push(next.command);
            if !requests.spilled() {
                // To make it again and again costs more than the room.
                let mut room = self.rooms.pop().unwrap_or_default();
                room.reserve(batch);
                room.append(&mut requests);
                requests = room;
            }
            requests.push(next.request);
        }
        let command = command.into_command();
        let wire = encode(serial, &command);
        self.sent_requests += requests.len();
        self.sent.push_back(Sent {
            command,
            requests,
            serial,
            since,
            wire,
            answered: false,
        });
        true
    }

    /// Keeps room for the requests of a batch.
    pub(super) fn keep_room(&mut self, mut requests: SmallVec<[Request<T::Token>; 1]>) {
        if requests.spilled() && self.rooms.len() < ROOMS_MAX {
            requests.clear();
            self.rooms.push(requests);
        }
    }

    fn next_if(&mut self, wanted: impl FnOnce(&Queued<T>) -> bool) -> Option<Queued<T>> {
        if !wanted(self.waiting.front()?) {
            return None;
        }
        let next = self.waiting.pop_front();
        self.drop_cancelled_front();
        next
    }

    fn drop_cancelled_front(&mut self) {
        while let Some(Queued { request, .. }) = self.waiting.front() {
            if request.token.is_some() {
                break;
            }
            self.cancelled -= 1;
            self.waiting.pop_front();
        }
    }

    /// Has a command encoded that nobody waits for but the connection itself,
    /// from `since` on: what the server says to it shows that it is there.
    pub(super) fn send_own(
        &mut self,
        command: Command<T::Data>,
        since: Time,
        encode: impl FnOnce(&Command<T::Data>) -> Range<u64>,
    ) {
        let wire = encode(&command);
        self.sent.push_back(Sent {
            command,
            requests: SmallVec::new(),
            serial: self.sent.back().map_or(0, |last| last.serial),
            since,
            wire,
            answered: false,
        });
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
        let after = self.sent.partition_point(|sent| sent.serial <= serial);
        let mut before = self.sent.iter().take(after);
        before.rposition(|sent| !sent.requests.is_empty())
    }

    /// Forgets who waits for a request. One that was not sent leaves the queue;
    /// the reply to one that was sent will be swallowed.
    pub(super) fn cancel(&mut self, serial: u64) -> Option<T::Token> {
        if let Some(at) = self.sent_position(serial) {
            let requests = &mut self.sent[at].requests;
            if let Ok(at) = requests.binary_search_by_key(&serial, |r| r.serial) {
                return requests[at].token.take();
            }
        }
        let serial_of = |queued: &Queued<T>| queued.request.serial;
        let at = self.waiting.binary_search_by_key(&serial, serial_of).ok()?;
        let queued = &mut self.waiting[at];
        let token = queued.request.token.take()?;
        self.cancelled += 1;
        // A value is freed at once, the rest when it is worth a walk.
        if queued.command.data_len() > 0 || self.cancelled * 2 > self.waiting.len() {
            self.sweep(|request| request.token.is_none());
        } else {
            self.drop_cancelled_front();
        }
        Some(token)
    }

    /// Removes requests that wait, in one walk, among them the cancelled ones.
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
}

#[cfg(test)]
mod tests;

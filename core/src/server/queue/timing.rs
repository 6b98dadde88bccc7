//! Until when a connection's requests wait.

use core::time::Duration;

use super::super::event::Types;
use super::super::request::{Request, Sent};
use super::Queue;
use crate::time::Time;

impl<T: Types> Queue<T> {
    /// The connection is made: the time for the replies begins.
    pub(in super::super) fn start_time(&mut self, now: Time) {
        for queued in &mut self.waiting {
            queued.request.since.get_or_insert(now);
        }
    }

    /// From when on the next reply is waited for; `None` if none is due.
    pub(in super::super) fn waited_since(&self) -> Option<Time> {
        self.sent.front().map(|head| head.since)
    }

    /// The longest time that somebody waits for a command that was sent; costs a
    /// walk.
    pub(in super::super) fn patience(&self) -> Duration {
        let patience = self.sent.iter().map(Sent::patience);
        patience.max().unwrap_or_default()
    }

    /// Whether somebody waits too long for the oldest command that was sent.
    pub(in super::super) fn is_head_overdue(&self, now: Time) -> bool {
        let requests = self.sent.iter().take(1).flat_map(|head| &head.requests);
        requests.into_iter().any(|request| request.is_overdue(now))
    }

    /// Shows the requests whose time is over. Those that were sent stay, without
    /// their tokens, until their replies come.
    pub(in super::super) fn expire(
        &mut self,
        now: Time,
        mut expired: impl FnMut(&mut Request<T::Token>),
    ) {
        let sent = self.sent.iter_mut().flat_map(|sent| &mut sent.requests);
        for request in sent.filter(|request| request.is_overdue(now)) {
            expired(request);
        }
        if !self.waiting.iter().any(|q| q.request.is_overdue(now)) {
            return;
        }
        self.sweep(|request| {
            if request.is_overdue(now) {
                expired(request);
            }
            request.token.is_none()
        });
    }

    /// The earliest end of a request's time; costs a walk.
    pub(in super::super) fn next_deadline(&self) -> Option<Time> {
        let sent = self.sent.iter().flat_map(|sent| &sent.requests);
        let waiting = self.waiting.iter().map(|queued| &queued.request);
        sent.chain(waiting).filter_map(Request::deadline).min()
    }
}

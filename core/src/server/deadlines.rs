//! The deadlines of a connection: of its attempt to connect, of what it waits
//! for, of what it does not need any more.

use core::time::Duration;

use super::connection::{Connection, State};
use super::context::Context;
use super::error::{Failure, Fault};
use super::event::Types;
use crate::time::Time;

impl<T: Types> Connection<T> {
    pub(super) fn handle_timeout(&mut self, context: &mut Context<'_, T>) {
        let now = context.now;
        if let State::Connecting { until, is_taken } = self.state {
            if until <= now {
                let fault = if is_taken {
                    Fault::HandshakeTimeout(self.connect_timeout)
                } else {
                    Fault::ConnectTimeout(self.connect_timeout)
                };
                self.fail(&fault, context);
                return;
            }
        }
        let over = self.gives_up_at(now).filter(|(at, _)| *at <= now);
        if let Some((_, limit)) = over {
            self.give_out_whole(context);
            self.fail(&Fault::ReplyTimeout(limit), context);
            return;
        }
        if self.pipeline.queue.is_head_overdue(now) {
            self.give_out_whole(context);
        }
        let expired = |request: &mut _| context.fail(request, Failure::TimedOut);
        self.pipeline.queue.expire(now, expired);
    }

    /// When a silent server is given up, and how long that is from when its
    /// reply was first waited for on this connection: as long as the most
    /// patient request of late would wait. Those in a hurry fail before, alone.
    fn gives_up_at(&self, now: Time) -> Option<(Time, Duration)> {
        let since = self.pipeline.waited_since()?.max(self.opened()?);
        let mut limit = self.patience.longest(now);
        limit = limit.max(self.pipeline.queue.patience());
        if limit.is_zero() {
            // Nobody asked of late but the connection itself.
            limit = self.connect_timeout;
        }
        Some((since + limit, limit))
    }

    /// The silence after which a reply is late, as this connection knows the
    /// server.
    pub(super) fn late_after(&self, now: Time) -> Duration {
        let mut timeout = self.patience.longest(now);
        if timeout.is_zero() {
            timeout = self.connect_timeout;
        }
        self.pace.late_after(timeout)
    }

    /// Since when nothing has come to an end that is waited for.
    pub(super) fn silent_since(&self) -> Option<Time> {
        let since = self.pipeline.waited_since()?.max(self.opened()?);
        Some(since.max(self.pace.last()))
    }

    /// Since when nothing was asked or came.
    pub(super) fn idle_since(&self) -> Option<Time> {
        let opened = self.opened().filter(|_| self.is_idle())?;
        Some(opened.max(self.pace.last()))
    }

    /// The earliest deadline; costs a walk over the queue.
    pub(super) fn next_deadline(&self, now: Time) -> Option<Time> {
        let connecting = match self.state {
            State::Connecting { until, .. } => Some(until),
            State::Closed | State::Open { .. } => None,
        };
        let gives_up_at = self.gives_up_at(now).map(|(at, _)| at);
        let requests = self.pipeline.queue.next_deadline();
        requests
            .into_iter()
            .chain(connecting)
            .chain(gives_up_at)
            .min()
    }
}

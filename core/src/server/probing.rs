//! Connections that are made, or asked something, without a request: to learn
//! whether the server answers again, or whether it still does.

use core::time::Duration;

use super::connection::{Connection, Purpose, State};
use super::context::Context;
use super::error::Failure;
use super::event::Types;
use crate::time::Time;

impl<T: Types> Connection<T> {
    /// A request would have been for this connection.
    pub(super) const fn want(&mut self, now: Time) {
        self.wanted = Some(now);
    }

    /// When to try whether the server answers again, as long as requests come.
    pub(super) fn next_probe(&self) -> Option<Time> {
        /// After this time without requests the next one has to start it.
        const WANTED_FOR: Duration = Duration::from_secs(60);
        let idle = self.state == State::Closed && self.backoff.needs_probe();
        let due = self.backoff.not_before().filter(|_| idle)?;
        (due <= self.wanted? + WANTED_FOR).then_some(due)
    }

    /// Makes a connection that nobody waits for, to learn whether the server
    /// answers.
    pub(super) fn begin_probe(&mut self, context: &mut Context<'_, T>) {
        self.start_connecting(context);
        self.purpose = Purpose::Probe;
    }

    /// Whether it has answered, and waits for replies that nobody wants any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.works() && self.pipeline.queue.is_abandoned()
    }

    /// Waits no longer for replies that nobody wants; for a connection that was
    /// closed.
    pub(super) fn forget(&mut self) {
        self.pipeline.queue.drain().for_each(drop);
    }

    /// Whether [`begin_check`](Self::begin_check) may connect.
    pub(super) fn may_begin(&self, now: Time) -> bool {
        self.is_closed() && self.backoff.allows(now)
    }

    /// Asks whether the server answers here, on a connection that is idle or
    /// closed.
    pub(super) fn begin_check(&mut self, context: &mut Context<'_, T>) {
        if self.is_open() {
            self.pipeline.probe(context.now);
        } else {
            self.start_connecting(context);
        }
        self.purpose = Purpose::Check;
    }

    /// It is known without this connection that the server does not answer.
    pub(super) fn give_up_check(&mut self, context: &mut Context<'_, T>) {
        if !self.is_closed() {
            self.close(context);
            self.backoff.failed(context.now, true);
            // What depends on a version that was read here may be among it.
            self.fail_queue(Failure::Lost, context);
        }
    }

    /// Whether its end says nothing of the server.
    pub(super) const fn is_checking(&self) -> bool {
        matches!(self.purpose, Purpose::Check)
    }
}

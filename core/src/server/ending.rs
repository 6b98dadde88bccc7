//! The ways in which a connection ends.
//!
//! Invariants:
//! - Nothing that the old socket still holds can reach a request: both streams
//!   are reset and the socket is asked to be closed. Nothing is resynchronised.
//! - Values that came as a whole are given out, except where what the server
//!   sends cannot be trusted.

use super::connection::{Connection, State};
use super::connection_id::ConnectionId;
use super::context::Context;
use super::error::{Failure, Fault};
use super::event::{Event, Outcome, Types};
use super::request::KILLS_MAX;
use crate::protocol::Reply;

impl<T: Types> Connection<T> {
    /// The peer closed, or the operating system reports an error.
    pub(super) fn handle_lost(&mut self, fault: &Fault, context: &mut Context<'_, T>) {
        match self.state {
            State::Closed => {}
            State::Connecting { .. } => self.fail(fault, context),
            State::Open { .. } => self.lose(fault, context),
        }
    }

    /// An open connection is gone. What had no byte of its reply yet may be
    /// sent once more if it does the same when it is carried out twice.
    fn lose(&mut self, fault: &Fault, context: &mut Context<'_, T>) {
        self.give_out_whole(context);
        let torn_reply = self.pipeline.is_mid_reply();
        let asked = !self.pipeline.is_idle();
        let explained = self.requeue(Failure::Lost, context);
        if torn_reply || (asked && !explained && !self.backoff.has_answered()) {
            self.count_failure(fault, context);
        } else if explained {
            self.report(fault, false, context);
        }
        self.replace(explained, Failure::Lost, context);
    }

    /// The server broke the protocol, so that nothing more can be read.
    pub(super) fn break_off(&mut self, fault: &Fault, context: &mut Context<'_, T>) {
        let explained = self.requeue(Failure::Protocol, context);
        self.count_failure(fault, context);
        self.replace(explained, Failure::Protocol, context);
    }

    /// Puts what was sent back into the queue. The oldest command may be the
    /// reason for the end; its requests that cannot be sent again fail as told.
    /// Returns whether one of them has ended as many connections as it may, which
    /// explains this end too.
    fn requeue(&mut self, failure: Failure, context: &mut Context<'_, T>) -> bool {
        let mut explained = false;
        self.pipeline.requeue(true, |request, is_head| {
            explained |= is_head && request.token.is_some() && request.kills >= KILLS_MAX;
            context.fail(request, if is_head { failure } else { Failure::Lost });
        });
        explained
    }

    /// Closes the connection and begins a new one for what waits, if one may be
    /// made at once; else all fails.
    fn replace(&mut self, explained: bool, failure: Failure, context: &mut Context<'_, T>) {
        self.close(context);
        // There an end is an answer.
        let explained = explained || self.id == ConnectionId::DETECT;
        self.backoff.ended(context.now, explained);
        self.reconnect(failure, context);
    }

    fn reconnect(&mut self, failure: Failure, context: &mut Context<'_, T>) {
        if !self.pipeline.queue.has_waiting() {
            return;
        }
        if self.backoff.allows(context.now) && !context.health.is_down() {
            self.start_connecting(context);
        } else {
            self.fail_queue(failure, context);
        }
    }

    /// `SERVER_ERROR` came in the reply to a lookup of several keys, and where the
    /// next reply begins cannot be known. What is missing is asked for once more,
    /// key by key; the server is as good as before.
    pub(super) fn take_apart(&mut self, text: Box<str>, context: &mut Context<'_, T>) {
        self.give_out_whole(context);
        let reply = Reply::ServerError(text);
        self.pipeline.batch_size.learn_from(&reply);
        let head = self.pipeline.queue.head_mut();
        if let Some([request]) = head.map(|head| &mut head.requests[..]) {
            // One request for several keys has one reply.
            context.complete(request, Outcome::Reply(reply));
        }
        let lost = |request: &mut _, _| context.fail(request, Failure::Lost);
        self.pipeline.requeue(false, lost);
        self.close(context);
        self.backoff.served();
        self.reconnect(Failure::Lost, context);
    }

    /// The attempt to connect failed, or nothing came for too long; everything
    /// queued fails.
    pub(super) fn fail(&mut self, fault: &Fault, context: &mut Context<'_, T>) {
        let (failure, silent) = match fault {
            Fault::ReplyTimeout(_) => (Failure::TimedOut, true),
            Fault::ConnectTimeout(_) | Fault::HandshakeTimeout(_) => (Failure::Connect, true),
            Fault::Os(_) | Fault::Closed | Fault::Protocol(_) => (Failure::Connect, false),
        };
        if self.load().0 > 0 {
            self.want(context.now);
        }
        self.count_failure(fault, context);
        self.close(context);
        self.backoff.failed(context.now, silent);
        self.fail_queue(failure, context);
    }

    /// Ends everything because the driver is going away.
    pub(super) fn shutdown(&mut self, context: &mut Context<'_, T>) {
        if self.state != State::Closed {
            self.close(context);
        }
        self.fail_queue(Failure::Shutdown, context);
    }

    /// The server has failed.
    fn count_failure(&self, fault: &Fault, context: &mut Context<'_, T>) {
        let is_silent = matches!(fault, Fault::ReplyTimeout(_));
        let detects = self.id == ConnectionId::DETECT && self.is_open();
        if self.is_checking() || detects && !is_silent {
            // What is not understood there says nothing of the rest.
            return;
        }
        let was_down = context.health.is_down();
        context.health.failed(self.id, context.now);
        let now_down = !was_down && context.health.is_down();
        self.report(fault, now_down, context);
    }

    fn report(&self, fault: &Fault, now_down: bool, context: &mut Context<'_, T>) {
        context.stats.faults += 1;
        context.events.push_back(Event::Fault {
            id: self.id,
            fault: fault.clone(),
            now_down,
        });
    }

    pub(super) fn fail_queue(&mut self, failure: Failure, context: &mut Context<'_, T>) {
        for mut request in self.pipeline.queue.drain() {
            context.fail(&mut request, failure);
        }
    }
}

//! What a connection makes of replies: outcomes of requests, each with the name of
//! the connection where versions are told.

use core::time::Duration;

use super::batch::split_reply;
use super::connection::{Connection, Purpose};
use super::context::Context;
use super::event::{Event, Outcome, Types, Unclaimed};
use super::pipeline::Answer;
use super::request::Request;
use crate::protocol::{FoundValues, Lane, Pin, Reply};

/// A connection on which a right was won is not closed for want of work for so long:
/// the longest time for which anybody asks the server to keep a right.
const RIGHTS_LAST: Duration = Duration::from_secs(3600);

impl<T: Types> Connection<T> {
    pub(super) fn handle_answer(&mut self, answer: Answer<T>, context: &mut Context<'_, T>) {
        let Answer {
            mut requests,
            mut reply,
            refusal,
            since,
            unclaimed,
        } = answer;
        if pin_marks(&mut reply, self.pin().unwrap_or_default()) {
            self.rights_until = Some(context.now + RIGHTS_LAST);
        }
        self.give_back(unclaimed, context);
        let opened = self.opened().unwrap_or_default();
        let since = since.max(opened);
        self.pace.note(since, context.now);
        self.purpose = Purpose::Requests;
        if requests.is_empty() {
            self.backoff.answered();
            context.health.answered();
            return;
        }
        context.stats.latency.record(context.now.since(since));
        self.backoff.served();
        if let Some(failing_for) = context.health.served(self.id, context.now) {
            context.events.push_back(Event::Recovered { failing_for });
        }
        if matches!(self.id.lane(), Lane::Lookup | Lane::Script) {
            note_slowness(&requests, context);
        }
        if let [request] = &mut requests[..] {
            context.complete(request, Outcome::Reply(reply));
            return;
        }
        let mut values = match reply {
            Reply::Values(values) => values,
            // Never the reply to a batch.
            Reply::Status(_)
            | Reply::Number(_)
            | Reply::NotCountable(_)
            | Reply::ServerError(_)
            | Reply::Version(_)
            | Reply::StoredAs(_)
            | Reply::State(_)
            | Reply::MetaNoop => FoundValues::new(),
        };
        let replies = split_reply(&mut values, refusal.as_deref(), requests.len());
        for (request, reply) in requests.iter_mut().zip(replies) {
            context.complete(request, Outcome::Reply(reply));
        }
        self.pipeline.keep_rooms(requests, values);
    }

    /// Gives out the values that are there as a whole, of the present reply.
    pub(super) fn give_out_whole(&mut self, context: &mut Context<'_, T>) {
        let pin = self.pin().unwrap_or_default();
        let mut has_won = false;
        let unclaimed = self.pipeline.take_whole(|request, mut reply| {
            has_won |= pin_marks(&mut reply, pin);
            context.complete(request, Outcome::Reply(reply));
        });
        if has_won {
            self.rights_until = Some(context.now + RIGHTS_LAST);
        }
        self.give_back(unclaimed, context);
    }

    /// Tells of what was won and is of no use to those who asked.
    fn give_back(&self, unclaimed: Vec<Unclaimed>, context: &mut Context<'_, T>) {
        let pin = self.pin().unwrap_or_default();
        for mut unclaimed in unclaimed {
            unclaimed.marks.pin = pin;
            context.events.push_back(Event::Unclaimed(unclaimed));
        }
    }
}

/// Those who still wait for this answer have waited until now, most of them perhaps long.
/// Nobody waits for stores.
fn note_slowness<T: Types>(requests: &[Request<T::Token>], context: &mut Context<'_, T>) {
    for request in requests.iter().filter(|request| request.token.is_some()) {
        let took = request.since.map(|since| context.now.since(since));
        let took = took.unwrap_or_default();
        let slow = context.slowness.note(context.now, took, request.timeout);
        context.events.extend(slow.map(Event::Slow));
    }
}

/// Says in a reply on which connection it came; whether a right was won.
fn pin_marks<P>(reply: &mut Reply<P>, pin: Pin) -> bool {
    let mut has_won = false;
    for marks in reply.marks_mut() {
        marks.pin = pin;
        has_won |= marks.won;
    }
    has_won
}

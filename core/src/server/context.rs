//! What a connection shares with its server.

use std::collections::VecDeque;

use super::error::Failure;
use super::event::{Event, Outcome, Types};
use super::health::Health;
use super::request::Request;
use super::slowness::Slowness;
use super::stats::Stats;
use crate::time::Time;

/// Lent to a connection while it handles an input.
pub(super) struct Context<'a, T: Types> {
    pub(super) now: Time,
    pub(super) health: &'a mut Health,
    pub(super) slowness: &'a mut Slowness,
    pub(super) events: &'a mut VecDeque<Event<T>>,
    pub(super) stats: &'a mut Stats,
}

impl<T: Types> Context<'_, T> {
    /// Gives a request its outcome, unless it was cancelled or had one.
    pub(super) fn complete(&mut self, request: &mut Request<T::Token>, outcome: Outcome<T::Piece>) {
        let Some(token) = request.token.take() else {
            return;
        };
        match &outcome {
            Outcome::Reply(_) => self.stats.replies += 1,
            Outcome::Failed(failure) => self.stats.failed[*failure] += 1,
        }
        self.events.push_back(Event::Done { token, outcome });
    }

    pub(super) fn fail(&mut self, request: &mut Request<T::Token>, failure: Failure) {
        self.complete(request, Outcome::Failed(failure));
    }
}

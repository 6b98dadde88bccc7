//! Who makes pages, who waits, who is served what is out of date.

use core::task::Poll;

use super::answer::Answer;
use super::ask::Ask;
use super::kind::Kind;
use super::op::{Op, OpId};
use super::run::{End, NewItem, Run};
use super::stats::Stats;
use super::unclaimed::Unclaimed;
use super::visit::Visit;
use crate::lookup::coalesce::ServerId;
use crate::lookup::lookups::{Cancel, Lookups};
use crate::protocol::{Key, Pin, Value};
use crate::server::Outcome;
use crate::time::Time;

/// The leases of one worker: `W` wakes one who waits, `P` is a piece of a value.
///
/// After every call, what [`poll_op`](Self::poll_op), [`Lookups::poll_submit`],
/// [`poll_wake`](Self::poll_wake) and [`Lookups::poll_wake`] give out is carried
/// out, and the timer is set to [`poll_timeout`](Self::poll_timeout).
#[derive(Debug)]
pub struct Leases<W, P> {
    wakers: Vec<W>,
    pieces: Vec<P>,
    stats: Stats,
}

impl<W: Clone, P: Clone> Leases<W, P> {
    /// Begins a request. The waker is used until [`poll`](Self::poll) has given the
    /// answer; [poll](Self::poll) at once, for it may be there.
    pub fn begin(
        &mut self,
        now: Time,
        lookups: &mut Lookups<W, P>,
        ask: Ask,
        waker: W,
    ) -> Visit<W, P> {
        todo!()
    }

    /// Goes on with a request as far as that is possible. `kind` tells what a value
    /// is; it may be called several times. The answer comes once; after it the
    /// visit is to be dropped.
    pub fn poll(
        &mut self,
        now: Time,
        lookups: &mut Lookups<W, P>,
        visit: &mut Visit<W, P>,
        kind: &dyn Fn(&Value<P>) -> Kind,
    ) -> Poll<Answer<P>> {
        todo!()
    }

    /// A request goes away before it had its answer. What is returned is to be
    /// cancelled.
    #[must_use]
    pub fn leave(
        &mut self,
        now: Time,
        lookups: &mut Lookups<W, P>,
        visit: Visit<W, P>,
    ) -> Option<Cancel> {
        todo!()
    }

    /// What a run has made is stored, if nobody purged or replaced the item
    /// meanwhile; a renewed page is stored so too. Those who wait look again when
    /// the server has answered.
    pub fn store(&mut self, now: Time, run: Run, item: NewItem) {
        todo!()
    }

    /// A run ends without anything to store.
    pub fn end(&mut self, now: Time, run: Run, end: End) {
        todo!()
    }

    /// The next operation to be sent.
    #[must_use]
    pub fn poll_op(&mut self, lookups: &mut Lookups<W, P>) -> Option<Op> {
        todo!()
    }

    /// The outcome of an operation.
    pub fn handle_op(
        &mut self,
        now: Time,
        lookups: &mut Lookups<W, P>,
        id: OpId,
        outcome: Outcome<P>,
    ) {
        todo!()
    }

    /// The server gave somebody the right to make an item who was gone by then: it
    /// is given back. Comes from the server, and from [`Lookups::poll_unclaimed`].
    pub fn handle_unclaimed(&mut self, now: Time, unclaimed: Unclaimed) {
        todo!()
    }

    /// The worker stores or deletes an item otherwise: a run that failed before is
    /// not tried again with its old right.
    pub fn changed(&mut self, server: ServerId, key: &Key) {
        todo!()
    }

    /// A connection is over, and so are the rights that were given on it. To call
    /// it is not necessary, but saves runs whose store would be refused.
    pub fn connection_lost(&mut self, now: Time, pin: Pin) {
        todo!()
    }

    /// A server answers again that was down: it may be another one, and is asked
    /// anew what it understands.
    pub fn server_came_back(&mut self, server: ServerId) {
        todo!()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        todo!()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time) {
        todo!()
    }

    /// The next one to be woken: its request is to be [polled](Self::poll).
    #[must_use]
    pub fn poll_wake(&mut self) -> Option<W> {
        todo!()
    }

    /// What was counted.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }
}

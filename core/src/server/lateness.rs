//! Lookups on more than one connection, where replies are late.
//!
//! A server answers the commands of one connection in their order, so one reply
//! that is slow to come, say because a proxy waits for a dead server, holds all
//! after it. So:
//!
//! - All lookups take one connection, the main one, while it answers in time.
//! - When its oldest reply is late, a spare connection is asked for `version`. If
//!   that is answered while the reply is still late, it is not the server that
//!   hangs: the spare one becomes the main one, and what waits on the other one
//!   is asked for there. A server that hangs answers neither, and is found out
//!   by one connection's silence.
//! - Of the late command nothing is moved if it asks for one key: that is a slow
//!   key, whose lookups have a connection of their own for a while. The keys of
//!   a batch are asked for again one by one, to see which it is.
//! - Connections that are not needed any more are closed.

use core::time::Duration;

use super::connection::Connection;
use super::connection_id::ConnectionId;
use super::event::Types;
use super::pace::Pace;
use super::server::Server;
use crate::protocol::{Command, Key};
use crate::time::Time;

/// A connection besides the main one that has nothing to do is closed after this
/// time.
const IDLE_FOR: Duration = Duration::from_secs(5);

impl<T: Types> Server<T> {
    fn at(&self, id: ConnectionId) -> &Connection<T> {
        &self.connections[id.index()]
    }

    /// The connection for a lookup.
    pub(super) fn route_lookup(&mut self, command: &Command<T::Data>, now: Time) -> ConnectionId {
        if !self.spread.slow.is_empty() {
            let is_slow = |key: &Key| self.spread.slow.contains(key, now);
            if command.batch_key().is_some_and(is_slow) {
                return ConnectionId::SLOW;
            }
        }
        if self.at(self.spread.main).is_closed() {
            let works = |id: &ConnectionId| self.at(*id).works() && !self.is_late(*id, now);
            if let Some(id) = ConnectionId::SPREAD.into_iter().find(works) {
                self.set_main(id);
            }
        }
        self.spread.main
    }

    fn set_main(&mut self, id: ConnectionId) {
        let pace = self.at(self.spread.main).pace;
        self.connections[id.index()].pace.learn_from(pace);
        self.spread.main = id;
    }

    /// The silence after which a reply to a lookup is late.
    fn late_after(&self, now: Time) -> Duration {
        self.at(self.spread.main).late_after(now)
    }

    fn late_at(&self, id: ConnectionId, now: Time) -> Option<Time> {
        Some(self.at(id).silent_since()? + self.late_after(now))
    }

    fn is_late(&self, id: ConnectionId, now: Time) -> bool {
        self.late_at(id, now).is_some_and(|at| at <= now)
    }

    /// Whether the reply to a request that may take this long can be late before there
    /// is something to do in any case.
    pub(super) fn may_be_late_before_timeout(&self, now: Time, timeout: Duration) -> bool {
        let soonest = now + Pace::soonest_late(timeout);
        self.timeout.is_none_or(|due| due > soonest)
    }

    /// When a reply that is asked for now would be late.
    pub(super) fn would_be_late_at(&self, id: ConnectionId, now: Time) -> Option<Time> {
        (id == self.spread.main).then(|| now + self.late_after(now))
    }

    /// Time has passed: asks a spare connection if the main one is late, and
    /// closes those that are not needed.
    pub(super) fn handle_lateness(&mut self, now: Time) {
        let slow = Some(ConnectionId::SLOW).filter(|id| self.is_late(*id, now));
        if let Some(key) = slow.and_then(|id| self.at(id).head_key()).cloned() {
            self.spread.slow.insert(key, now);
        }
        self.begin_check(now);
        for id in ConnectionId::ALL {
            if self.idle_until(id).is_some_and(|until| until <= now) {
                let (connection, mut context) = self.parts(id, now);
                connection.close(&mut context);
            }
        }
    }

    fn begin_check(&mut self, now: Time) {
        let may = self.spread.checking.is_none() && self.spread.next_check <= now;
        if !may || !self.is_late(self.spread.main, now) {
            return;
        }
        self.spread.next_check = now + self.late_after(now);
        if self.health.is_down() {
            return;
        }
        let others = ConnectionId::SPREAD.into_iter();
        let others = others.filter(|id| *id != self.spread.main);
        let idle = |id: &ConnectionId| self.at(*id).works() && self.at(*id).is_idle();
        let closed = |id: &ConnectionId| self.at(*id).may_begin(now);
        let useless = |id: &ConnectionId| self.at(*id).is_abandoned();
        let spare = others.clone().find(idle);
        let spare = spare.or_else(|| others.clone().find(closed));
        if let Some(spare) = spare.or_else(|| others.clone().find(useless)) {
            self.spread.checking = Some(spare);
            let (connection, mut context) = self.parts(spare, now);
            if !connection.is_idle() {
                connection.close(&mut context);
                connection.forget();
            }
            connection.begin_check(&mut context);
        }
    }

    /// Something has happened on a connection.
    pub(super) fn note_progress(&mut self, id: ConnectionId, now: Time) {
        let Some(spare) = self.spread.checking else {
            return;
        };
        if id == spare {
            if self.at(id).works() && self.at(id).is_idle() {
                self.spread.checking = None;
                self.switch_to(id, now);
            } else if self.at(id).is_closed() {
                self.spread.checking = None;
            }
        } else if id == self.spread.main && self.at(id).is_closed() {
            // It is the server, then.
            self.spread.checking = None;
            let (connection, mut context) = self.parts(spare, now);
            connection.give_up_check(&mut context);
        }
    }

    /// The spare connection answers. If the main one is still late, it takes its
    /// place.
    fn switch_to(&mut self, spare: ConnectionId, now: Time) {
        if !self.is_late(self.spread.main, now) {
            return;
        }
        let (late, mut context) = self.parts(self.spread.main, now);
        late.give_out_whole(&mut context);
        let slow = late.head_key().cloned();
        let moved = late.take_movable();
        if let Some(key) = slow {
            self.spread.slow.insert(key, now);
        }
        self.set_main(spare);
        let connection = &mut self.connections[spare.index()];
        for queued in moved {
            connection.push_moved(queued);
        }
        self.tighten_timeout(self.would_be_late_at(spare, now));
    }

    /// The key that the connection for slow keys waits for, if its reply would
    /// still be in time.
    pub(super) fn slow_key_in_time(&self, id: ConnectionId, now: Time) -> Option<Key> {
        if id != ConnectionId::SLOW || self.spread.slow.is_empty() || self.is_late(id, now) {
            return None;
        }
        self.at(id).head_key().cloned()
    }

    /// Its reply came in time.
    pub(super) fn is_not_slow(&mut self, key: &Key) {
        if self.at(ConnectionId::SLOW).head_key() != Some(key) {
            self.spread.slow.remove(key);
        }
    }

    /// When a connection will have been idle for long enough to be closed.
    fn idle_until(&self, id: ConnectionId) -> Option<Time> {
        let is_extra = [ConnectionId::SLOW, ConnectionId::DETECT].contains(&id)
            || (ConnectionId::SPREAD.contains(&id) && id != self.spread.main);
        let since = self.at(id).idle_since().filter(|_| is_extra)?;
        let idle_until = since + IDLE_FOR;
        Some(idle_until.max(self.at(id).rights_until.unwrap_or(idle_until)))
    }

    /// When [`handle_lateness`](Self::handle_lateness) has something to do.
    pub(super) fn next_lateness(&self, now: Time) -> Option<Time> {
        let late_at = self.late_at(self.spread.main, now);
        let late_at = late_at.filter(|_| self.spread.checking.is_none());
        let check = late_at.map(|at| at.max(self.spread.next_check));
        let idle = ConnectionId::ALL.into_iter();
        let idle = idle.filter_map(|id| self.idle_until(id));
        idle.chain(check).min()
    }
}

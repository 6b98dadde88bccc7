//! Whether a server is worth a request, when one is tried again that went silent,
//! and when something is due.

use super::connection::Connection;
use super::connection_id::ConnectionId;
use super::error::Failure;
use super::event::Types;
use super::server::Server;
use crate::time::Time;

impl<T: Types> Server<T> {
    /// Why a request is not accepted now.
    pub(super) fn refusal(&self, id: ConnectionId, now: Time, data_len: usize) -> Option<Failure> {
        let connection = &self.connections[id.index()];
        if self.shut_down {
            Some(Failure::Shutdown)
        } else if !connection.has_room(data_len, &self.limits) {
            Some(Failure::QueueFull)
        } else if connection.works() {
            // It is used although failures of another one made the server count
            // as down; that tries nothing.
            None
        } else if self.health.refuses(now) {
            Some(Failure::Down)
        } else if connection.is_ready(now) {
            None
        } else if self.health.is_down() {
            Some(Failure::Down)
        } else {
            Some(Failure::BackingOff)
        }
    }

    /// Tries a server that went silent, without a request that would have to
    /// wait for it, if that is due.
    pub(super) fn begin_due_probe(&mut self, id: ConnectionId, now: Time) {
        if self.next_probe(id).is_some_and(|due| due <= now) {
            let (connection, mut context) = self.parts(id, now);
            connection.begin_probe(&mut context);
            let due = connection.next_deadline(now);
            self.tighten_timeout(due);
        }
    }

    pub(super) fn next_probe(&self, id: ConnectionId) -> Option<Time> {
        let due = self.connections[id.index()].next_probe()?;
        if self.shut_down || self.health.is_tried() {
            None
        } else if self.health.is_down() {
            Some(due.max(self.health.next_try()))
        } else {
            Some(due)
        }
    }

    /// The earliest deadline of all; costs a walk over the queues.
    pub(super) fn next_timeout(&self, now: Time) -> Option<Time> {
        let deadline = |connection: &Connection<T>| connection.next_deadline(now);
        let deadlines = self.connections.iter().filter_map(deadline);
        let probes = ConnectionId::ALL.into_iter();
        let probes = probes.filter_map(|id| self.next_probe(id));
        let lateness = self.next_lateness(now);
        deadlines.chain(probes).chain(lateness).min()
    }

    pub(super) fn tighten_timeout(&mut self, deadline: Option<Time>) {
        self.timeout = self.timeout.into_iter().chain(deadline).min();
    }
}

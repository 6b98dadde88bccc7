//! The model's sockets: what is written to them and read from them, and when
//! they may be made.

use core::time::Duration;

use super::memcached::Memcached;
use crate::server::ConnectionId;
use crate::time::Time;

/// Connections that may be made one right after the other, without a byte from
/// the server on any of them: the first, and those that a request ended.
const AT_ONCE_MAX: usize = 6;

/// The shortest pause after that.
const PAUSE: Duration = Duration::from_millis(10);

/// A socket and the memcached at its other end.
#[derive(Default)]
pub(super) struct Socket {
    pub(super) open: bool,
    pub(super) peer: Memcached,
}

/// One of the server's connections.
#[derive(Default)]
struct Place {
    socket: Option<Socket>,
    /// Attempts since something came.
    barren: usize,
    ended: Option<Time>,
}

/// All of them.
#[derive(Default)]
pub(super) struct Sockets([Place; ConnectionId::COUNT]);

impl Sockets {
    pub(super) fn get(&mut self, id: ConnectionId) -> Option<&mut Socket> {
        self.0[id.index()].socket.as_mut()
    }

    pub(super) fn is_open(&self, id: ConnectionId) -> bool {
        let socket = &self.0[id.index()].socket;
        socket.as_ref().is_some_and(|socket| socket.open)
    }

    pub(super) fn are_all_closed(&self) -> bool {
        self.0.iter().all(|place| place.socket.is_none())
    }

    pub(super) fn connect(&mut self, id: ConnectionId, now: Time) {
        let place = &mut self.0[id.index()];
        assert!(place.socket.is_none(), "connects over a connection");
        place.barren += 1;
        let waited = place.ended.is_none_or(|end| now.since(end) >= PAUSE);
        assert!(waited || place.barren <= AT_ONCE_MAX, "tried too soon");
        place.socket = Some(Socket::default());
    }

    pub(super) fn close(&mut self, id: ConnectionId, now: Time) {
        let place = &mut self.0[id.index()];
        place.socket = None;
        place.ended = Some(now);
    }

    /// The next bytes of the replies on a connection.
    pub(super) fn read(&mut self, id: ConnectionId, limit: usize) -> Option<Vec<u8>> {
        let place = &mut self.0[id.index()];
        let socket = place.socket.as_mut().filter(|socket| socket.open)?;
        let count = socket.peer.replies.len().min(limit);
        if count == 0 {
            return None;
        }
        place.barren = 0;
        Some(socket.peer.replies.drain(..count).collect())
    }
}

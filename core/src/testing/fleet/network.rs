//! Connections between workers and servers: bytes on their way, in order, and what ends them.

use std::collections::VecDeque;

use super::queue::Event;
use super::settings::Defect;
use super::slab::Id;
use super::world::World;
use crate::server::ConnectionId;
use crate::testing::memcached::Peer;

/// Bytes that an end of a connection takes before it is read there.
const WINDOW: usize = 64 * 1024;

/// What a slow reader reads at once, and the pause after that.
const SIP: usize = 700;
const SIP_US: u64 = 20_000;

/// What comes at an end of a connection.
#[derive(Debug)]
pub(super) enum Chunk {
    Bytes(Vec<u8>),
    /// The other end was closed.
    End,
    /// There is no other end.
    Reset,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Conn {
    pub(super) worker: u32,
    pub(super) server: u32,
    pub(super) id: ConnectionId,
    pub(super) is_connected: bool,
    /// The worker has closed its end.
    pub(super) is_left: bool,
    /// The server's end; none where the machine was cut off from its power.
    pub(super) peer: Option<Peer>,
    up: VecDeque<(u64, Chunk)>,
    down: VecDeque<(u64, Chunk)>,
    up_last: u64,
    down_last: u64,
    /// Bytes that were written and are not read by the server.
    unread: usize,
    /// The worker could not write all.
    pub(super) is_full: bool,
}

impl Conn {
    /// Bytes that can be written now.
    pub(super) const fn room(&self) -> usize {
        WINDOW.saturating_sub(self.unread)
    }

    /// The machine of the server knows nothing of it.
    pub(super) const fn has_no_other_end(&self) -> bool {
        self.peer.is_none()
    }
}

/// The next that has come by now.
fn due(chunks: &mut VecDeque<(u64, Chunk)>, now: u64) -> Option<Chunk> {
    let (at, _) = chunks.front()?;
    let has_come = *at <= now;
    has_come
        .then(|| chunks.pop_front())
        .flatten()
        .map(|(_, chunk)| chunk)
}

impl World {
    /// How long one way takes that begins now.
    fn way(&mut self, worker: u32, server: u32) -> u64 {
        let around = &self.plan.settings.around;
        let (way, jitter, is_rough) = (around.way_us, around.jitter_us, around.is_rough);
        let mut micros = way + self.chance.below(jitter + 1);
        if is_rough && self.chance.one_in(200) {
            micros += self.chance.below(400_000);
        }
        let cut = self.cuts.iter().filter(|cut| {
            cut.server == server && cut.workers.contains(&worker) && cut.until > self.now
        });
        let until = cut.map(|cut| cut.until).max().unwrap_or(self.now);
        until - self.now + micros
    }

    /// A worker wants a connection.
    pub(super) fn connect(&mut self, worker: u32, server: u32, id: ConnectionId) -> Id {
        let dialect = self.plan.settings.around.dialect;
        let conn = self.conns.add(Conn {
            worker,
            server,
            id,
            is_connected: false,
            is_left: false,
            peer: Some(Peer::new(dialect)),
            up: VecDeque::new(),
            down: VecDeque::new(),
            up_last: 0,
            down_last: 0,
            unread: 0,
            is_full: false,
        });
        if self.hosts[server as usize].has_power {
            let both = self.way(worker, server) + self.way(worker, server);
            self.queue.push(self.now + both, Event::Connected(conn));
        }
        conn
    }

    /// A worker closes its end.
    pub(super) fn disconnect(&mut self, conn: Id) {
        let Some(it) = self.conns.get(conn) else {
            return;
        };
        it.is_left = true;
        if it.is_connected && it.peer.is_some() {
            self.send_up(conn, Chunk::End);
        } else {
            self.conns.remove(conn);
        }
    }

    /// A worker writes.
    pub(super) fn send_up(&mut self, conn: Id, chunk: Chunk) {
        let Some(it) = self.conns.get(conn) else {
            return;
        };
        let (worker, server) = (it.worker, it.server);
        let way = self.way(worker, server);
        let now = self.now;
        let Some(it) = self.conns.get(conn) else {
            return;
        };
        if let Chunk::Bytes(bytes) = &chunk {
            it.unread += bytes.len();
        }
        it.up_last = it.up_last.max(now + way);
        it.up.push_back((it.up_last, chunk));
        self.queue.push(it.up_last, Event::Up(conn));
    }

    /// A server writes.
    pub(super) fn send_down(&mut self, conn: Id, chunk: Chunk) {
        let Some(it) = self.conns.get(conn).filter(|it| !it.is_left) else {
            return;
        };
        let (worker, server) = (it.worker, it.server);
        let way = self.way(worker, server);
        let now = self.now;
        if let Some(it) = self.conns.get(conn) {
            it.down_last = it.down_last.max(now + way);
            it.down.push_back((it.down_last, chunk));
            self.queue.push(it.down_last, Event::Down(conn));
        }
    }

    /// Something has come at the server's end.
    pub(super) fn came_up(&mut self, conn: Id) {
        let now = self.now;
        let Some(it) = self.conns.get(conn) else {
            return;
        };
        let host = &mut self.hosts[it.server as usize];
        if !host.has_power {
            it.up.clear();
            return;
        }
        if host.hung_until > now {
            self.queue.push(host.hung_until, Event::Up(conn));
            return;
        }
        let mut is_over = false;
        while let Some(chunk) = due(&mut it.up, now) {
            let Some(peer) = &mut it.peer else {
                // The machine knows nothing of it.
                is_over = true;
                break;
            };
            match chunk {
                Chunk::Bytes(mut bytes) => {
                    if host.slow_until > now && bytes.len() > SIP {
                        let rest = bytes.split_off(SIP);
                        it.unread -= bytes.len();
                        peer.received.append(&mut bytes);
                        it.up.push_front((now, Chunk::Bytes(rest)));
                        self.queue.push(now + SIP_US, Event::Up(conn));
                        break;
                    }
                    it.unread -= bytes.len();
                    if peer.received.is_empty() {
                        peer.received = bytes;
                    } else {
                        peer.received.append(&mut bytes);
                    }
                }
                Chunk::End | Chunk::Reset => {
                    self.conns.remove(conn);
                    return;
                }
            }
        }
        if is_over {
            self.send_down(conn, Chunk::Reset);
            return;
        }
        self.answer(conn);
        self.can_write(conn);
    }

    /// The server does what it was told.
    fn answer(&mut self, conn: Id) {
        let now = self.now;
        let is_wrong = now < self.trouble_until;
        let is_torn = self.shows(Defect::ValueTorn, 20);
        let is_spoiled = is_torn || self.shows(Defect::ValuesMixed, 20);
        let random = if is_spoiled {
            self.chance.below(u64::MAX)
        } else {
            0
        };
        let Some(it) = self.conns.get(conn) else {
            return;
        };
        let host = &mut self.hosts[it.server as usize];
        let Some(peer) = &mut it.peer else {
            return;
        };
        let secs = host.secs(now);
        if is_spoiled {
            host.items.spoil(random, is_torn);
        }
        peer.serve(&mut host.items, secs);
        host.take_notes(now, self.taken_over, is_wrong);
        let replies = core::mem::take(&mut peer.replies);
        let is_closed = peer.is_closed;
        if !replies.is_empty() && self.shows(Defect::ReplyTwice, 4) {
            self.send_down(conn, Chunk::Bytes(replies.clone()));
        }
        if !replies.is_empty() && !self.shows(Defect::ReplyLost, 200) {
            self.send_down(conn, Chunk::Bytes(replies));
        }
        if is_closed {
            self.send_down(conn, Chunk::End);
        }
    }

    /// There may be room to write more.
    fn can_write(&mut self, conn: Id) {
        if let Some(it) = self.conns.get(conn) {
            if it.is_full && it.room() > 0 && !it.is_left {
                it.is_full = false;
                let (worker, server) = (it.worker, it.server);
                self.touch(worker, server);
            }
        }
    }

    /// What has come at the worker's end by now, the next of it.
    pub(super) fn next_down(&mut self, conn: Id) -> Option<Chunk> {
        let now = self.now;
        let it = self.conns.get(conn).filter(|it| !it.is_left)?;
        due(&mut it.down, now)
    }

    /// All connections to a server end: there is no process any more, or it closes them.
    pub(super) fn reset_all(&mut self, server: u32, worker: Option<u32>) {
        let of_server: Vec<Id> = self
            .conns
            .iter()
            .filter(|(_, it)| it.server == server && worker.is_none_or(|at| at == it.worker))
            .map(|(id, _)| id)
            .collect();
        for conn in of_server {
            let Some(it) = self.conns.get(conn) else {
                continue;
            };
            if it.is_left {
                self.conns.remove(conn);
            } else if it.is_connected {
                it.peer = None;
                it.up.clear();
                it.down.clear();
                it.down_last = 0;
                self.send_down(conn, Chunk::Reset);
            }
        }
    }

    /// The machine of a server is gone, and nobody is told.
    pub(super) fn forget_all(&mut self, server: u32) {
        let of_server: Vec<Id> = self
            .conns
            .iter()
            .filter(|(_, it)| it.server == server)
            .map(|(id, _)| id)
            .collect();
        for conn in of_server {
            if let Some(it) = self.conns.get(conn) {
                it.peer = None;
                it.up.clear();
                if it.is_left {
                    self.conns.remove(conn);
                }
            }
        }
    }
}

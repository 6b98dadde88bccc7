//! Sockets of workers, and the timers of those who drive them.

use super::network::Chunk;
use super::page::Read;
use super::queue::Event;
use super::settings::Defect;
use super::slab::Id;
use super::worker::Driver;
use super::world::World;
use crate::protocol::Lane;
use crate::server::{ConnectionId, Ring};

impl World {
    /// Writes what there is; whether anything was.
    pub(super) fn write_all(&mut self, driver: &mut Driver) -> bool {
        let now = self.time();
        let mut any = false;
        for id in ConnectionId::ALL {
            if !driver.core.wants_write(id) {
                continue;
            }
            let Some(conn) = driver.sockets[id.index()] else {
                continue;
            };
            let Some(it) = self.conns.get(conn).filter(|it| it.is_connected) else {
                continue;
            };
            let mut room = it.room();
            let sent = driver.core.transmit(id);
            let all: usize = sent.slices().iter().map(|slice| slice.len()).sum();
            let mut bytes = Vec::with_capacity(all.min(room));
            for slice in sent.slices() {
                let part = slice.get(..room).unwrap_or(slice);
                bytes.extend_from_slice(part);
                room -= part.len();
            }
            if bytes.is_empty() {
                it.is_full = true;
                continue;
            }
            any = true;
            driver.core.handle_written(id, now, bytes.len());
            let (worker, server) = (it.worker, it.server);
            let index = id.index();
            self.note(|| {
                format!(
                    "  w{worker} s{server}.{index} wrote {}",
                    bytes.escape_ascii()
                )
            });
            self.send_up(conn, Chunk::Bytes(bytes));
        }
        any
    }

    /// The timer of a driver is to fire.
    pub(super) fn arm_driver(&mut self, worker: u32, server: u32, micros: u64) {
        if self.shows(Defect::TimerLost, 20) {
            return;
        }
        let life = self.workers[worker as usize].life;
        let event = Event::DriverTimer {
            worker,
            life,
            server,
        };
        self.queue.push(micros.max(self.now), event);
    }

    /// The timer of a driver fires.
    pub(super) fn driver_rings(&mut self, worker: u32, server: u32) {
        let now = self.time();
        let Some(driver) = &mut self.workers[worker as usize].drivers[server as usize] else {
            return;
        };
        match driver.alarm.ring(now) {
            Ring::After(wait) => {
                let due = now + wait;
                self.arm_driver(worker, server, due.as_micros());
            }
            Ring::Now => {
                // The worker itself may be late: what has come is read before.
                let sockets = driver.sockets;
                for conn in sockets.into_iter().flatten() {
                    self.came_down(conn);
                }
                if let Some(driver) = &mut self.workers[worker as usize].drivers[server as usize] {
                    driver.core.handle_timeout(now);
                }
                self.touch(worker, server);
            }
        }
    }

    /// A connection is made, or is not.
    pub(super) fn connected(&mut self, conn: Id) {
        let now = self.time();
        let Some(it) = self.conns.get(conn) else {
            return;
        };
        let (worker, server, id) = (it.worker, it.server, it.id);
        let host = &self.hosts[server as usize];
        if !host.has_power {
            return;
        }
        it.is_connected = host.is_up;
        let is_up = host.is_up;
        if let Some(driver) = &mut self.workers[worker as usize].drivers[server as usize] {
            if is_up {
                driver.core.handle_connected(id, now);
            } else {
                driver.core.handle_error(id, now, "connection refused");
            }
        }
        self.touch(worker, server);
    }

    /// Something has come at the worker's end of a connection.
    pub(super) fn came_down(&mut self, conn: Id) {
        let now = self.time();
        while let Some(chunk) = self.next_down(conn) {
            let Some(it) = self.conns.get(conn) else {
                return;
            };
            let (worker, server, id) = (it.worker, it.server, it.id);
            if it.has_no_other_end() && id.lane() == Lane::Store && matches!(chunk, Chunk::Reset) {
                self.found_dead.insert((worker, server), now.as_micros());
            }
            let is_rough = self.is_rough();
            let cut = match &chunk {
                Chunk::Bytes(bytes) if is_rough && self.chance.one_in(16) => {
                    self.chance.below(bytes.len() as u64 + 1) as usize
                }
                _ => 0,
            };
            if let Chunk::Bytes(bytes) = &chunk {
                let index = id.index();
                self.note(|| {
                    format!(
                        "  w{worker} s{server}.{index} read {}",
                        bytes.escape_ascii()
                    )
                });
            }
            let Some(driver) = &mut self.workers[worker as usize].drivers[server as usize] else {
                return;
            };
            match chunk {
                Chunk::Bytes(bytes) => {
                    let (first, second) = bytes.split_at(cut);
                    for part in [first, second] {
                        if !part.is_empty() && driver.core.wants_read(id) {
                            driver.core.handle_data(id, now, &Read(part));
                        }
                    }
                }
                Chunk::End => driver.core.handle_eof(id, now),
                Chunk::Reset => driver.core.handle_error(id, now, "connection reset"),
            }
            self.touch(worker, server);
        }
    }
}

//! Sockets: connecting, reading, writing, as the core wants it.

use std::cell::Cell;
use std::io::IoSlice;
use std::rc::Rc;

use memcached_core::connection::{Action, Lane, PARTS_MAX};

use super::{Entered, ServerDriver, with};
use crate::client::reading::Read;
use crate::host::{Connected, IoWatcher, Ready, Socket, panic_point};

/// Reads of one readiness; the rest waits for the next pass of the loop, so
/// that one busy connection does not starve the worker.
const READS_PER_PASS: usize = 16;

/// A socket, and whether it stands yet.
pub(super) struct Connection {
    watcher: IoWatcher,
    pub(super) connecting: Cell<bool>,
}

impl ServerDriver {
    fn on_ready(&self, lane: Lane, ready: Ready) {
        if self.given_up.get() {
            return;
        }
        let _entered = Entered(self);
        panic_point("driver-ready");
        let Some(connection) = self.connection(lane) else {
            return;
        };
        if connection.connecting.get() {
            self.finish_connecting(lane, &connection);
        } else if ready.readable {
            self.read(lane, &connection);
        }
        self.follow_up();
    }

    pub(super) fn connection(&self, lane: Lane) -> Option<Rc<Connection>> {
        self.connections[lane as usize].borrow().clone()
    }

    pub(super) fn carry_out_actions(&self) {
        for lane in Lane::ALL {
            loop {
                let action = self.core.borrow_mut().poll_action(lane);
                match action {
                    Some(Action::Close) => {
                        self.connections[lane as usize].take();
                    }
                    Some(Action::Connect) => self.connect(lane),
                    None => break,
                }
            }
        }
    }

    fn connect(&self, lane: Lane) {
        match Socket::connect(&self.address) {
            Ok((socket, connected)) => {
                let me = self.me.clone();
                let on_ready = move |ready| with(&me, |driver| driver.on_ready(lane, ready));
                let watcher = IoWatcher::new(&self.worker, socket, on_ready);
                let connecting = connected == Connected::InProgress;
                watcher.set_interest(!connecting, connecting);
                let connection = Connection {
                    watcher,
                    connecting: Cell::new(connecting),
                };
                self.connections[lane as usize].replace(Some(Rc::new(connection)));
                if !connecting {
                    let now = self.now();
                    self.core.borrow_mut().handle_connected(lane, now);
                }
            }
            Err(error) => self.handle_error(lane, &error),
        }
    }

    fn finish_connecting(&self, lane: Lane, connection: &Connection) {
        match connection.watcher.socket().take_error() {
            Ok(()) => {
                connection.connecting.set(false);
                connection.watcher.set_interest(true, false);
                let now = self.now();
                self.core.borrow_mut().handle_connected(lane, now);
            }
            Err(error) => self.handle_error(lane, &error),
        }
    }

    fn handle_error(&self, lane: Lane, error: &std::io::Error) {
        let text = error.to_string();
        // The system's words are enough, without Rust's number behind them.
        let words = text
            .split_once(" (os error")
            .map_or(&*text, |(words, _)| words);
        let now = self.now();
        self.core.borrow_mut().handle_error(lane, now, words);
    }

    pub(super) fn read(&self, lane: Lane, connection: &Connection) {
        for _ in 0..READS_PER_PASS {
            let now = self.now();
            match self.buffers.read(connection.watcher.socket()) {
                Ok(Read::Data(input, more)) => {
                    self.core.borrow_mut().handle_data(lane, now, &input);
                    self.buffers.give_back(input);
                    if !more {
                        break;
                    }
                }
                Ok(Read::Eof) => {
                    self.core.borrow_mut().handle_eof(lane, now);
                    break;
                }
                Ok(Read::Nothing) => break,
                Err(error) => {
                    self.handle_error(lane, &error);
                    break;
                }
            }
        }
    }

    /// Writes what is due on a lane; true if an error makes another look at
    /// the actions necessary.
    pub(super) fn write(&self, lane: Lane) -> bool {
        let Some(connection) = self.connection(lane) else {
            return false;
        };
        if connection.connecting.get() {
            return false;
        }
        let mut core = self.core.borrow_mut();
        while core.wants_write(lane) {
            let transmit = core.transmit(lane);
            let offered: usize = transmit.parts().iter().map(|part| part.len()).sum();
            let mut slices = [IoSlice::new(&[]); PARTS_MAX];
            for (slice, part) in slices.iter_mut().zip(transmit.parts()) {
                *slice = IoSlice::new(part);
            }
            let slices = &slices[..transmit.parts().len()];
            let sent = match connection.watcher.socket().send(slices) {
                Ok(sent) => sent,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => 0,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    drop(core);
                    self.handle_error(lane, &error);
                    return true;
                }
            };
            core.handle_written(lane, self.now(), sent);
            if sent < offered {
                break;
            }
        }
        let more = core.wants_write(lane);
        drop(core);
        connection.watcher.set_interest(true, more);
        false
    }
}

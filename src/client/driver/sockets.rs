//! The connections of a driver: made, read and written as the core wants it.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use memcached_core::server::{Action, ConnectionId, Server};

use crate::client::Address;
use crate::client::address::Reach;
use crate::client::completion::Requests;
use crate::client::epoch::Epoch;
use crate::client::reading::{Read, ReadBuffers};
use crate::client::transport::Transport;
use crate::host::{IoWatcher, Ready, Worker};

/// Reads of one readiness; the rest waits for the next pass of the loop, so
/// that one busy connection does not starve the worker.
const READS_PER_PASS: usize = 16;

/// The connections to one server.
pub(super) struct Sockets {
    worker: Worker,
    address: Address,
    epoch: Epoch,
    buffers: Rc<ReadBuffers>,
    on_ready: Rc<dyn Fn(ConnectionId, Ready)>,
    transports: [RefCell<Option<Rc<Transport>>>; ConnectionId::COUNT],
    /// Of connections that wait for the name of the server.
    names: [RefCell<Option<IoWatcher>>; ConnectionId::COUNT],
}

impl Sockets {
    /// None yet; `on_ready` is called when one can go on.
    pub(super) fn new(
        worker: Worker,
        address: Address,
        epoch: Epoch,
        buffers: Rc<ReadBuffers>,
        on_ready: Rc<dyn Fn(ConnectionId, Ready)>,
    ) -> Self {
        Self {
            worker,
            address,
            epoch,
            buffers,
            on_ready,
            transports: Default::default(),
            names: Default::default(),
        }
    }

    fn get(&self, id: ConnectionId) -> Option<Rc<Transport>> {
        self.transports[id.index()].borrow().clone()
    }

    /// Closes all of them.
    pub(super) fn close(&self) {
        for id in ConnectionId::ALL {
            self.close_one(id);
        }
    }

    fn close_one(&self, id: ConnectionId) {
        self.transports[id.index()].take();
        self.names[id.index()].take();
    }

    /// Connects and closes as the core wants it.
    pub(super) fn carry_out(&self, core: &RefCell<Server<Requests>>) {
        loop {
            let action = core.borrow_mut().poll_action();
            match action {
                Some((id, Action::Close)) => self.close_one(id),
                Some((id, Action::Connect)) => self.connect(id, core),
                None => break,
            }
        }
    }

    fn connect(&self, id: ConnectionId, core: &RefCell<Server<Requests>>) {
        let on_ready = Rc::clone(&self.on_ready);
        let on_ready = move |ready| on_ready(id, ready);
        let connected = match self.address.reach() {
            Reach::Known(address) => {
                let secured = self.address.secured();
                Transport::connect(&self.worker, address, secured, on_ready)
            }
            Reach::Soon(known) => {
                let watcher = IoWatcher::new(&self.worker, known.into(), on_ready);
                watcher.set_interest(true, false);
                self.names[id.index()].replace(Some(watcher));
                return;
            }
            Reach::Unknown => Err(io::Error::other("its name could not be looked up yet")),
        };
        match connected {
            Ok(transport) => {
                let transport = Rc::new(transport);
                self.transports[id.index()].replace(Some(Rc::clone(&transport)));
                if !transport.is_connecting() {
                    self.handle_taken(id, &transport, core);
                }
            }
            Err(error) => self.handle_error(id, core, &error),
        }
    }

    /// A socket is ready for something.
    pub(super) fn handle_ready(
        &self,
        id: ConnectionId,
        ready: Ready,
        core: &RefCell<Server<Requests>>,
    ) {
        let waited = self.names[id.index()].take();
        if waited.is_some() {
            self.connect(id, core);
            return;
        }
        let Some(transport) = self.get(id) else {
            return;
        };
        if !transport.is_connecting() {
            if ready.readable {
                self.read(id, &transport, core);
            }
            return;
        }
        match transport.finish_connecting() {
            Ok(()) => self.handle_taken(id, &transport, core),
            Err(error) => self.handle_error(id, core, &error),
        }
    }

    /// The server has taken a connection.
    fn handle_taken(
        &self,
        id: ConnectionId,
        transport: &Transport,
        core: &RefCell<Server<Requests>>,
    ) {
        let now = self.epoch.now();
        if transport.is_open() {
            core.borrow_mut().handle_connected(id, now);
        } else {
            core.borrow_mut().handle_taken(id, now);
        }
    }

    /// Reads what has come on every connection, whether or not the loop said so.
    pub(super) fn read_all(&self, core: &RefCell<Server<Requests>>) {
        for id in ConnectionId::ALL {
            if let Some(transport) = self.get(id).filter(|t| !t.is_connecting()) {
                self.read(id, &transport, core);
            }
        }
    }

    fn read(&self, id: ConnectionId, transport: &Transport, core: &RefCell<Server<Requests>>) {
        for _ in 0..READS_PER_PASS {
            let now = self.epoch.now();
            let was_open = transport.is_open();
            let read = transport.read(&self.buffers);
            if !was_open && transport.is_open() {
                core.borrow_mut().handle_connected(id, now);
            }
            match read {
                Ok(Read::Data(input, more)) => {
                    core.borrow_mut().handle_data(id, now, &input);
                    self.buffers.give_back(input);
                    if !more {
                        break;
                    }
                }
                Ok(Read::Eof) => {
                    core.borrow_mut().handle_eof(id, now);
                    break;
                }
                Ok(Read::Nothing) => break,
                Err(error) => {
                    self.handle_error(id, core, &error);
                    break;
                }
            }
        }
    }

    /// Writes what is due on all connections; whether an error makes another look at
    /// the core's actions necessary.
    pub(super) fn write_all(&self, core: &RefCell<Server<Requests>>) -> bool {
        ConnectionId::ALL.iter().any(|&id| self.write(id, core))
    }

    fn write(&self, id: ConnectionId, cell: &RefCell<Server<Requests>>) -> bool {
        let Some(transport) = self.get(id).filter(|t| !t.is_connecting()) else {
            return false;
        };
        if let Err(error) = transport.flush() {
            self.handle_error(id, cell, &error);
            return true;
        }
        if transport.is_handshaking() {
            transport.watch(true, false);
            return false;
        }
        let mut core = cell.borrow_mut();
        while core.wants_write(id) {
            let transmit = core.transmit(id);
            let offered: usize = transmit.slices().iter().map(|slice| slice.len()).sum();
            let written = match transport.write(transmit.slices()) {
                Ok(written) => written,
                Err(error) => {
                    drop(core);
                    self.handle_error(id, cell, &error);
                    return true;
                }
            };
            core.handle_written(id, self.epoch.now(), written);
            if written < offered {
                break;
            }
        }
        transport.watch(core.wants_read(id), core.wants_write(id));
        false
    }

    fn handle_error(&self, id: ConnectionId, core: &RefCell<Server<Requests>>, error: &io::Error) {
        let text = error.to_string();
        // The system's words are enough, without the number that Rust adds.
        let words = text
            .split_once(" (os error")
            .map_or(&*text, |(words, _)| words);
        let now = self.epoch.now();
        core.borrow_mut().handle_error(id, now, words);
    }
}

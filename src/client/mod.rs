//! One worker's memcached servers: sockets, watchers and the clock that drive
//! `memcached_core::connection`.
//!
//! Everything here belongs to one worker thread. Nothing calls the host back
//! from inside: an answer is put where its asker finds it and the asker's
//! request is woken, which the host does later in the same pass of its loop.

#![forbid(unsafe_code)]

mod lookup;
mod reading;
mod server;

use std::cell::RefCell;
use std::rc::Rc;

pub use lookup::{Found, LookupHandle};
pub use server::ServerDriver;

use crate::host::{SockAddr, Worker};
use reading::ReadBuffers;

/// The memcached client of one worker.
pub struct Client {
    worker: Worker,
    servers: RefCell<Vec<Rc<ServerDriver>>>,
    buffers: Rc<ReadBuffers>,
}

impl Client {
    /// A client without servers; they come with the first request for each.
    pub fn new(worker: Worker) -> Self {
        Self {
            worker,
            servers: RefCell::new(Vec::new()),
            buffers: Rc::new(ReadBuffers::default()),
        }
    }

    /// The server at an address. A configuration names few, so they are looked
    /// for one by one.
    pub fn server(&self, address: &SockAddr) -> Rc<ServerDriver> {
        let mut servers = self.servers.borrow_mut();
        if let Some(server) = servers.iter().find(|s| s.address() == address) {
            return Rc::clone(server);
        }
        let server = ServerDriver::new(self.worker, address.clone(), Rc::clone(&self.buffers));
        servers.push(Rc::clone(&server));
        server
    }

    /// Closes all connections; what is still waiting fails.
    pub fn shutdown(&self) {
        for server in self.servers.take() {
            server.shutdown();
        }
    }
}

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
mod time_of_day;

use std::cell::RefCell;
use std::rc::Rc;

pub use lookup::{Found, LookupHandle};
pub use server::{Asking, ServerDriver};
pub(crate) use time_of_day::unix_now;

use crate::host::{SockAddr, Worker};
use reading::ReadBuffers;

/// A script can name any number of servers. Beyond so many, those that nobody
/// uses are forgotten, with what was known of them.
const SERVERS_KEPT: usize = 64;

/// The memcached client of one worker; a clone is the same one.
#[derive(Clone)]
pub struct Client(Rc<Inner>);

struct Inner {
    worker: Worker,
    servers: RefCell<Vec<Rc<ServerDriver>>>,
    buffers: Rc<ReadBuffers>,
}

impl Client {
    /// A client without servers; they come with the first request for each.
    pub fn new(worker: Worker) -> Self {
        Self(Rc::new(Inner {
            worker,
            servers: RefCell::new(Vec::new()),
            buffers: Rc::new(ReadBuffers::default()),
        }))
    }

    /// The server at an address. A configuration names few, so they are looked
    /// for one by one.
    pub fn server(&self, address: &SockAddr) -> Rc<ServerDriver> {
        let mut servers = self.0.servers.borrow_mut();
        if let Some(server) = servers.iter().find(|s| s.address() == address) {
            return Rc::clone(server);
        }
        if servers.len() >= SERVERS_KEPT {
            servers.retain(|server| Rc::strong_count(server) > 1 || server.is_busy());
        }
        let buffers = Rc::clone(&self.0.buffers);
        let server = ServerDriver::new(&self.0.worker, address.clone(), buffers);
        servers.push(Rc::clone(&server));
        server
    }

    /// Closes all connections; what is still waiting fails.
    pub fn shutdown(&self) {
        for server in self.0.servers.take() {
            server.shutdown();
        }
    }
}

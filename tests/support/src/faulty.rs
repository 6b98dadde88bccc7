//! A memcached that does whatever a test wants of it.
//!
//! What it does with each connection is a function over a [`Peer`], which
//! reads requests and sends any bytes, in any parts, at any time, or ends the
//! connection in any way. The function can be changed while it runs: the old
//! connections are ended first, and the plugin has noticed before
//! [`Faulty::behave`] returns, so that one case does not reach into the next.

use std::collections::HashMap;
use std::fmt;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::peer::Peer;
use crate::wait::{PATIENCE, eventually};

/// A request that it has received as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultyRequest {
    /// `get`, `set`, `add`, `delete`, `mn`.
    pub verb: String,
    /// The key, or the first of several; empty where there is none.
    pub key: String,
    /// The other keys, of a `get`.
    pub more: Vec<String>,
    /// The value, of a `set` or an `add`.
    pub data: Vec<u8>,
}

impl FaultyRequest {
    /// All its keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let more = self.more.iter();
        std::iter::once(&self.key).chain(more).map(String::as_str)
    }
}

/// A connection on loopback that takes longer waits for room in the queue.
const FULL_AFTER: Duration = Duration::from_millis(300);

type Behaviour = dyn Fn(&mut Peer) + Send + Sync;

#[derive(Default)]
pub(crate) struct Shared {
    behaviour: Mutex<Option<Arc<Behaviour>>>,
    /// Counted up whenever the behaviour changes.
    pub era: AtomicUsize,
    /// Connections that are not over: since which era, and how to end them.
    pub open: Mutex<HashMap<usize, (usize, Option<TcpStream>)>>,
    next_id: AtomicUsize,
    /// What the plugin has done wrong.
    pub complaints: Mutex<Vec<String>>,
    connections: AtomicUsize,
    pub requests: Mutex<Vec<FaultyRequest>>,
    pub items: Mutex<HashMap<String, Vec<u8>>>,
}

/// The server. Prints as `IP:PORT`; it lives as long as the test program.
pub struct Faulty {
    addr: SocketAddr,
    listener: TcpListener,
    fillers: Vec<TcpStream>,
    shared: Arc<Shared>,
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.addr)
    }
}

impl Faulty {
    /// Starts one that behaves well.
    pub fn start() -> Self {
        let server = Self::bind();
        server.accept();
        server
    }

    /// One that listens but takes no connection, and the system's queue for
    /// those that wait to be taken is full.
    pub fn with_full_queue() -> Self {
        let mut server = Self::bind();
        rustix::net::listen(&server.listener, 0).expect("a shorter queue");
        while let Ok(filler) = TcpStream::connect_timeout(&server.addr, FULL_AFTER) {
            server.fillers.push(filler);
            assert!(server.fillers.len() < 1000, "the queue is not filled");
        }
        server
    }

    fn bind() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let addr = listener.local_addr().expect("an address");
        let server = Self {
            addr,
            listener,
            fillers: Vec::new(),
            shared: Arc::default(),
        };
        server.behave(Peer::serve);
        server
    }

    /// Begins to take connections.
    pub fn accept(&self) {
        let listener = self.listener.try_clone().expect("a descriptor");
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || attend(stream, &shared));
            }
        });
    }

    /// From now on every connection is treated like this. Those that there are
    /// end, and so do the functions that treat them: within what they wait for.
    pub fn behave(&self, how: impl Fn(&mut Peer) + Send + Sync + 'static) {
        let shared = &self.shared;
        let era = {
            let mut behaviour = lock(&shared.behaviour);
            *behaviour = Some(Arc::new(how));
            lock(&shared.requests).clear();
            shared.connections.store(0, Ordering::SeqCst);
            shared.era.fetch_add(1, Ordering::SeqCst) + 1
        };
        for (_, stream) in lock(&shared.open).values() {
            if let Some(stream) = stream {
                // Gone already where it fails.
                let _ = stream.shutdown(Shutdown::Write);
            }
        }
        eventually("the plugin leaves the old connections", || {
            lock(&shared.open).values().all(|(since, _)| *since == era)
        });
        self.check();
    }

    fn check(&self) {
        let complaints = lock(&self.shared.complaints);
        assert!(complaints.is_empty(), "memcached received {complaints:?}");
    }

    /// Connections since the behaviour changed.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Requests since the behaviour changed.
    pub fn requests(&self) -> Vec<FaultyRequest> {
        lock(&self.shared.requests).clone()
    }

    /// Waits for `count` requests.
    pub fn await_requests(&self, count: usize) {
        eventually(&format!("{count} requests for memcached"), || {
            lock(&self.shared.requests).len() >= count
        });
    }

    /// Stores an item for [`Peer::serve`].
    pub fn set(&self, key: &str, data: &[u8]) {
        lock(&self.shared.items).insert(key.into(), data.into());
    }

    /// What [`Peer::serve`] has of a key.
    pub fn item(&self, key: &str) -> Option<Vec<u8>> {
        lock(&self.shared.items).get(key).cloned()
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.check();
        }
    }
}

fn attend(stream: TcpStream, shared: &Arc<Shared>) {
    let id = shared.next_id.fetch_add(1, Ordering::SeqCst);
    let behaviour;
    let era;
    let number;
    {
        // All under one lock: a change of behaviour finds the connection in
        // the list, or the connection finds the new behaviour.
        let current = lock(&shared.behaviour);
        behaviour = current.clone().expect("there is one from the start");
        era = shared.era.load(Ordering::SeqCst);
        number = shared.connections.fetch_add(1, Ordering::SeqCst);
        let handle = stream.try_clone().expect("a descriptor");
        lock(&shared.open).insert(id, (era, Some(handle)));
    }
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream.set_nodelay(true).expect("a socket option");
    let mut peer = Peer::new(stream, number, id, era, Arc::clone(shared));
    behaviour(&mut peer);
    peer.end();
    lock(&shared.open).remove(&id);
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

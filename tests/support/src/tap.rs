//! A listener in on what the plugin and a memcached say to each other.

use std::fmt;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::wait::attempt;

#[derive(Default)]
struct Heard {
    sent: Vec<u8>,
    received: Vec<u8>,
    /// How many bytes memcached has answered on each connection.
    connections: Vec<usize>,
}

/// Passes bytes on and keeps them. Prints as `IP:PORT`; it lives as long as
/// the test program.
pub struct Tap {
    addr: SocketAddr,
    heard: Arc<Mutex<Heard>>,
}

impl fmt::Display for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.addr)
    }
}

impl Tap {
    /// Listens in front of a server.
    pub fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let addr = listener.local_addr().expect("an address");
        let heard: Arc<Mutex<Heard>> = Arc::default();
        let shared = Arc::clone(&heard);
        thread::spawn(move || {
            for asker in listener.incoming().flatten() {
                let Ok(answerer) = TcpStream::connect(server) else {
                    continue;
                };
                // What comes in parts is not to wait for acknowledgements.
                for stream in [&asker, &answerer] {
                    stream.set_nodelay(true).expect("a socket");
                }
                let number = {
                    let mut heard = lock(&shared);
                    heard.connections.push(0);
                    heard.connections.len() - 1
                };
                pass(&asker, &answerer, &shared, |heard, bytes| {
                    heard.sent.extend_from_slice(bytes);
                });
                pass(&answerer, &asker, &shared, move |heard, bytes| {
                    heard.received.extend_from_slice(bytes);
                    heard.connections[number] += bytes.len();
                });
            }
        });
        Self { addr, heard }
    }

    /// All that the plugin has sent, over all connections.
    pub fn sent(&self) -> Vec<u8> {
        lock(&self.heard).sent.clone()
    }

    /// All that memcached has answered.
    pub fn received(&self) -> Vec<u8> {
        lock(&self.heard).received.clone()
    }

    /// How many connections the plugin has made.
    pub fn connections(&self) -> usize {
        lock(&self.heard).connections.len()
    }

    /// How many bytes memcached has answered on each connection.
    pub fn received_on_each(&self) -> Vec<usize> {
        lock(&self.heard).connections.clone()
    }

    /// Forgets what was heard and gives what the plugin had sent.
    pub fn take_sent(&self) -> Vec<u8> {
        let mut heard = lock(&self.heard);
        heard.received.clear();
        std::mem::take(&mut heard.sent)
    }

    /// Waits until the plugin has sent just these bytes since the last
    /// [`take_sent`](Self::take_sent), and forgets them. On a slow machine it may
    /// ask on a second connection whether the server is there; that does not count.
    pub fn expect_sent(&self, expected: &[u8]) {
        // What it did send says more than that it was not enough.
        let _ = attempt(|| (self.sent().len() >= expected.len()).then_some(()));
        let sent = self.take_sent().escape_ascii().to_string();
        let sent = sent.replace(r"version\r\n", "");
        assert_eq!(sent, expected.escape_ascii().to_string());
    }
}

fn lock(heard: &Mutex<Heard>) -> std::sync::MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pass(
    from: &TcpStream,
    to: &TcpStream,
    heard: &Arc<Mutex<Heard>>,
    keep: impl Fn(&mut Heard, &[u8]) + Send + 'static,
) {
    let mut from = from.try_clone().expect("a descriptor");
    let mut to = to.try_clone().expect("a descriptor");
    let heard = Arc::clone(heard);
    thread::spawn(move || {
        let mut buffer = vec![0; 65536];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            keep(&mut lock(&heard), &buffer[..count]);
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        // The other side may be gone already.
        let _ = to.shutdown(Shutdown::Both);
    });
}

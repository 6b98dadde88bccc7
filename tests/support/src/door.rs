//! An address at which a backend can be reached, or nobody.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::ports::free_port;

/// The address. Prints as `IP:PORT`.
pub struct Door(SocketAddr);

/// While it lives, the backend can be reached.
pub struct Opened {
    addr: SocketAddr,
    is_over: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Door {
    /// One that is closed.
    pub fn closed() -> Self {
        Self(([127, 0, 0, 1], free_port()).into())
    }

    /// Opens it.
    pub fn open(&self, backend: &dyn fmt::Display) -> Opened {
        let listener = TcpListener::bind(self.0).expect("a port of our own");
        let backend: SocketAddr = backend.to_string().parse().expect("an address");
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let listener = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let backend = TcpStream::connect(backend).expect("the backend listens");
                pass(&stream, &backend);
                pass(&backend, &stream);
            }
        });
        Opened {
            addr: self.0,
            is_over,
            listener: Some(listener),
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // It waits for somebody to come.
        drop(TcpStream::connect(self.addr));
        if let Some(listener) = self.listener.take() {
            listener.join().expect("it ends");
        }
    }
}

/// Passes on what comes from one to the other.
fn pass(from: &TcpStream, to: &TcpStream) {
    let mut from = from.try_clone().expect("a descriptor");
    let mut to = to.try_clone().expect("a descriptor");
    thread::spawn(move || {
        // Both may go away at any time.
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}

//! A wire to a server that can be cut.

use std::fmt;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How often a wire looks whether it has been cut.
const LOOK: Duration = Duration::from_millis(20);

/// Passes bytes on until it is told to reset every connection. Prints as
/// `IP:PORT`; it lives as long as the program.
pub struct Cutter {
    addr: SocketAddr,
    wires: Arc<Mutex<Vec<Arc<AtomicBool>>>>,
}

impl fmt::Display for Cutter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.addr)
    }
}

impl Cutter {
    /// Listens in front of a server.
    pub fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let addr = listener.local_addr().expect("an address");
        let wires: Arc<Mutex<Vec<Arc<AtomicBool>>>> = Arc::default();
        let known = Arc::clone(&wires);
        thread::spawn(move || {
            for asker in listener.incoming().flatten() {
                let Ok(answerer) = TcpStream::connect(server) else {
                    reset(&asker);
                    continue;
                };
                let cut = Arc::new(AtomicBool::new(false));
                known
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(Arc::clone(&cut));
                thread::spawn(move || connect(asker, answerer, &cut));
            }
        });
        Self { addr, wires }
    }

    /// Resets all connections that there are.
    pub fn cut(&self) {
        let mut wires = self.wires.lock().unwrap_or_else(PoisonError::into_inner);
        for wire in wires.drain(..) {
            wire.store(true, Ordering::SeqCst);
        }
    }
}

fn reset(stream: &TcpStream) {
    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO)).expect("a socket option");
}

/// Passes bytes on in both directions until either side ends or the wire is
/// cut. Both sockets are closed when this returns.
fn connect(asker: TcpStream, answerer: TcpStream, cut: &AtomicBool) {
    thread::scope(|both| {
        both.spawn(|| pass(&asker, &answerer, cut));
        pass(&answerer, &asker, cut);
    });
    if cut.load(Ordering::SeqCst) {
        reset(&asker);
        reset(&answerer);
    }
    drop((asker, answerer));
}

fn pass(mut from: &TcpStream, mut to: &TcpStream, cut: &AtomicBool) {
    from.set_read_timeout(Some(LOOK)).expect("a time-out");
    to.set_nodelay(true).expect("a socket option");
    let mut buffer = vec![0; 65536];
    while !cut.load(Ordering::SeqCst) {
        match from.read(&mut buffer) {
            Ok(count @ 1..) => {
                if to.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => break,
        }
    }
    if !cut.load(Ordering::SeqCst) {
        // Ends the other direction too; gone already where it fails.
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    }
}

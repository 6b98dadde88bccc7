//! Ports of loopback that nobody listens on.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FlockOperation, flock};
use rustix::io;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with, sockopt};

/// Below the ports that the system gives to outgoing connections, so that
/// none of these takes one between the look and the use.
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Locks of the ports that this program has taken, held until it ends.
static TAKEN: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A port that was free just now, and that no other test of this kind takes
/// while this program runs.
pub fn free_port() -> u16 {
    // Test programs that run at the same time begin at different places.
    let start = std::process::id().wrapping_mul(127);
    for _ in 0..COUNT {
        let turn = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let offset = u16::try_from(turn % u32::from(COUNT)).expect("less than COUNT");
        let port = FIRST + offset;
        if is_mine(port) && bind_for_a_moment(port).is_ok() {
            return port;
        }
    }
    panic!("no free port on loopback");
}

/// Binds without listening. A program that another thread is starting just now holds the
/// socket for a moment longer, and whoever connects to the port meanwhile must find that
/// nobody is there, as must the server that is to listen.
fn bind_for_a_moment(port: u16) -> io::Result<()> {
    let socket = socket_with(
        AddressFamily::INET,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}

fn is_mine(port: u16) -> bool {
    let folder = std::env::temp_dir().join("mod_memcached-test-ports");
    fs::create_dir_all(&folder).expect("a folder for locks");
    let lock = File::create(folder.join(port.to_string())).expect("a lock file");
    let mine = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok();
    if mine {
        TAKEN
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(lock);
    }
    mine
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;
    use std::process::Command;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::free_port;

    /// What starts has open all that this program has open, until it becomes another
    /// program: a look at a port must not make it seem served for that while.
    #[test]
    fn nobody_serves_a_free_port_while_programs_start() {
        let enough = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !enough.load(Ordering::Relaxed) {
                        Command::new("true").status().expect("it runs");
                    }
                });
            }
            let served = (0..300)
                .map(|_| free_port())
                .filter(|&port| TcpStream::connect(("127.0.0.1", port)).is_ok())
                .count();
            enough.store(true, Ordering::Relaxed);
            assert_eq!(served, 0);
        });
    }
}

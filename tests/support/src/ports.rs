//! Ports of loopback that nobody listens on.

use std::fs::{self, File};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FlockOperation, flock};

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
        if is_mine(port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port on loopback");
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

//! A real memcached on a unix socket.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::Process;
use crate::wait::eventually;

/// A running memcached on a unix socket; killed when dropped, and then the
/// socket's file stays.
pub struct SocketMemcached(Process);

impl SocketMemcached {
    /// Starts one; where root runs it, others need to be able to write to the
    /// folder of the socket.
    pub fn start(path: &Path) -> Self {
        let mut command = Command::new("memcached");
        command.arg("-s").arg(path).args(["-a", "777", "-t", "1"]);
        if rustix::process::getuid().is_root() {
            command.args(["-u", "nobody"]);
        }
        let process = Process::spawn(command.stdin(Stdio::null()));
        eventually("memcached listens", || UnixStream::connect(path).is_ok());
        Self(process)
    }

    /// Its process's number.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

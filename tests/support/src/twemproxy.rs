//! twemproxy, which Debian calls nutcracker, in front of several memcacheds.

use std::fmt;
use std::fmt::Write;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::ports::free_port;
use crate::process::Process;
use crate::wait::eventually;

/// A running twemproxy. Prints as `IP:PORT`.
pub struct Twemproxy {
    addr: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

impl fmt::Display for Twemproxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.addr)
    }
}

impl Twemproxy {
    /// Starts one in front of servers (`IP:PORT`) with weights, among which it chooses
    /// by `hash` and `distribution`.
    pub fn start(servers: &[(String, u16)], hash: &str, distribution: &str) -> Self {
        let mut config = format!(
            "pool:\n  listen: ADDRESS\n  hash: {hash}\n  distribution: {distribution}\n  \
             timeout: 2000\n  servers:\n"
        );
        for (server, weight) in servers {
            writeln!(config, "   - {server}:{weight}").expect("a string takes all");
        }
        Self::start_with(&config, "ADDRESS")
    }

    /// Starts one with this configuration, in which `listen` stands for its address.
    pub fn start_with(config: &str, listen: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let addr = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let config = config.replace(listen, &addr.to_string());
        let file = folder.path().join("nutcracker.yml");
        fs::write(&file, config).expect("a file");
        let mut command = Command::new("nutcracker");
        command
            .arg("-c")
            .arg(&file)
            .args(["-a", "127.0.0.1", "-s", &free_port().to_string()])
            .args(["-o", "/dev/null"])
            .stdin(Stdio::null());
        let mut process = Process::spawn(&mut command);
        eventually("twemproxy listens", || {
            if let Some(status) = process.ended() {
                panic!("twemproxy ended at its start with {status}");
            }
            TcpStream::connect(addr).is_ok()
        });
        Self {
            addr,
            _process: process,
            _folder: folder,
        }
    }
}

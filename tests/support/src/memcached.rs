//! A real memcached, and a small client to look into it.

use std::ffi::OsString;
use std::fmt;
use std::fs::Permissions;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::ports::free_port;
use crate::process::Process;
use crate::wait::{PATIENCE, eventually};

/// An item as memcached has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its flags.
    pub flags: u32,
    /// Its value.
    pub data: Vec<u8>,
}

/// A memcached of a test's own. Prints as the address that the plugin is
/// given: `IP:PORT`, or `unix:/path`.
pub struct Memcached {
    addr: SocketAddr,
    /// Where this side looks into it, if the other is in TLS.
    plain: Option<SocketAddr>,
    folder: Option<TempDir>,
    /// More that it is told at its start.
    arguments: Vec<OsString>,
    process: Option<Process>,
}

impl fmt::Display for Memcached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.folder {
            Some(folder) => write!(f, "unix:{}", socket_in(folder).display()),
            None => write!(f, "{}", self.addr),
        }
    }
}

fn socket_in(folder: &TempDir) -> PathBuf {
    folder.path().join("memcached.socket")
}

impl Memcached {
    /// Starts one that takes values of up to 8 MB.
    pub fn start() -> Self {
        let mut memcached = Self::reserve();
        memcached.restart();
        memcached
    }

    /// Starts one that listens on a unix socket.
    pub fn start_unix() -> Self {
        let mut memcached = Self::reserve_unix();
        memcached.restart();
        memcached
    }

    /// An address where none is running yet.
    pub fn reserve() -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], free_port())),
            plain: None,
            folder: None,
            arguments: Vec::new(),
            process: None,
        }
    }

    /// Starts one that wants to be told first who asks. `users` is a file with lines
    /// `USER:PASSWORD`; this side of it cannot look into it.
    pub fn start_with_users(users: &Path) -> Self {
        let mut memcached = Self::reserve();
        memcached.arguments = vec!["-Y".into(), users.into()];
        memcached.restart();
        memcached
    }

    /// One that will speak TLS, and show this certificate; `more` are other options for TLS,
    /// such as `ssl_verify_mode=2`. This side looks into it elsewhere, in plain.
    pub fn start_tls(certificate: &Path, key: &Path, more: &[String]) -> Self {
        let mut memcached = Self::reserve();
        memcached.plain = Some(SocketAddr::from(([127, 0, 0, 1], free_port())));
        let mut options = format!(
            "ssl_chain_cert={},ssl_key={}",
            certificate.display(),
            key.display()
        );
        for one in more {
            options.push(',');
            options.push_str(one);
        }
        memcached.arguments = vec!["-Z".into(), "-o".into(), options.into()];
        memcached.restart();
        memcached
    }

    /// A path where no socket is yet.
    pub fn reserve_unix() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // memcached runs as somebody else if we are root.
        let open = Permissions::from_mode(0o777);
        std::fs::set_permissions(folder.path(), open).expect("our own folder");
        Self {
            folder: Some(folder),
            ..Self::reserve()
        }
    }

    /// Where it listens, unless that is a unix socket.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Starts it (again), empty, at the same address.
    pub fn restart(&mut self) {
        self.process = None;
        let port = self.addr.port().to_string();
        let mut command = Command::new("memcached");
        match (&self.folder, self.plain) {
            (Some(folder), _) => command.arg("-s").arg(socket_in(folder)),
            (None, None) => command.args(["-l", "127.0.0.1", "-p", &port, "-U", "0"]),
            (None, Some(plain)) => {
                let both = format!("{},notls:{plain}", self.addr);
                command.args(["-l", &both, "-U", "0"])
            }
        };
        command.args(["-t", "1", "-I", "8m", "-m", "64", "-c", "4096"]);
        command.args(&self.arguments);
        if rustix::process::getuid().is_root() {
            command.args(["-u", "nobody"]);
        }
        let process = Process::spawn(command.stdin(Stdio::null()));
        self.process = Some(process);
        eventually("memcached answers", || self.answers());
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Stops it in the middle of whatever it does; the system still takes
    /// connections and bytes for it.
    pub fn suspend(&self) {
        let process = self.process.as_ref().expect("memcached is running");
        process.suspend();
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let process = self.process.as_ref().expect("memcached is running");
        process.signal(signal);
    }

    /// Its process's number.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("memcached is running").id()
    }

    /// The item of a key, if there is one.
    pub fn get(&self, key: &str) -> Option<Item> {
        let mut stream = self.ask(format!("get {key}\r\n").as_bytes());
        let line = read_line(&mut stream);
        if line == "END" {
            return None;
        }
        let words: Vec<&str> = line.split(' ').collect();
        let ["VALUE", found, flags, len] = words[..] else {
            panic!("memcached answered {line:?} to a get");
        };
        assert_eq!(found, key);
        let mut data = vec![0; len.parse().expect("a length")];
        stream.read_exact(&mut data).expect("the value");
        let flags = flags.parse().expect("flags");
        Some(Item { flags, data })
    }

    /// Stores an item that does not expire.
    pub fn set(&self, key: &str, flags: u32, data: &[u8]) {
        let mut command = format!("set {key} {flags} 0 {}\r\n", data.len()).into_bytes();
        command.extend_from_slice(data);
        command.extend_from_slice(b"\r\n");
        assert_eq!(read_line(&mut self.ask(&command)), "STORED", "{key}");
    }

    /// Deletes an item; whether it was there.
    pub fn delete(&self, key: &str) -> bool {
        let line = read_line(&mut self.ask(format!("delete {key}\r\n").as_bytes()));
        line == "DELETED"
    }

    /// The seconds that an item has to live; -1 means no expiry.
    pub fn ttl(&self, key: &str) -> Option<i64> {
        let line = read_line(&mut self.ask(format!("mg {key} t\r\n").as_bytes()));
        let flags = line.strip_prefix("HD t")?;
        // The server may say behind it who makes the item.
        let ttl = flags.split(' ').next().unwrap_or_default();
        Some(ttl.parse().expect("seconds"))
    }

    /// The first line of the answer to a command.
    pub fn command(&self, line: &str) -> String {
        read_line(&mut self.ask(format!("{line}\r\n").as_bytes()))
    }

    /// A figure of its statistics, such as `cmd_get`.
    pub fn stat(&self, name: &str) -> u64 {
        let mut stream = self.ask(b"stats\r\n");
        loop {
            let line = read_line(&mut stream);
            let mut words = line.split(' ').skip(1);
            if words.next() == Some(name) {
                let value = words.next().expect("a value");
                return value.parse().expect("a number");
            }
            assert_ne!(line, "END", "memcached has no figure {name}");
        }
    }

    /// Whether it says anything at all: that a connection is taken shows only that the
    /// system listens for it.
    fn answers(&self) -> bool {
        let Ok(mut stream) = self.connect() else {
            return false;
        };
        let asked = stream.write_all(b"version\r\n");
        asked.is_ok() && matches!(stream.read(&mut [0; 1]), Ok(1))
    }

    fn connect(&self) -> io::Result<Box<dyn Stream>> {
        if let Some(folder) = &self.folder {
            let stream = UnixStream::connect(socket_in(folder))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            return Ok(Box::new(stream));
        }
        let stream = TcpStream::connect(self.plain.unwrap_or(self.addr))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Box::new(stream))
    }

    fn ask(&self, command: &[u8]) -> BufReader<Box<dyn Stream>> {
        let mut stream = self.connect().expect("memcached is running");
        stream.write_all(command).expect("memcached reads");
        BufReader::new(stream)
    }
}

trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

fn read_line(stream: &mut impl BufRead) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).expect("a line");
    line.trim_end().to_owned()
}

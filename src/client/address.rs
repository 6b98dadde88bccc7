//! Where servers of the configuration listen.
//!
//! Host names are looked up when the configuration is read. Those that the system
//! does not know then are looked up again by a thread, since that may take long; until
//! then nothing can be connected to them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::io;
use std::net::ToSocketAddrs;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use crate::host::SockAddr;

/// Between two attempts to look a name up.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// The system's functions take little of it.
const STACK: usize = 256 * 1024;

/// Where a server listens.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Address {
    /// As the system needs it.
    Known(SockAddr),
    /// Under a name that could not be looked up when the configuration was read.
    Named(Arc<Host>),
}

/// A name that could not be looked up.
pub(crate) struct Host {
    name: Box<str>,
    port: u16,
    found: OnceLock<SockAddr>,
}

impl Address {
    /// Looks a name up, which may take long; the error if that failed for now.
    pub(crate) fn of_host(name: &str, port: u16) -> (Self, Option<io::Error>) {
        match look_up(name, port) {
            Ok(address) => (Self::Known(address), None),
            Err(error) => {
                let host = Host {
                    name: name.into(),
                    port,
                    found: OnceLock::new(),
                };
                (Self::Named(Arc::new(host)), Some(error))
            }
        }
    }

    /// A name that is looked up once somebody asks the server.
    pub(crate) fn looked_up_later(name: &str, port: u16) -> Self {
        Self::Named(Arc::new(Host {
            name: name.into(),
            port,
            found: OnceLock::new(),
        }))
    }

    /// What to connect to, if that is known.
    pub(super) fn socket_address(&self) -> Option<&SockAddr> {
        match self {
            Self::Known(address) => Some(address),
            Self::Named(host) => host.found.get(),
        }
    }

    /// From now on it is looked up now and then, if it is not known.
    pub(super) fn keep_looking_up(&self) {
        if let Self::Named(host) = self {
            Unresolved::add(host);
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(address) => address.fmt(f),
            Self::Named(host) => write!(f, "{}:{}", host.name, host.port),
        }
    }
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.port == other.port
    }
}

impl Eq for Host {}

impl Hash for Host {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.port.hash(state);
    }
}

/// The first address that the system gives for a name.
fn look_up(name: &str, port: u16) -> io::Result<SockAddr> {
    let first = (name, port).to_socket_addrs()?.next();
    let text = first.map(|address| address.to_string());
    text.and_then(|text| SockAddr::parse(text.as_bytes(), port))
        .ok_or_else(|| io::Error::other("the name has no address"))
}

/// Names that are to be looked up, and whether a thread does so.
struct Unresolved {
    hosts: Vec<Weak<Host>>,
    is_running: bool,
}

static UNRESOLVED: Mutex<Unresolved> = Mutex::new(Unresolved {
    hosts: Vec::new(),
    is_running: false,
});

impl Unresolved {
    fn add(host: &Arc<Host>) {
        let mut all = UNRESOLVED.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = |known: &Weak<Host>| std::ptr::eq(known.as_ptr(), Arc::as_ptr(host));
        if host.found.get().is_some() || all.hosts.iter().any(is_known) {
            return;
        }
        all.hosts.push(Arc::downgrade(host));
        if !all.is_running {
            let thread = thread::Builder::new()
                .name("memcached-names".into())
                .stack_size(STACK);
            // Without one the names stay unknown.
            all.is_running = thread.spawn(Self::run).is_ok();
        }
    }

    /// Ends once all names are known, or nobody wants to know them any more. The
    /// library stays in memory while it runs: it is linked so.
    fn run() {
        loop {
            thread::sleep(AGAIN_AFTER);
            let hosts = {
                let mut all = UNRESOLVED.lock().unwrap_or_else(PoisonError::into_inner);
                all.hosts.retain(|host| {
                    host.upgrade()
                        .is_some_and(|host| host.found.get().is_none())
                });
                if all.hosts.is_empty() {
                    all.is_running = false;
                    return;
                }
                all.hosts.clone()
            };
            for host in hosts.iter().filter_map(Weak::upgrade) {
                if let Ok(address) = look_up(&host.name, host.port) {
                    // Nobody else sets it.
                    let _ = host.found.set(address);
                }
            }
        }
    }
}

//! Where servers of the configuration listen.
//!
//! Host names of the configuration are looked up when that is read. Those that the system
//! does not know then, and those that scripts name, are looked up by threads, since that
//! may take long.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::io;
use std::net::ToSocketAddrs;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use super::name_lookups;
use super::tls::Secured;
use crate::host::{SockAddr, panic_point};

/// Where a server listens, and how it is spoken to. Two that name one place are not equal if
/// one is spoken to in TLS, or they trust others or show another certificate there: what is
/// said in one way need not be what would be said in the other.
#[derive(Clone)]
pub(crate) struct Address {
    place: Place,
    tls: Option<Arc<Secured>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Place {
    /// As the system needs it.
    Known(SockAddr),
    /// Under a name that was not looked up when the configuration was read, or not
    /// with success.
    Named(Arc<Host>),
}

/// What can be done to reach a server.
pub(super) enum Reach<'a> {
    Known(&'a SockAddr),
    /// Its name is being looked up; this can be read once that has ended.
    Soon(UnixStream),
    /// Its name could not be looked up.
    Unknown,
}

/// A name that was not looked up in time. There is one for each name and port.
pub(crate) struct Host {
    name: Box<str>,
    port: u16,
    found: OnceLock<SockAddr>,
    first: Mutex<First>,
}

/// The first time that a thread looks a name up.
#[derive(Default)]
struct First {
    is_to_come: bool,
    /// Once somebody waits: what can be read when the other one is closed, which is when it has
    /// ended. All who wait have the same.
    ended: Option<(UnixStream, UnixStream)>,
}

/// All names that somebody has and that were not looked up in time.
static HOSTS: Mutex<Vec<Weak<Host>>> = Mutex::new(Vec::new());

/// Names of the configuration that were looked up.
static CONFIGURED: Mutex<Vec<(Box<str>, u16, SockAddr)>> = Mutex::new(Vec::new());

fn configured() -> MutexGuard<'static, Vec<(Box<str>, u16, SockAddr)>> {
    CONFIGURED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<SockAddr> for Address {
    fn from(address: SockAddr) -> Self {
        Self::plain(Place::Known(address))
    }
}

impl Address {
    const fn plain(place: Place) -> Self {
        Self { place, tls: None }
    }

    /// Looks a name up, which may take long; the error if that failed for now.
    pub(crate) fn of_host(name: &str, port: u16) -> (Self, Option<io::Error>) {
        match look_up(name, port) {
            Ok(address) => {
                configured().push((name.into(), port, address.clone()));
                (address.into(), None)
            }
            Err(error) => (Self::named(name, port, false), Some(error)),
        }
    }

    /// The server of a name that the configuration need not have, which is looked up once
    /// somebody wants to reach it. That which the configuration has is the same server.
    pub(crate) fn of_host_later(name: &str, port: u16) -> Self {
        let configured = configured();
        let same = |known: &&(Box<str>, u16, SockAddr)| *known.0 == *name && known.1 == port;
        match configured.iter().find(same) {
            Some((.., address)) => address.clone().into(),
            None => Self::named(name, port, true),
        }
    }

    /// A configuration is about to be read.
    pub(crate) fn forget_names() {
        configured().clear();
    }

    fn named(name: &str, port: u16, is_to_come: bool) -> Self {
        Self::plain(Place::Named(Host::of(name, port, is_to_come)))
    }

    /// The same place, spoken to in TLS if that is said.
    pub(crate) fn spoken_to(self, tls: Option<Arc<Secured>>) -> Self {
        Self { tls, ..self }
    }

    /// How it is spoken to in TLS, if it is.
    pub(super) fn secured(&self) -> Option<&Secured> {
        self.tls.as_deref()
    }

    /// Whether it is spoken to in TLS.
    pub(super) fn is_secured(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether both are at one place, however they are spoken to.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.place == other.place
    }

    /// What to connect to.
    pub(super) fn reach(&self) -> Reach<'_> {
        match &self.place {
            Place::Known(address) => Reach::Known(address),
            Place::Named(host) => {
                name_lookups::go_on();
                host.reach()
            }
        }
    }

    /// From now on it is looked up now and then, if it is not known.
    pub(super) fn keep_looking_up(&self) {
        if let Place::Named(host) = &self.place {
            let wait = if host.first().is_to_come {
                Duration::ZERO
            } else {
                name_lookups::AGAIN_AFTER
            };
            name_lookups::add(host, wait);
        }
    }
}

impl Host {
    fn of(name: &str, port: u16, is_to_come: bool) -> Arc<Self> {
        let mut hosts = HOSTS.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |host: &Arc<Self>| *host.name == *name && host.port == port;
        if let Some(known) = hosts.iter().filter_map(Weak::upgrade).find(is_it) {
            return known;
        }
        let new = Arc::new(Self {
            name: name.into(),
            port,
            found: OnceLock::new(),
            first: Mutex::new(First {
                is_to_come,
                ended: None,
            }),
        });
        hosts.retain(|host| host.strong_count() > 0);
        hosts.push(Arc::downgrade(&new));
        new
    }

    fn first(&self) -> MutexGuard<'_, First> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reach(&self) -> Reach<'_> {
        // Before what was found is looked at: it is set with this held.
        let mut first = self.first();
        if let Some(address) = self.found.get() {
            return Reach::Known(address);
        }
        if !first.is_to_come {
            return Reach::Unknown;
        }
        if first.ended.is_none() {
            first.ended = UnixStream::pair().ok();
        }
        // Closed by who waits, however often that is begun.
        let waits = first.ended.as_ref().map(|(waits, _)| waits.try_clone());
        waits
            .and_then(Result::ok)
            .map_or(Reach::Unknown, Reach::Soon)
    }

    pub(super) fn is_known(&self) -> bool {
        self.found.get().is_some()
    }

    /// Looks the name up, which may take long.
    pub(super) fn look_up(&self) {
        panic_point("name-lookup");
        let found = look_up(&self.name, self.port);
        let _first = self.first();
        if let Ok(address) = found {
            // Nobody else sets it.
            let _ = self.found.set(address);
        }
    }

    /// It was looked up, or cannot be at present: nobody waits for that any more.
    pub(super) fn has_ended(&self) {
        *self.first() = First::default();
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        let is_spoken_to_like_other = match (&self.tls, &other.tls) {
            (None, None) => true,
            // There is one for all who want the same.
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        self.place == other.place && is_spoken_to_like_other
    }
}

impl Eq for Address {}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place.hash(state);
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Known(address) => address.fmt(f),
            Place::Named(host) => write!(f, "{}:{}", host.name, host.port),
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

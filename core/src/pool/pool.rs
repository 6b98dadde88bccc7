//! A pool, ready to route keys.

use super::hash::{Hash, crc32, md5_numbers, modulo_number};
use super::ring::{Member, Ring};
use super::spec::{PoolSpec, ServerSpec};
use crate::protocol::Key;

/// So often nginx looks for another server by another hash.
const TRIES: u32 = 20;

/// A pool, ready to route keys.
#[derive(Clone, Debug)]
pub struct Pool<A> {
    spec: PoolSpec<A>,
    places: Places,
}

/// How keys find their servers.
#[derive(Clone, Debug)]
enum Places {
    /// There is only one.
    One,
    Ketama(Ring),
    Nginx(Ring),
    /// The end of each server's part of a row.
    Modulo(Box<[u32]>),
}

impl<A> Pool<A> {
    /// The pool of these servers.
    #[must_use]
    pub fn new(spec: PoolSpec<A>) -> Self {
        let members = spec.members();
        let places = match spec.hash() {
            _ if members.len() == 1 => Places::One,
            Hash::Ketama => Places::Ketama(Ring::ketama(members)),
            Hash::Nginx => Places::Nginx(Ring::nginx(members)),
            Hash::Modulo => Places::Modulo(ends(members)),
        };
        Self { spec, places }
    }

    /// What it was made of.
    pub const fn spec(&self) -> &PoolSpec<A> {
        &self.spec
    }

    /// The server that a key is on, by its position among
    /// [`servers`](Self::servers).
    #[must_use]
    pub fn route(&self, key: &Key) -> usize {
        let key = key.as_bytes();
        match &self.places {
            Places::One => 0,
            Places::Ketama(ring) => ring.owner(ketama_number(key)),
            Places::Nginx(ring) => ring.owner(crc32(&[key])),
            Places::Modulo(ends) => owner_in_row(ends, modulo_number(key, 0)),
        }
    }

    /// The server that has the keys of others which are not `usable`: the next one on
    /// the ring that is. Without one, it is where the key is.
    #[must_use]
    pub fn route_to(&self, key: &Key, usable: impl Fn(usize) -> bool) -> usize {
        let home = self.route(key);
        if usable(home) {
            return home;
        }
        let key = key.as_bytes();
        let found = match &self.places {
            Places::One => None,
            Places::Ketama(ring) => ring
                .owners_from(ketama_number(key))
                .find(|&owner| usable(owner)),
            Places::Nginx(ring) => ring.owners_from(crc32(&[key])).find(|&owner| usable(owner)),
            Places::Modulo(ends) => next_in_row(ends, key, home, usable),
        };
        found.unwrap_or(home)
    }

    /// The server that a key is asked for at while some `refuses`: its own, or with failover
    /// the one that stands in for it.
    #[must_use]
    pub fn place(&self, key: &Key, refuses: impl Fn(usize) -> bool) -> usize {
        if self.spec.fails_over() {
            self.route_to(key, |at| !refuses(at))
        } else {
            self.route(key)
        }
    }

    /// The server that may have a key's item beside its own, because it has stood in for
    /// that, or does.
    #[must_use]
    pub fn stand_in(&self, key: &Key, refuses: impl Fn(usize) -> bool) -> Option<usize> {
        if !self.spec.fails_over() {
            return None;
        }
        let home = self.route(key);
        let next = self.route_to(key, |at| at != home && !refuses(at));
        (next != home).then_some(next)
    }

    /// The servers, in the order of the configuration.
    pub fn servers(&self) -> &[ServerSpec<A>] {
        self.spec.servers()
    }

    /// The name of each server by which keys find it, as it can be shown.
    pub fn ring_names(&self) -> impl Iterator<Item = String> {
        self.spec.members().iter().map(|member| {
            let name = match self.spec.hash() {
                Hash::Ketama => member.ketama_name(),
                Hash::Nginx | Hash::Modulo => member.nginx_name(),
            };
            name.escape_ascii().to_string()
        })
    }

    /// How many points the ring has; none without a ring.
    pub fn points(&self) -> usize {
        match &self.places {
            Places::One | Places::Modulo(_) => 0,
            Places::Ketama(ring) | Places::Nginx(ring) => ring.len(),
        }
    }
}

impl<A: PartialEq> Pool<A> {
    /// Whether a key is the same item in both: they have the same servers, though
    /// perhaps reached in other ways, and agree where keys are.
    pub fn has_items_of(&self, other: &Self) -> bool {
        let (servers, others) = (self.spec.servers(), other.spec.servers());
        servers.len() == others.len()
            && servers.iter().zip(others).all(|(a, b)| a.is_same_server(b))
            && (servers.len() == 1 || self.spec.places_are_those_of(&other.spec))
    }
}

/// A key's number on libmemcached's ring.
fn ketama_number(key: &[u8]) -> u32 {
    md5_numbers(key)[0]
}

fn ends(members: &[Member]) -> Box<[u32]> {
    let end = |end: &mut u32, member: &Member| {
        *end += u32::from(member.weight);
        Some(*end)
    };
    members.iter().scan(0, end).collect()
}

fn owner_in_row(ends: &[u32], number: u32) -> usize {
    let len = ends.last().copied().unwrap_or(1);
    ends.partition_point(|&end| end <= number % len)
}

/// Another server for a key: by other hashes, as nginx does it, and if that finds none
/// the next one of the list.
fn next_in_row(
    ends: &[u32],
    key: &[u8],
    home: usize,
    usable: impl Fn(usize) -> bool,
) -> Option<usize> {
    let mut number = modulo_number(key, 0);
    for tries in 1..=TRIES {
        // The sum of the hashes, which is another row of servers for each key.
        number += modulo_number(key, tries);
        let owner = owner_in_row(ends, number);
        if usable(owner) {
            return Some(owner);
        }
    }
    let servers = ends.len();
    (home + 1..home + servers)
        .map(|at| at % servers)
        .find(|&at| usable(at))
}

//! What a pool of servers is configured with.

use core::fmt;
use core::ops::RangeInclusive;
use core::time::Duration;

use thiserror::Error;

use super::hash::Hash;
use super::ring::Member;
use crate::server::Spec;

/// The port of a server whose address names none.
pub const DEFAULT_PORT: u16 = 11211;

/// The time for an answer where nothing else is configured.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_millis(500);

/// How connections are made where nothing else is configured.
pub const DEFAULT_SPEC: Spec = Spec {
    connect_timeout: Duration::from_millis(250),
    retry: Duration::from_secs(1),
    token: None,
};

/// The most servers of a pool; with one more, libmemcached gives up the process.
pub const SERVERS_MAX: usize = 100;

/// How many shares of the keys a server may have.
pub const WEIGHTS: RangeInclusive<u16> = 1..=WEIGHT_MAX;

const WEIGHT_MAX: u16 = 1000;

/// One server; `A` is its address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerSpec<A> {
    /// Where it listens.
    pub address: A,
    /// How connections to it are made.
    pub spec: Spec,
}

impl<A: PartialEq> ServerSpec<A> {
    /// Whether both ask the same server as the same user, though connections to it are perhaps
    /// made in other ways.
    pub fn is_same_server(&self, other: &Self) -> bool {
        self.address == other.address && self.spec.token == other.spec.token
    }
}

/// A server of a pool, as it is given.
#[derive(Clone, Debug)]
pub struct PoolServer<A> {
    /// The server.
    pub server: ServerSpec<A>,
    /// Its name in the ring, if it has one.
    pub name: Option<Box<[u8]>>,
    /// Its address as it was written.
    pub text: Box<[u8]>,
    /// Its share of the keys.
    pub weight: u16,
}

/// Why servers are no pool.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PoolError {
    /// There are none.
    #[error("a pool needs a server")]
    Empty,
    /// There are too many.
    #[error("a pool has at most {SERVERS_MAX} servers, not {0}")]
    TooMany(usize),
    /// A weight out of bounds.
    #[error("a weight is a number from 1 to {WEIGHT_MAX}, not {0}")]
    Weight(u16),
    /// Two servers have this name, so that one of them would have no keys.
    #[error("two servers have the name {0} in the ring")]
    Twice(Shown),
}

/// A name as it can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown(Box<[u8]>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// The servers of a pool, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSpec<A> {
    servers: Box<[ServerSpec<A>]>,
    members: Box<[Member]>,
    hash: Hash,
    fails_over: bool,
}

impl<A> PoolSpec<A> {
    /// A pool of these servers.
    ///
    /// # Errors
    /// There are none or too many of them, a weight is out of bounds, or two have one
    /// name in the ring.
    pub fn new(servers: Vec<PoolServer<A>>, hash: Hash) -> Result<Self, PoolError> {
        if servers.is_empty() {
            return Err(PoolError::Empty);
        }
        if servers.len() > SERVERS_MAX {
            return Err(PoolError::TooMany(servers.len()));
        }
        let (servers, members): (Vec<_>, Vec<_>) = servers
            .into_iter()
            .map(|given| {
                let member = Member {
                    name: given.name,
                    address: given.text,
                    weight: given.weight,
                };
                (given.server, member)
            })
            .unzip();
        check(&members, hash)?;
        Ok(Self {
            servers: servers.into(),
            members: members.into(),
            hash,
            fails_over: false,
        })
    }

    /// The same where the keys of a server that is down are on the next one.
    #[must_use]
    pub fn failing_over(self) -> Self {
        Self {
            fails_over: true,
            ..self
        }
    }

    /// Whether the keys of a server that is down are on the next one.
    pub const fn fails_over(&self) -> bool {
        self.fails_over
    }

    /// The servers, in the order of the configuration.
    pub fn servers(&self) -> &[ServerSpec<A>] {
        &self.servers
    }

    /// How keys find their servers.
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Whether keys are at the same positions.
    pub(super) fn places_are_those_of(&self, other: &Self) -> bool {
        self.hash == other.hash && self.members == other.members
    }
}

fn check(members: &[Member], hash: Hash) -> Result<(), PoolError> {
    let weights = members.iter().map(|member| member.weight);
    if let Some(weight) = weights.into_iter().find(|weight| !WEIGHTS.contains(weight)) {
        return Err(PoolError::Weight(weight));
    }
    let mut names: Vec<_> = match hash {
        Hash::Ketama => members.iter().map(Member::ketama_name).collect(),
        Hash::Nginx => members.iter().map(Member::nginx_name).collect(),
        // Without a ring the position decides.
        Hash::Modulo => return Ok(()),
    };
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
    twice.map_or(Ok(()), |pair| {
        Err(PoolError::Twice(Shown(pair[0].clone().into())))
    })
}

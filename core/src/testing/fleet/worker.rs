//! A worker: what one worker thread of a web server has of the core, and what carries that out.

use std::collections::VecDeque;
use std::rc::Rc;

use super::page::Piece;
use super::settings::Options;
use super::slab::Id;
use crate::lookup::lease::{Leases, OpId};
use crate::lookup::{Flight, Lookups};
use crate::namespace::{Namespaces, ReadingId};
use crate::pool::Pool;
use crate::server::{Alarm, ConnectionId, Limits, Server, Spec, Types};

/// Who is woken: a visitor, or a purge that waits for the count of its namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waker {
    Client(Id),
    Purge(Id),
}

/// Who gets the outcome of a request.
#[derive(Debug)]
pub(super) enum Token {
    Flight(Rc<Flight<Waker, Piece>>),
    Op(OpId),
    /// Of the lookup of a count.
    Reading(ReadingId),
    /// Of the `add` of a count.
    Adding(ReadingId),
    Purge(Id),
    Bump(Id),
    Nobody,
}

/// The types that the servers of the simulation work with.
#[derive(Debug)]
pub(super) enum Wires {}

impl Types for Wires {
    type Token = Token;
    type Piece = Piece;
    type Data = Vec<u8>;
}

/// A driver of one server.
pub(super) struct Driver {
    pub(super) core: Server<Wires>,
    pub(super) alarm: Alarm,
    pub(super) sockets: [Option<Id>; ConnectionId::COUNT],
    /// It has something to carry out.
    pub(super) is_touched: bool,
}

/// A worker. It starts anew without what it knew.
pub(super) struct Worker {
    pub(super) life: u32,
    pub(super) pool: Rc<Pool<u32>>,
    pub(super) lookups: Lookups<Waker, Piece>,
    pub(super) leases: Leases<Waker>,
    pub(super) names: Namespaces<Waker>,
    pub(super) drivers: Vec<Option<Box<Driver>>>,
    /// Drivers that have something to carry out.
    pub(super) touched: Vec<u32>,
    /// Purges whose next command is due.
    pub(super) due: VecDeque<Id>,
    /// When it is to be called for its leases.
    pub(super) timer: Option<u64>,
    pub(super) stalled_until: u64,
    pub(super) trouble_until: u64,
    /// What its clock shows too much, in seconds.
    pub(super) clock: i64,
    /// Pages that are made without a client.
    pub(super) refreshes: usize,
    /// It is to be driven at the end of this instant.
    pub(super) is_dirty: bool,
}

impl Worker {
    pub(super) fn new(life: u32, pool: Rc<Pool<u32>>, hosts: usize, options: &Options) -> Self {
        let near = if options.near_ms > 0 {
            options.near_memory
        } else {
            0
        };
        Self {
            life,
            pool,
            lookups: Lookups::with_near(near),
            leases: Leases::default(),
            names: Namespaces::default(),
            drivers: (0..hosts).map(|_| None).collect(),
            touched: Vec::new(),
            due: VecDeque::new(),
            timer: None,
            stalled_until: 0,
            trouble_until: 0,
            clock: 0,
            refreshes: 0,
            is_dirty: false,
        }
    }

    /// The driver of a server, which is made when it is first used.
    pub(super) fn driver(&mut self, server: u32, spec: &Spec) -> &mut Driver {
        self.drivers[server as usize].get_or_insert_with(|| {
            Box::new(Driver {
                core: Server::new(spec, Limits::default()),
                alarm: Alarm::default(),
                sockets: [None; ConnectionId::COUNT],
                is_touched: false,
            })
        })
    }

    /// Whether there is no use in asking a server now.
    pub(super) fn refuses(&self, server: u32, now: crate::time::Time) -> bool {
        let driver = self.drivers[server as usize].as_ref();
        driver.is_some_and(|driver| driver.core.refuses(now))
    }
}

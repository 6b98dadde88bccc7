//! A worker of the model, and those who ask it.

use core::time::Duration;

use super::network::Connection;
use crate::lookup::Lookups;
use crate::lookup::lease::{Leases, Run, Visit};
use crate::protocol::Value;
use crate::testing::manner::Manner;
use crate::time::Time;

/// A worker. It dies, and comes back without what it knew.
#[derive(Debug)]
pub(super) struct Worker {
    pub leases: Leases<usize>,
    pub lookups: Lookups<usize, Vec<u8>>,
    /// Two for lookups, one for what depends on no version.
    pub connections: [Connection; 3],
    pub life: u64,
    /// When it is to be called for its timer.
    pub timer: Option<Time>,
    /// What had been purged when its last lookup was sent.
    pub floor: u64,
}

/// Its connection for what depends on no version.
pub(super) const STORES: usize = 2;

/// A client.
#[derive(Debug)]
pub(super) struct Client {
    pub worker: usize,
    pub life: u64,
    pub manner: Manner,
    pub began: Time,
    /// What had been purged when its lookup was sent.
    pub floor: Option<u64>,
    pub visit: Option<Visit<usize, Vec<u8>>>,
    pub is_done: bool,
    /// It has its answer and waits for the backend.
    pub backend: Option<usize>,
}

/// A request to the backend.
#[derive(Debug)]
pub(super) struct Making {
    pub worker: usize,
    pub life: u64,
    pub run: Option<Run>,
    pub client: Option<usize>,
    pub manner: Manner,
    /// The content when it began.
    pub content: u64,
    /// What is served if it fails, and until when.
    pub instead: Option<(Value<Vec<u8>>, Time)>,
    /// In which epoch it was won, if nobody else is to make the page.
    pub epoch: Option<u64>,
    /// When it ended.
    pub ended: Option<Time>,
}

impl Worker {
    pub(super) fn new(life: u64, pins: &mut u64) -> Self {
        let mut connection = || {
            *pins += 1;
            Connection::new(*pins)
        };
        Self {
            leases: Leases::default(),
            lookups: Lookups::default(),
            connections: [connection(), connection(), connection()],
            life,
            timer: None,
            floor: 0,
        }
    }
}

/// The time for a reply.
pub(super) const TIMEOUT: Duration = Duration::from_millis(500);

//! What a fleet is, and what happens to it.

use super::settings::{Options, Settings, Surroundings};
use super::traffic::{Arrival, Traffic};
use crate::lookup::lease::Dialect as Rule;
use crate::testing::chance::Chance;
use crate::testing::memcached::Dialect;

/// What happens to a fleet. Times are in milliseconds, servers and workers have numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Operation {
    /// A worker is told to purge a page, or to purge it softly.
    Purge {
        worker: u32,
        page: u32,
    },
    SoftPurge {
        worker: u32,
        page: u32,
        secs: u32,
    },
    /// A worker is told to give up all items of the namespace.
    Bump {
        worker: u32,
    },
    /// The process of a server ends, and another one begins after a time.
    Kill {
        server: u32,
        ms: u64,
    },
    /// Its machine loses its power, so that nobody is told.
    CutPower {
        server: u32,
        ms: u64,
    },
    /// A server does nothing for a time.
    Hang {
        server: u32,
        ms: u64,
    },
    /// It reads little at a time.
    ReadSlowly {
        server: u32,
        ms: u64,
    },
    /// Connections are reset: of one worker, or of all.
    Disconnect {
        server: u32,
        worker: Option<u32>,
    },
    /// So many in a hundred of its items give way.
    Evict {
        server: u32,
        percent: u32,
    },
    /// No byte gets through between some workers and a server.
    Partition {
        server: u32,
        first: u32,
        count: u32,
        ms: u64,
    },
    /// A worker ends, and another one begins.
    RestartWorker {
        worker: u32,
    },
    /// A worker does nothing for a time.
    Stall {
        worker: u32,
        ms: u64,
    },
    /// A worker's clock is wrong by so many seconds.
    Clock {
        worker: u32,
        secs: i64,
    },
    /// The backend answers with errors, or is ten times as slow.
    BackendFails {
        ms: u64,
    },
    BackendSlow {
        ms: u64,
    },
    /// So many come for one page within a time.
    Crowd {
        page: u32,
        count: u32,
        ms: u64,
    },
    /// All workers start anew, one after the other, with so many servers.
    Reconfigure {
        servers: u32,
        ms: u64,
    },
    /// All pages are stored at once.
    Warm,
}

/// A fleet, and what happens to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Decides what the rest leaves open.
    pub seed: u64,
    /// The fleet.
    pub settings: Settings,
    /// What happens to it, and when, in microseconds.
    pub operations: Vec<(u64, Operation)>,
    /// Its visitors, if the seed does not decide about them.
    pub arrivals: Option<Vec<Arrival>>,
}

impl Plan {
    /// A small fleet that has a bad day, by chance.
    #[must_use]
    pub fn random(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let settings = settings(&mut chance);
        let count = chance.of(&[0, 1, 2, 4, 8, 16]);
        let mut operations: Vec<_> = (0..count)
            .map(|_| {
                let at = chance.below(settings.secs * 1_000_000);
                (at, operation(&mut chance, &settings))
            })
            .collect();
        operations.sort_by_key(|(at, _)| *at);
        Self {
            seed,
            settings,
            operations,
            arrivals: None,
        }
    }

    /// A large fleet to which something happens every few minutes.
    #[must_use]
    pub fn large(seed: u64, hours: f64, workers: u32, servers: u32, keys: u32, rate: f64) -> Self {
        /// Between two things that happen, in microseconds.
        const PAUSE_US: u64 = 240_000_000;
        let settings = Settings {
            workers,
            servers,
            keys,
            skew: 0.9,
            rate,
            secs: (hours * 3600.0) as u64,
            options: Options {
                ttl: 300,
                ttl_jitter: 20,
                lock: 10,
                stale_while_revalidate: 60,
                stale_if_error: 3600,
                near_memory: 1 << 20,
                ..Options::default()
            },
            around: Surroundings {
                page_max: 2000,
                ..Surroundings::default()
            },
        };
        let mut chance = Chance::new(seed);
        let mut operations = vec![(0, Operation::Warm)];
        let mut at = chance.below(PAUSE_US);
        while at < settings.secs * 1_000_000 {
            operations.push((at, operation(&mut chance, &settings)));
            at += 1 + chance.below(PAUSE_US);
        }
        Self {
            seed,
            settings,
            operations,
            arrivals: None,
        }
    }

    /// The same with all its visitors named.
    #[must_use]
    pub fn with_visitors(mut self) -> Self {
        if self.arrivals.is_none() {
            self.arrivals = Some(Traffic::new(&self.settings, self.seed).collect());
        }
        self
    }

    /// The most servers that it ever has.
    pub(super) fn servers_max(&self) -> u32 {
        let named = self
            .operations
            .iter()
            .map(|(_, operation)| match operation {
                Operation::Reconfigure { servers, .. } => *servers,
                _ => 1,
            });
        named.max().unwrap_or(1).max(self.settings.servers)
    }

    /// The longest that bytes may be on their way, in microseconds, beside the usual.
    pub(super) fn slack(&self) -> u64 {
        let slack = |(_, operation): &(u64, Operation)| match *operation {
            Operation::Hang { ms, .. }
            | Operation::ReadSlowly { ms, .. }
            | Operation::Partition { ms, .. }
            | Operation::Stall { ms, .. } => ms * 1000,
            // Where a server does not say how long an item lives, clocks do.
            Operation::Clock { secs, .. } => secs.unsigned_abs() * 2_000_000,
            _ => 0,
        };
        self.operations.iter().map(slack).sum()
    }
}

fn settings(chance: &mut Chance) -> Settings {
    let lock = chance.of(&[0, 2, 4, 4, 10, 10, 10]);
    let is_calm = chance.one_in(3);
    let options = Options {
        ttl: chance.of(&[2, 5, 30]),
        ttl_jitter: chance.of(&[0, 0, 20]),
        lock,
        lock_wait_ms: chance.of(&[0, 500, 500, 2000]),
        stale_while_revalidate: chance.of(&[0, 0, 3, 30]),
        stale_if_error: chance.of(&[0, 0, 5, 60]),
        early: chance.of(&[0, 0, 1]),
        background: !chance.one_in(4),
        refresh_timeout_ms: chance.of(&[1000, 6000, 30_000]),
        refresh_max: chance.of(&[1, 16, 16]),
        uncacheable_ttl: chance.of(&[2, 6, 120]),
        near_ms: chance.of(&[0, 0, 300, 1000]),
        near_error_ms: chance.of(&[0, 2000, 10_000]),
        near_memory: chance.of(&[20_000, 1 << 20]),
        failover: chance.one_in(3),
        failover_ttl: chance.of(&[2, 10]),
        namespace: chance.one_in(4),
        protocol: chance.of(&[Rule::Auto, Rule::Meta, Rule::Meta, Rule::Classic]),
        timeout_ms: chance.of(&[500, 500, 200]),
        connect_timeout_ms: 250,
        retry_ms: chance.of(&[1000, 200]),
    };
    let dialect = match options.protocol {
        Rule::Meta => Dialect::Meta,
        _ => chance.of(&[
            Dialect::Meta,
            Dialect::Meta,
            Dialect::Classic,
            Dialect::Closing,
        ]),
    };
    let bad = |chance: &mut Chance| chance.of(&[0, 0, 0, 30, 300]);
    let around = Surroundings {
        way_us: chance.of(&[50, 150, 2000]),
        jitter_us: chance.of(&[0, 50, 1000]),
        page_max: chance.of(&[64, 64, 3000, 100_000]),
        room: chance.of(&[u32::MAX, u32::MAX, 20]),
        backend_ms: chance.of(&[5, 50, 300, 1500]),
        backend_slots: chance.of(&[u32::MAX, 50, 4]),
        fails: bad(chance),
        unstorable: bad(chance),
        private: bad(chance),
        leaving: bad(chance),
        looking: bad(chance),
        personal: bad(chance),
        dialect,
        is_rough: !is_calm,
        defect: None,
    };
    let rate = chance.of(&[20.0, 200.0, 2000.0]);
    let around = Surroundings {
        backend_slots: if rate > 1000.0 {
            around.backend_slots.max(50)
        } else {
            around.backend_slots
        },
        ..around
    };
    Settings {
        workers: chance.of(&[1, 2, 4, 12]),
        servers: chance.of(&[1, 1, 2, 5]),
        keys: chance.of(&[1, 3, 30, 300]),
        skew: chance.of(&[0.0, 0.9, 1.2]),
        rate,
        secs: chance.of(&[5, 10, 20]),
        options,
        around,
    }
}

fn operation(chance: &mut Chance, settings: &Settings) -> Operation {
    let server = chance.below(settings.servers.into()) as u32;
    let worker = chance.below(settings.workers.into()) as u32;
    let page = Traffic::key(chance, settings);
    let ms = chance.of(&[20, 300, 1500, 4000]);
    match chance.below(24) {
        0..=5 => Operation::Purge { worker, page },
        6 | 7 => Operation::SoftPurge {
            worker,
            page,
            secs: chance.of(&[1, 3, 30]),
        },
        8 => Operation::Bump { worker },
        9 => Operation::Kill { server, ms },
        10 => Operation::CutPower { server, ms },
        11 => Operation::Hang { server, ms },
        12 => Operation::ReadSlowly { server, ms },
        13 => Operation::Disconnect {
            server,
            worker: chance.one_in(2).then_some(worker),
        },
        14 | 15 => Operation::Evict {
            server,
            percent: chance.of(&[30, 100]),
        },
        16 => Operation::Partition {
            server,
            first: worker,
            count: (settings.workers - worker).min(chance.of(&[1, 1, 100])),
            ms,
        },
        17 => Operation::RestartWorker { worker },
        18 => Operation::Stall { worker, ms },
        19 => Operation::Clock {
            worker,
            secs: chance.of(&[-30, -2, 1, 30]),
        },
        20 => Operation::BackendFails { ms },
        21 => Operation::BackendSlow { ms },
        22 => Operation::Crowd {
            page,
            count: chance.of(&[10, 200]),
            ms: chance.of(&[0, 1, 100]),
        },
        _ => Operation::Reconfigure {
            servers: 1 + chance.below(u64::from(settings.servers) + 1) as u32,
            ms: chance.of(&[0, 3000]),
        },
    }
}

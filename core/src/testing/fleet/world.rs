//! The fleet, and how one history of it goes.

use core::time::Duration;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::backend::{Backend, Job};
use super::checks::Claim;
use super::client::{Client, Stage};
use super::counting::namespace;
use super::faults::Cut;
use super::figures::{Figures, Span};
use super::host::Host;
use super::network::Conn;
use super::page::Piece;
use super::plan::Plan;
use super::purging::{Bumping, Counting, Purging};
use super::queue::{Event, Queue};
use super::settings::Defect;
use super::slab::{Id, Slab};
use super::traffic::{Arrival, Traffic};
use super::worker::Worker;
use crate::lookup::lease::OpId;
use crate::namespace::Name;
use crate::policy::Policy;
use crate::pool::{Hash, Pool, PoolServer, PoolSpec, ServerSpec};
use crate::protocol::Key;
use crate::server::{Outcome, Spec};
use crate::testing::chance::Chance;
use foldhash::fast::FixedState;

/// Nothing is under way any more so long after the last visitor, in microseconds.
const REST_US: u64 = 200_000_000;

/// What came of a history.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What must hold and did not, the first of it.
    pub broken: Option<String>,
    /// What happened, if that was asked for.
    pub trace: Vec<String>,
    /// Visitors.
    pub requests: u64,
    /// Requests to the backend.
    pub backend: u64,
    /// Events.
    pub events: u64,
    /// Figures over time.
    pub figures: Figures,
}

pub(super) struct World {
    pub plan: Plan,
    pub chance: Chance,
    pub now: u64,
    pub queue: Queue,
    pub workers: Vec<Worker>,
    pub hosts: Vec<Host>,
    pub pools: Vec<Rc<Pool<u32>>>,
    pub spec: Spec,
    pub policy: Policy,
    pub namespace: Name,
    pub keys: Vec<Key>,
    pub conns: Slab<Conn>,
    pub clients: Slab<Client>,
    pub jobs: Slab<Job>,
    pub purgings: Slab<Purging>,
    pub countings: Slab<Counting>,
    pub bumpings: Slab<Bumping>,
    pub backend: Backend,
    pub cuts: Vec<Cut>,
    /// Workers that have something to do at the end of this instant.
    pub dirty: Vec<u32>,
    visitors: Box<dyn Iterator<Item = Arrival>>,
    next: Option<Arrival>,
    /// How often each page was purged, and how often all were.
    pub contents: Vec<u32>,
    pub generation: u64,
    /// Where a count is: the last generation that is known to be gone, and since when.
    pub bumped: HashMap<u32, (u64, u64), FixedState>,
    /// What was purged, by the names of items, and at which servers.
    pub claims: HashMap<u64, HashMap<u32, Claim, FixedState>, FixedState>,
    pub deadlines: VecDeque<(u64, Id)>,
    /// In which life of its server, and in which epoch of its item, a run got its right.
    pub run_epochs: HashMap<(u32, u32, u64), (u32, u64), FixedState>,
    pub alone: HashMap<(u32, u32, u64, u64), Vec<Id>, FixedState>,
    /// Stores under way, by worker and operation, and when a worker was told of the last one.
    pub storing: HashMap<(u32, OpId), u64, FixedState>,
    pub stored: HashMap<(u32, u64), u64, FixedState>,
    /// When it last showed that a worker's connection for stores at a server has no other end,
    /// and when an `add` was lost by that.
    pub found_dead: HashMap<(u32, u32), u64, FixedState>,
    pub adds_lost: HashMap<(u32, u32), u64, FixedState>,
    /// What workers are told late.
    pub late: HashMap<u32, Outcome<Piece>, FixedState>,
    /// Something is wrong until then.
    pub trouble_until: u64,
    /// How long a right may be used, until others take it over.
    pub taken_over: u64,
    /// How long a visitor waits at most, for others and for memcached.
    pub patience: u64,
    pub slack: u64,
    pub report: Report,
    is_traced: bool,
}

impl Client {
    /// Whether he waits for what has limits.
    pub(super) const fn waits_for_memcached(&self) -> bool {
        !matches!(self.stage, Stage::Making(_))
    }
}

impl World {
    fn new(plan: &Plan, is_traced: bool) -> Self {
        let mut chance = Chance::new(plan.seed ^ 0x5DEE_CE66);
        let settings = &plan.settings;
        let options = &settings.options;
        let spec = Spec {
            connect_timeout: Duration::from_millis(options.connect_timeout_ms),
            retry: Duration::from_millis(options.retry_ms),
            token: None,
        };
        let servers = plan.servers_max();
        let pools: Vec<_> = (1..=servers)
            .map(|count| Rc::new(pool(count, &spec, options.failover)))
            .collect();
        let mut hosts: Vec<_> = (0..servers)
            .map(|_| Host::new(chance.below(1_000_000), settings.around.room))
            .collect();
        for host in &mut hosts {
            if let Some(Defect::Server(defect)) = settings.around.defect {
                host.items.defect = Some(defect);
            }
            host.renewals_are_late = settings.may_renew_late();
        }
        let pool = &pools[settings.servers as usize - 1];
        let workers = (0..settings.workers)
            .map(|_| Worker::new(0, Rc::clone(pool), hosts.len(), options))
            .collect();
        let visitors: Box<dyn Iterator<Item = Arrival>> = match &plan.arrivals {
            Some(named) => Box::new(named.clone().into_iter()),
            None => Box::new(Traffic::new(settings, plan.seed)),
        };
        let ms = options.lock_wait_ms
            + 3 * options.timeout_ms
            + 2 * options.connect_timeout_ms
            + if options.namespace {
                2 * options.timeout_ms + options.connect_timeout_ms
            } else {
                0
            }
            + 600;
        let key = |number: u32| Key::hashing(format!("/page/{number}").as_bytes());
        Self {
            now: 0,
            queue: Queue::default(),
            workers,
            hosts,
            pools,
            policy: settings.served().policy(),
            namespace: namespace(),
            keys: (0..settings.keys).map(key).collect(),
            conns: Slab::default(),
            clients: Slab::default(),
            jobs: Slab::default(),
            purgings: Slab::default(),
            countings: Slab::default(),
            bumpings: Slab::default(),
            backend: Backend::default(),
            cuts: Vec::new(),
            dirty: Vec::new(),
            visitors,
            next: None,
            contents: vec![0; settings.keys as usize],
            generation: 0,
            bumped: HashMap::default(),
            claims: HashMap::default(),
            deadlines: VecDeque::new(),
            run_epochs: HashMap::default(),
            alone: HashMap::default(),
            storing: HashMap::default(),
            stored: HashMap::default(),
            found_dead: HashMap::default(),
            adds_lost: HashMap::default(),
            late: HashMap::default(),
            trouble_until: 0,
            taken_over: (options.refresh_timeout_ms + 2 * options.timeout_ms + 1000) * 1000,
            patience: ms * 1000,
            slack: plan.slack(),
            report: Report::default(),
            is_traced,
            spec,
            chance,
            plan: plan.clone(),
        }
    }

    /// Whether ways take long here and there, and bytes come in parts.
    pub(super) const fn is_rough(&self) -> bool {
        self.plan.settings.around.is_rough
    }

    /// The present version of a page.
    pub(super) fn version(&self, page: u32) -> u64 {
        (self.generation << 32) | u64::from(self.contents[page as usize])
    }

    pub(super) fn note(&mut self, text: impl FnOnce() -> String) {
        if self.is_traced {
            let (secs, micros) = (self.now / 1_000_000, self.now % 1_000_000);
            let line = format!("{secs:3}.{micros:06} {}", text());
            self.report.trace.push(line);
        }
    }

    /// Whether what is wrong in the fleet shows now.
    pub(super) fn shows(&mut self, defect: Defect, one_in: u64) -> bool {
        self.plan.settings.around.defect == Some(defect) && self.chance.one_in(one_in)
    }

    pub(super) fn count(&mut self, count: impl FnOnce(&mut Span)) {
        count(self.report.figures.at(self.now));
    }

    /// The next visitor is waited for.
    fn next_visitor(&mut self) {
        self.next = self.visitors.next();
        if let Some(next) = &self.next {
            self.queue.push(next.at, Event::Arrives);
        }
    }

    /// Whether a worker does nothing now; what happens to it happens later.
    fn is_stalled(&mut self, worker: u32, event: Event) -> bool {
        let until = self.workers[worker as usize].stalled_until;
        if until > self.now {
            self.queue.push(until, event);
            return true;
        }
        false
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Arrives => {
                if let Some(arrival) = self.next.take() {
                    self.arrives(arrival);
                }
                self.next_visitor();
            }
            Event::Up(conn) => self.came_up(conn),
            Event::Down(conn) | Event::Connected(conn) => {
                let Some(it) = self.conns.get(conn) else {
                    return;
                };
                let worker = it.worker;
                if self.is_stalled(worker, event) {
                    return;
                }
                match event {
                    Event::Down(_) => self.came_down(conn),
                    _ => self.connected(conn),
                }
            }
            Event::DriverTimer {
                worker,
                life,
                server,
            } => {
                if self.workers[worker as usize].life == life && !self.is_stalled(worker, event) {
                    self.driver_rings(worker, server);
                }
            }
            Event::LeaseTimer { worker, life } => {
                if self.workers[worker as usize].life == life && !self.is_stalled(worker, event) {
                    self.leases_ring(worker);
                }
            }
            Event::Polls(client) | Event::Leaves(client) => {
                let Some(it) = self.clients.get(client) else {
                    return;
                };
                let worker = it.worker;
                if self.is_stalled(worker, event) {
                    return;
                }
                match event {
                    Event::Polls(_) => self.go_on(client),
                    _ => self.leaves(client),
                }
            }
            Event::Made(job) | Event::TooLong(job) => {
                let worker = self.jobs.get(job).map(|job| job.worker);
                if worker.is_some_and(|worker| self.is_stalled(worker, event)) {
                    return;
                }
                match event {
                    Event::Made(_) => self.made(job),
                    _ => self.took_too_long(job),
                }
            }
            Event::Operation(at) => {
                let (_, operation) = self.plan.operations[at as usize];
                self.operation(operation);
            }
            Event::Restarts { worker, servers } => self.restart_worker(worker, servers),
            Event::Returns { server, life } => self.returns(server, life),
            Event::Crowd { key, left, gap } => self.crowd(key, left, gap),
        }
    }

    /// All workers do what they have to do at the end of this instant.
    fn drive_all(&mut self) {
        while let Some(worker) = self.dirty.pop() {
            if self.workers[worker as usize].is_dirty {
                self.drive(worker);
            }
        }
    }

    fn run(&mut self) {
        for (at, (micros, _)) in (0..).zip(self.plan.operations.clone()) {
            self.queue.push(micros, Event::Operation(at));
        }
        self.next_visitor();
        let last = self.plan.operations.last().map_or(0, |(at, _)| *at);
        let visits = self.plan.settings.secs * 1_000_000;
        let end = last.max(visits) + REST_US;
        while let Some((micros, event)) = self.queue.pop() {
            debug_assert!(micros >= self.now, "time goes on");
            self.now = micros;
            if self.now > end || self.report.broken.is_some() {
                break;
            }
            self.report.events += 1;
            self.happens(event);
            if self.queue.next_at() != Some(self.now) {
                self.drive_all();
                self.check_deadlines();
            }
        }
        if self.report.broken.is_none() {
            self.check_end();
        }
    }
}

/// So many servers, reached in the same way.
fn pool(count: u32, spec: &Spec, fails_over: bool) -> Pool<u32> {
    let servers = (0..count).map(|number| PoolServer {
        server: ServerSpec {
            address: number,
            spec: spec.clone(),
        },
        name: None,
        text: format!("10.0.{}.{}", number / 250, number % 250 + 1)
            .into_bytes()
            .into(),
        weight: 1,
    });
    let spec = PoolSpec::new(servers.collect(), Hash::Ketama).expect("a pool");
    Pool::new(if fails_over {
        spec.failing_over()
    } else {
        spec
    })
}

/// Lets a history happen, and says what came of it.
#[must_use]
pub fn run(plan: &Plan, is_traced: bool) -> Report {
    let mut world = World::new(plan, is_traced);
    world.run();
    world.report
}

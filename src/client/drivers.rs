//! The drivers of one worker, by what configuration and scripts name.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use memcached_core::lookup::{Asks, DriverId, Neighbours, ServerId, Target};
use memcached_core::pool::{DEFAULT_SPEC, Pool, Recent, SERVERS_MAX, ServerSpec};
use memcached_core::protocol::Key;

use super::address::Address;
use super::driver::{Driver, Owner, Strangers, Surroundings};
use super::part::Part;
use super::reading::ReadBuffers;
use super::shared::WorkerSlot;
use crate::host::{Level, Worker};

/// A script can name any number of servers; of those that only scripts name,
/// this many are remembered if they are idle: more than a pool has.
const SCRIPT_SERVERS_KEPT: usize = 128;
const _: () = assert!(SCRIPT_SERVERS_KEPT > SERVERS_MAX);

/// All drivers of a worker. There is one for each address and way to connect.
pub(super) struct Drivers {
    worker: Worker,
    owner: Weak<dyn Owner>,
    buffers: Rc<ReadBuffers>,
    /// Of servers that the configuration names; they stay. A [`DriverId`] is
    /// the position here.
    configured: RefCell<Vec<Rc<Driver>>>,
    pools: RefCell<Vec<ResolvedPool>>,
    of_scripts: RefCell<Recent<Address, Rc<Driver>>>,
    strangers: Rc<Strangers>,
    next_server: Cell<u32>,
    neighbours: Neighbours,
    /// Of servers that a script names and the configuration has under other terms.
    beside_configured: RefCell<Vec<(Address, ServerId)>>,
    /// Where it is published what they count.
    slot: Arc<WorkerSlot>,
}

/// A pool, and the driver of each of its servers. It holds the pool, so that
/// its place in memory names it.
struct ResolvedPool {
    pool: Arc<Pool<Address>>,
    drivers: Rc<[(ServerId, DriverId)]>,
}

impl Drivers {
    pub(super) fn new(worker: Worker, owner: Weak<dyn Owner>, slot: Arc<WorkerSlot>) -> Self {
        Self {
            worker,
            owner,
            buffers: Rc::default(),
            configured: RefCell::default(),
            pools: RefCell::default(),
            of_scripts: RefCell::new(Recent::new(SCRIPT_SERVERS_KEPT)),
            strangers: Rc::new(Strangers::new()),
            next_server: Cell::new(0),
            neighbours: Neighbours::default(),
            beside_configured: RefCell::default(),
            slot,
        }
    }

    /// Where to look a key of a pool up now.
    pub(super) fn target(
        &self,
        pool: &Arc<Pool<Address>>,
        key: &Key,
        timeout: Duration,
        max_value: u64,
    ) -> Target {
        let (server, driver) = self.place(pool, key);
        Target {
            server,
            driver,
            timeout,
            max_value,
            asks: Asks::Value,
        }
    }

    /// The address that a key of a pool is at, whether that is down or not.
    pub(super) fn server_of(&self, pool: &Arc<Pool<Address>>, key: &Key) -> ServerId {
        self.home(pool, key).0
    }

    /// The address of all keys of a pool, if that is one, and known already.
    pub(super) fn only_server(&self, pool: &Arc<Pool<Address>>) -> Option<ServerId> {
        let pools = self.pools.borrow();
        let known = pools.iter().find(|known| Arc::ptr_eq(&known.pool, pool))?;
        match known.drivers[..] {
            [(server, _)] => Some(server),
            _ => None,
        }
    }

    /// The driver for a key of a pool now.
    pub(super) fn of_key(&self, pool: &Arc<Pool<Address>>, key: &Key) -> Rc<Driver> {
        self.of_target(self.place(pool, key).1)
    }

    /// The driver of the server that a key of a pool is on, whether that is down or not.
    pub(super) fn home_of_key(&self, pool: &Arc<Pool<Address>>, key: &Key) -> Rc<Driver> {
        self.of_target(self.home(pool, key).1)
    }

    /// The drivers of all servers that may have an item of a key: its own, and the one
    /// that stands in for it.
    pub(super) fn all_of_key(
        &self,
        pool: &Arc<Pool<Address>>,
        key: &Key,
    ) -> (Rc<Driver>, Option<Rc<Driver>>) {
        let drivers = self.resolved(pool);
        let stand_in = pool.stand_in(key, |at| self.refuses(drivers[at]));
        let home = drivers[pool.route(key)].1;
        (
            self.of_target(home),
            stand_in.map(|at| self.of_target(drivers[at].1)),
        )
    }

    /// The server that a key of a pool is on, whether that is down or not.
    pub(super) fn home(&self, pool: &Arc<Pool<Address>>, key: &Key) -> (ServerId, DriverId) {
        self.resolved(pool)[pool.route(key)]
    }

    /// The position of the server that stands in for that of a key, if one does: the one
    /// of a driver, or that which is asked now.
    pub(super) fn stand_in_of_key(
        &self,
        pool: &Arc<Pool<Address>>,
        key: &Key,
        asked: Option<DriverId>,
    ) -> Option<usize> {
        let home = pool.route(key);
        let drivers = self.resolved(pool);
        let asked = asked.unwrap_or_else(|| self.place(pool, key).1);
        let at = drivers.iter().position(|(_, driver)| *driver == asked);
        at.filter(|&at| at != home)
    }

    /// The server that a key of a pool is on now.
    fn place(&self, pool: &Arc<Pool<Address>>, key: &Key) -> (ServerId, DriverId) {
        let drivers = self.resolved(pool);
        drivers[pool.place(key, |at| self.refuses(drivers[at]))]
    }

    fn refuses(&self, (_, driver): (ServerId, DriverId)) -> bool {
        self.configured.borrow()[driver.0 as usize].refuses()
    }

    /// The drivers of the servers of a pool.
    fn resolved(&self, pool: &Arc<Pool<Address>>) -> Rc<[(ServerId, DriverId)]> {
        let mut pools = self.pools.borrow_mut();
        let known = pools
            .iter()
            .position(|known| Arc::ptr_eq(&known.pool, pool));
        let known = known.unwrap_or_else(|| {
            pools.push(self.resolve(pool));
            pools.len() - 1
        });
        Rc::clone(&pools[known].drivers)
    }

    /// The driver of one of the servers of a pool.
    pub(super) fn at(&self, pool: &Arc<Pool<Address>>, at: usize) -> Rc<Driver> {
        self.of_target(self.resolved(pool)[at].1)
    }

    /// The driver that a target names.
    pub(super) fn of_target(&self, id: DriverId) -> Rc<Driver> {
        Rc::clone(&self.configured.borrow()[id.0 as usize])
    }

    /// The name of a driver, if the configuration names its server.
    pub(super) fn id_of(&self, driver: &Driver) -> Option<DriverId> {
        let configured = self.configured.borrow();
        let at = configured
            .iter()
            .position(|known| Rc::as_ptr(known) == std::ptr::from_ref(driver));
        at.map(driver_id)
    }

    fn resolve(&self, pool: &Arc<Pool<Address>>) -> ResolvedPool {
        self.tell_names(pool);
        let drivers = pool.servers().iter().map(|spec| self.configure(spec));
        ResolvedPool {
            pool: Arc::clone(pool),
            drivers: drivers.collect(),
        }
    }

    /// Logs by which names servers are in the ring.
    pub(super) fn tell_names(&self, pool: &Pool<Address>) {
        if pool.servers().len() > 1 {
            self.worker.log(Level::Debug, &names_in_ring(pool));
        }
    }

    /// The driver of a server that the configuration names.
    fn configure(&self, spec: &ServerSpec<Address>) -> (ServerId, DriverId) {
        let mut configured = self.configured.borrow_mut();
        let known = configured.iter().position(|driver| driver.spec() == spec);
        let at = known.unwrap_or_else(|| {
            let is_usual = spec.spec == DEFAULT_SPEC && !spec.address.is_secured();
            let mut of_scripts = self.of_scripts.borrow_mut();
            let script = is_usual.then(|| of_scripts.remove(&spec.address)).flatten();
            drop(of_scripts);
            let slot = self.slot.add_server(spec.address.to_string());
            let driver = if let Some(driver) = script {
                driver.counted.move_to(slot);
                driver
            } else {
                self.start(&configured, spec.clone(), Part::own(slot), None)
            };
            configured.push(driver);
            configured.len() - 1
        });
        (configured[at].id(), driver_id(at))
    }

    /// The driver of a server that a script names.
    pub(super) fn of_script(&self, address: &Address) -> Rc<Driver> {
        let configured = self.configured.borrow();
        let same = |driver: &&Rc<Driver>| {
            let spec = driver.spec();
            spec.address == *address && spec.spec == DEFAULT_SPEC
        };
        if let Some(driver) = configured.iter().find(same) {
            return Rc::clone(driver);
        }
        if let Some(driver) = self.of_scripts.borrow_mut().get(address) {
            return Rc::clone(driver);
        }
        let spec = ServerSpec {
            address: address.clone(),
            spec: DEFAULT_SPEC,
        };
        let strangers = Some(Rc::clone(&self.strangers));
        let counted = Part::shared(Arc::clone(&self.slot.of_scripts));
        let driver = self.start(&configured, spec, counted, strangers);
        let new = Rc::clone(&driver);
        let mut of_scripts = self.of_scripts.borrow_mut();
        of_scripts.insert(address.clone(), new, |driver| driver.is_busy(), drop);
        drop(of_scripts);
        driver
    }

    /// Which servers are at one place.
    pub(super) const fn neighbours(&self) -> &Neighbours {
        &self.neighbours
    }

    /// The id of a server, which it may have already: it belongs to a place and to the
    /// terms under which it is spoken to.
    fn server_id(&self, configured: &[Rc<Driver>], spec: &ServerSpec<Address>) -> ServerId {
        let mut of_scripts = self.of_scripts.borrow_mut();
        let there = configured
            .iter()
            .filter(|driver| driver.spec().address.is_beside(&spec.address));
        // Scripts speak to all servers in the same way.
        let plain = spec.address.clone().spoken_to(None);
        let there = there.chain(of_scripts.get(&plain));
        let mut neighbour = None;
        for driver in there {
            if driver.spec().is_same_server(spec) {
                return driver.id();
            }
            neighbour = Some(driver.id());
        }
        let mut beside = self.beside_configured.borrow_mut();
        let is_usual = !spec.address.is_secured() && spec.spec.token.is_none();
        let known = beside.iter().find(|(address, _)| *address == plain);
        if let Some(&(_, id)) = known.filter(|_| is_usual) {
            return id;
        }
        let id = ServerId(self.next_server.get());
        self.next_server.set(id.0.wrapping_add(1));
        if let Some(neighbour) = neighbour {
            self.neighbours.add(id, neighbour);
            if is_usual {
                beside.push((plain, id));
            }
        }
        id
    }

    /// Makes a driver.
    fn start(
        &self,
        configured: &[Rc<Driver>],
        spec: ServerSpec<Address>,
        counted: Part,
        strangers: Option<Rc<Strangers>>,
    ) -> Rc<Driver> {
        let id = self.server_id(configured, &spec);
        let surroundings = Surroundings {
            worker: self.worker.clone(),
            buffers: Rc::clone(&self.buffers),
            owner: self.owner.clone(),
            counted,
            strangers,
        };
        Driver::new(id, spec, surroundings)
    }

    /// Shuts all drivers down.
    pub(super) fn shutdown(&self) {
        let mut all = Vec::new();
        self.each(|driver| all.push(Rc::clone(driver)));
        for driver in all {
            driver.shutdown();
        }
    }

    fn each(&self, show: impl FnMut(&Rc<Driver>)) {
        let configured = self.configured.borrow();
        let of_scripts = self.of_scripts.borrow();
        configured.iter().chain(of_scripts.values()).for_each(show);
    }
}

/// By which names servers are in the ring: other clients find the same keys only if they
/// have the same names.
fn names_in_ring(pool: &Pool<Address>) -> String {
    let servers = pool.servers().iter().zip(pool.ring_names());
    let servers = servers.map(|(server, name)| format!("{} is \"{name}\"", server.address));
    let all: Vec<_> = servers.collect();
    format!(
        "mod_memcached: names of servers in the ring: {}",
        all.join(", ")
    )
}

/// Names the driver at a position.
fn driver_id(at: usize) -> DriverId {
    DriverId(u32::try_from(at).expect("a configuration names fewer servers"))
}

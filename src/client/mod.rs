//! One worker's memcached client: sockets, watchers and the clock that drive
//! `memcached_core`.
//!
//! Everything here belongs to one worker thread. Nothing calls the host back
//! from inside: an outcome is put where the caller finds it, and its request is
//! woken, which the host does later in the same pass of its loop.
//!
//! Every command passes through [`Client`], which sees to it that no lookup is
//! joined to one from before a change of its key.

#![forbid(unsafe_code)]

mod address;
mod both;
mod completion;
mod count;
mod counters;
mod counting;
mod driver;
mod drivers;
mod epoch;
mod heads;
mod leases;
mod lookups;
mod name_lookups;
mod named;
mod namespaces;
mod near;
mod part;
mod pools;
mod purges;
mod random;
mod reading;
mod scripts;
mod several;
mod shared;
mod slot;
mod stores;
mod tally;
mod time_of_day;
mod tls;
mod together;
mod transport;

use std::cell::Cell;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use memcached_core::lookup::lease::{Ask, Rules, Run};
use memcached_core::lookup::{Asks, ServerId};
use memcached_core::namespace::Name;
use memcached_core::pool::Pool;
use memcached_core::protocol::{Command, Key, Lane, Pin, Store};
use memcached_core::server::Failure;
use memcached_core::time::Time;

pub(crate) use completion::{Complete, Completion};
pub(crate) use count::{CountHandle, Counted};
pub(crate) use counters::StoreCounts;
pub(crate) use epoch::Epoch;
pub(crate) use leases::{Ended, NotHandedOver, RunHandle, VisitHandle};
pub(crate) use lookups::{Lookup, LookupHandle};
pub(crate) use named::{ActionId, name_action, want_history};
pub(crate) use near::NearPage;
pub(crate) use pools::NamedPool;
pub(crate) use purges::Items;
pub(crate) use random::random_bits;
pub(crate) use scripts::ScriptPool;
pub(crate) use several::Part as PartOfKeys;
pub(crate) use shared::Counters;
pub(crate) use tally::Tally;
pub(crate) use time_of_day::{since_1970, unix_now};
pub(crate) use tls::{BadPapers, PaperFile, Papers, Secured, forget as forget_papers, is_name};
pub(crate) use together::{NotPurged, PurgeHandle};

use crate::host::{Job, Level, Timer, Waker, Worker};
pub(crate) use address::Address;
use counting::sampler;
use driver::{Driver, Owner};
use drivers::Drivers;
use heads::Heads;
use leases::Leases;
use lookups::Lookups;
use namespaces::Namespaces;
use near::Change;
use purges::Purges;
use several::Severals;
use shared::WorkerSlot;
use stores::{Storing, log_dropped};

/// The memcached client of one worker; a clone is the same one.
#[derive(Clone)]
pub(crate) struct Client(Rc<Inner>);

struct Inner {
    worker: Worker,
    drivers: Rc<Drivers>,
    lookups: Rc<Lookups>,
    heads: Heads,
    leases: Rc<Leases>,
    /// How many copies of requests make pages.
    refreshes: Rc<Cell<usize>>,
    stores: Rc<StoreCounts>,
    namespaces: Rc<Namespaces>,
    purges: Rc<Purges>,
    severals: Rc<Severals>,
    counters: Arc<Counters>,
    slot: Arc<WorkerSlot>,
    /// Samples the figures of all workers, if this one does that.
    sampler: Option<Timer>,
    /// Publishes the counters at the end of the pass.
    publish: Job,
    publish_due: Cell<bool>,
}

impl Owner for Inner {
    fn worked(&self) {
        self.carry_out();
        self.publish_later();
    }

    fn connection_ended(&self, driver: &Driver, pin: Pin) {
        if let Some(id) = self.drivers.id_of(driver) {
            self.leases.connection_lost(id, pin);
        }
    }

    fn came_back(&self, server: ServerId) {
        self.leases.server_came_back(server);
    }
}

impl Inner {
    /// Carries out what is due.
    fn carry_out(&self) {
        self.leases.carry_out();
        self.purges.hand_out();
        self.namespaces.hand_out();
        self.severals.hand_out();
    }

    /// No lookup may be joined from now on to one from before the command.
    fn before(&self, driver: &Driver, command: &Command<Vec<u8>>) {
        if let Some(key) = command.changes() {
            self.leases.changed(driver.id(), key);
        }
    }
}

impl Client {
    /// A client without connections; they are made when they are needed. What
    /// it counts is published among the figures of all workers; `near_memory` bounds what is
    /// kept of what was found lately, in bytes.
    pub(crate) fn new(worker: Worker, counters: Arc<Counters>, near_memory: u64) -> Self {
        let slot = counters.add_worker();
        Self(Rc::new_cyclic(|me: &Weak<Inner>| {
            let on_publish = me.clone();
            let publish = move || {
                if let Some(inner) = on_publish.upgrade() {
                    inner.publish();
                }
            };
            // After the drivers have done what was due.
            let publish = Job::last(&worker, publish);
            let owner: Weak<dyn Owner> = me.clone();
            let drivers = Rc::new(Drivers::new(worker.clone(), owner, Arc::clone(&slot)));
            let lookups = Rc::new(Lookups::new(Rc::clone(&drivers), near_memory));
            let leases = Leases::new(&worker, Rc::clone(&drivers), Rc::clone(&lookups));
            let namespaces = Rc::new(Namespaces::new(Rc::clone(&drivers)));
            let purges = Rc::new(Purges::new(
                worker.clone(),
                Rc::clone(&drivers),
                Rc::clone(&leases),
                Rc::clone(&namespaces),
            ));
            let sampler = slot.keeps_history.then(|| sampler(&worker, me));
            Inner {
                worker,
                lookups,
                heads: Heads::default(),
                leases,
                refreshes: Rc::default(),
                stores: Rc::default(),
                namespaces,
                purges,
                severals: Rc::default(),
                drivers,
                counters,
                slot,
                sampler,
                publish,
                publish_due: Cell::new(false),
            }
        }))
    }

    /// Looks a key up in a pool; `waker` wakes the request unless the result is
    /// ready. `timeout` is the time for the answer, `max_value` the longest value
    /// that is wanted, in bytes, and `asks` what is to be known of its item.
    pub(crate) fn lookup(
        &self,
        pool: &Arc<Pool<Address>>,
        key: &Key,
        timeout: Duration,
        max_value: u64,
        asks: Asks,
        waker: Waker,
    ) -> Lookup {
        self.0.publish_later();
        let lookups = &self.0.lookups;
        lookups.begin(pool, key, timeout, max_value, asks, waker)
    }

    /// Looks a page up in a pool that is kept fresh by these rules; [poll] it at once.
    /// `waker` wakes the request when that is to be done again.
    ///
    /// [poll]: VisitHandle::poll
    pub(crate) fn visit(
        &self,
        pool: &Arc<Pool<Address>>,
        key: &Key,
        timeout: Duration,
        max_value: u64,
        rules: Rules,
        waker: Waker,
    ) -> VisitHandle {
        self.0.publish_later();
        let target = self.0.drivers.target(pool, key, timeout, max_value);
        let key = key.clone();
        let ask = Ask { target, key, rules };
        self.0.leases.begin(ask, waker)
    }

    /// The time by which answers say until when a page may be served.
    pub(crate) fn now(&self) -> Time {
        self.0.leases.now()
    }

    /// Holds the run of an answer.
    pub(crate) fn hold(&self, run: Run) -> RunHandle {
        self.0.leases.handle(run)
    }

    /// A place among the copies of requests that make pages anew, unless there are so
    /// many already.
    pub(crate) fn refresh_place(&self, most: usize) -> Option<RefreshPlace> {
        let count = &self.0.refreshes;
        (count.get() < most).then(|| {
            count.set(count.get() + 1);
            RefreshPlace(Rc::clone(count))
        })
    }

    /// Calls after `wait`, once, unless it is dropped before.
    pub(crate) fn timer(&self, wait: Duration, call: impl Fn() + 'static) -> Timer {
        let timer = Timer::new(&self.0.worker, call);
        timer.arm(wait);
        timer
    }

    /// The count of a namespace of a pool. `waker` gives what wakes the request if it is
    /// not there yet; `timeout` is the time that the request has for memcached.
    pub(crate) fn count(
        &self,
        pool: &Arc<Pool<Address>>,
        name: &Name,
        timeout: Duration,
        waker: impl Fn() -> Option<Waker>,
    ) -> Counted {
        let inner = &self.0;
        CountHandle::begin(&inner.worker, &inner.namespaces, pool, name, timeout, waker)
    }

    /// The position of the server that stands in for that of a key, if one does: for one
    /// that has made a page with this run, or for all that ask now.
    pub(crate) fn stand_in(
        &self,
        pool: &Arc<Pool<Address>>,
        key: &Key,
        run: Option<&RunHandle>,
    ) -> Option<usize> {
        if !pool.spec().fails_over() {
            return None;
        }
        let of_run = run.and_then(RunHandle::driver);
        self.0.drivers.stand_in_of_key(pool, key, of_run)
    }

    /// Stores an item in a pool, where another server `stands_in` on that one; nobody
    /// waits for the outcome.
    ///
    /// # Errors
    /// The server cannot be asked now, or too much waits for it already.
    pub(crate) fn store(
        &self,
        pool: &Arc<Pool<Address>>,
        item: Store<Vec<u8>>,
        timeout: Duration,
        stands_in: bool,
    ) -> Result<(), Failure> {
        let driver = if stands_in {
            self.0.drivers.of_key(pool, &item.key)
        } else {
            self.0.drivers.home_of_key(pool, &item.key)
        };
        let completion = Completion::new(Rc::new(Storing {
            log: Rc::clone(driver.log()),
            counts: Rc::clone(&self.0.stores),
            change: Change::new(&self.0.lookups, &driver, &item.key),
        }));
        let command = Command::Store(item);
        self.0.before(&driver, &command);
        let submitted = driver.submit(Lane::Store, command, timeout, completion);
        match submitted {
            Ok(_) => {
                self.0.stores.queued();
                Ok(())
            }
            Err(refused) => {
                log_dropped(driver.log(), refused.failure);
                Err(refused.failure)
            }
        }
    }

    /// Purges items of a pool, after all that was to be stored there before.
    /// `waker` wakes the request once that is done, or `timeout` is over.
    pub(crate) fn purge(
        &self,
        pool: &Arc<Pool<Address>>,
        items: Items,
        timeout: Duration,
        waker: Waker,
    ) -> PurgeHandle {
        self.0.publish_later();
        self.0.purges.begin(pool, items, timeout, waker)
    }

    /// Gives up all items of a namespace of a pool. `waker` wakes the request once
    /// that is done, or `timeout` is over.
    pub(crate) fn bump(
        &self,
        pool: &Arc<Pool<Address>>,
        name: &Name,
        timeout: Duration,
        waker: Waker,
    ) -> PurgeHandle {
        self.0.purges.begin_bump(pool, name, timeout, waker)
    }

    /// What became of responses that were to be stored.
    pub(crate) fn store_counts(&self) -> &Rc<StoreCounts> {
        &self.0.stores
    }

    /// Writes to the server's log.
    pub(crate) fn log(&self, level: Level, text: &str) {
        self.0.worker.log(level, text);
    }

    /// Closes all connections; what is still under way fails.
    pub(crate) fn shutdown(&self) {
        let inner = &self.0;
        inner.lookups.close();
        inner.drivers.shutdown();
        // Drivers that were given up tell nothing any more. What somebody was to be woken
        // for keeps the client, and would be kept by it.
        inner.carry_out();
        inner.publish();
        let sums = inner.slot.sums();
        let text = format!("mod_memcached: worker stopped; it counted {sums}");
        inner.worker.log(Level::Debug, &text);
    }
}

/// A place among the copies of requests that make pages anew; dropping it gives it
/// up.
pub(crate) struct RefreshPlace(Rc<Cell<usize>>);

impl Drop for RefreshPlace {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

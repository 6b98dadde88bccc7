//! What the workers share: the figures of all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memcached_core::metrics::{History, Sample, Snapshot, WorkerRow};

use super::counters::{Published, Sums};
use super::named::{all_actions, history_is_wanted};
use super::slot::{ActionSlot, ServerSlot};
use super::time_of_day::unix_now;

/// As which the servers are shown that scripts alone name.
const OF_SCRIPTS: &str = "others, named by scripts";

/// The figures of all workers.
#[derive(Debug)]
pub(crate) struct Counters {
    started_at: u64,
    workers: Mutex<Vec<Arc<WorkerSlot>>>,
    history: Mutex<History>,
}

/// The figures of one worker.
#[derive(Debug)]
pub(super) struct WorkerSlot {
    pub(super) sums: Published,
    /// By the numbers of the actions.
    pub(super) actions: Box<[Arc<ActionSlot>]>,
    /// Of servers that the configuration names, once they are used.
    servers: Mutex<Vec<Arc<ServerSlot>>>,
    /// Of all those together that scripts alone name.
    pub(super) of_scripts: Arc<ServerSlot>,
    /// It samples the figures of all workers, for the plots.
    pub(super) keeps_history: bool,
}

impl Counters {
    /// No worker has started yet.
    pub(crate) fn new() -> Self {
        Self {
            started_at: unix_now(),
            workers: Mutex::default(),
            history: Mutex::default(),
        }
    }

    /// A slot for one more worker.
    pub(super) fn add_worker(&self) -> Arc<WorkerSlot> {
        let mut workers = lock(&self.workers);
        let slot = Arc::new(WorkerSlot {
            sums: Published::default(),
            actions: all_actions().iter().map(|_| Arc::default()).collect(),
            servers: Mutex::default(),
            of_scripts: Arc::new(ServerSlot::new(OF_SCRIPTS.to_owned())),
            keeps_history: workers.is_empty() && history_is_wanted(),
        });
        workers.push(Arc::clone(&slot));
        slot
    }

    /// The figures of this moment.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut all = Snapshot {
            started_at: self.started_at,
            now: unix_now(),
            ..Snapshot::default()
        };
        let workers = lock(&self.workers).clone();
        for (number, named) in all_actions().iter().enumerate() {
            let slots = || {
                workers
                    .iter()
                    .filter_map(|worker| worker.actions.get(number))
            };
            let action = named.action.to_string_lossy();
            all.add_action(&action, &named.name, |at| {
                slots().map(|slot| slot.load(at)).sum()
            });
            for server in named.pool.spec().servers() {
                all.server(&server.address.to_string());
            }
        }
        for worker in &workers {
            for slot in &*lock(&worker.servers) {
                slot.add_to(all.server(&slot.address));
            }
            if worker.of_scripts.stats().connects > 0 {
                worker.of_scripts.add_to(all.server(OF_SCRIPTS));
            }
            let sums = worker.sums();
            all.workers.push(WorkerRow {
                lookups: sums.lookups,
                joined: sums.joined,
                requests: sums.requests,
                bytes_read: sums.bytes_read,
                bytes_written: sums.bytes_written,
                near_hits: sums.near_hits,
                near_evicted: sums.near_evicted,
                near_entries: sums.near_items,
                near_bytes: sums.near_bytes,
            });
        }
        all
    }

    /// Keeps the figures of this moment for the plots.
    pub(super) fn sample(&self) {
        let sample = Sample::of(&self.snapshot());
        lock(&self.history).push(sample);
    }

    /// The figures of the last minutes.
    pub(crate) fn history(&self) -> History {
        lock(&self.history).clone()
    }
}

impl WorkerSlot {
    /// A slot for one more server.
    pub(super) fn add_server(&self, address: String) -> Arc<ServerSlot> {
        let slot = Arc::new(ServerSlot::new(address));
        lock(&self.servers).push(Arc::clone(&slot));
        slot
    }

    /// Everything that the worker has counted.
    pub(super) fn sums(&self) -> Sums {
        let mut sums = self.sums.load();
        for slot in &*lock(&self.servers) {
            sums.add_server(&slot.stats());
        }
        sums.add_server(&self.of_scripts.stats());
        sums
    }
}

/// What is locked is whole even if somebody panicked meanwhile.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

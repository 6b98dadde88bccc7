//! What a worker counts, where others can read it.
//!
//! Counting is adding to plain integers, where things happen. Once a pass of
//! the loop in which something happened, the sums are stored into a
//! [`Published`] slot of the worker's own, with relaxed stores: readers see each
//! counter grow, but not all of one moment.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use memcached_core::lookup::{lease, near};
use memcached_core::{lookup, server};

/// What a worker counts of deletes that requests asked for.
#[derive(Debug, Default)]
pub(super) struct DeleteCounts {
    /// Items that memcached was to delete.
    pub(super) deletes: Cell<u64>,
    /// Those of which it is not known that they are gone.
    pub(super) failed: Cell<u64>,
}

/// How many responses came to which end, on one worker. Those that runs have made are
/// counted by the leases.
#[derive(Debug, Default)]
pub(crate) struct StoreCounts {
    /// Handed over to be stored.
    pub(super) queued: Cell<u64>,
    /// Stored, said memcached.
    pub(super) stored: Cell<u64>,
    /// Not stored, said memcached.
    pub(super) refused: Cell<u64>,
    /// Without an answer.
    pub(super) failed: Cell<u64>,
    /// Not handed over.
    pub(super) not_stored: Cell<u64>,
}

impl StoreCounts {
    /// A response was not handed over.
    pub(crate) fn not_stored(&self) {
        increment(&self.not_stored);
    }

    pub(super) fn queued(&self) {
        increment(&self.queued);
    }
}

pub(super) fn increment(count: &Cell<u64>) {
    count.set(count.get() + 1);
}

/// Makes the counters out of their names.
macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// Sums over all that a worker did since it was started.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) struct Sums {
            $($(#[$doc])* pub(crate) $name: u64,)+
        }

        impl Sums {
            /// Adds what was counted between two moments.
            fn add_since(&mut self, now: &Self, before: &Self) {
                $(self.$name += now.$name - before.$name;)+
            }
        }

        /// The sums of one worker as other threads see them. Only that worker
        /// stores.
        #[derive(Debug, Default)]
        pub(crate) struct Published {
            $($name: AtomicU64,)+
        }

        impl Published {
            pub(super) fn store(&self, sums: &Sums) {
                $(self.$name.store(sums.$name, Ordering::Relaxed);)+
            }

            /// The sums of the last pass.
            pub(crate) fn load(&self) -> Sums {
                Sums {
                    $($name: self.$name.load(Ordering::Relaxed),)+
                }
            }
        }

        /// All counters that are not 0, by name.
        impl fmt::Display for Sums {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let all = [$((stringify!($name), self.$name),)+];
                let mut counted = all.into_iter().filter(|(_, count)| *count > 0);
                let Some((name, count)) = counted.next() else {
                    return f.write_str("nothing");
                };
                write!(f, "{name} {count}")?;
                counted.try_for_each(|(name, count)| write!(f, ", {name} {count}"))
            }
        }
    };
}

counters! {
    /// Lookups that were begun.
    lookups,
    /// Lookups that joined the request of another.
    joined,
    /// Lookups that found an item.
    hits,
    /// Lookups that found none.
    misses,
    /// Lookups for which memcached could not be asked.
    failures,
    /// Values that were found in the near cache.
    near_hits,
    /// Values that came into it.
    near_kept,
    /// Values that gave way to others there.
    near_evicted,
    /// Values that are there.
    near_items,
    /// Bytes that these take.
    near_bytes,
    /// Responses that were handed over to be stored.
    stores,
    /// Responses that memcached has stored.
    stored,
    /// Responses that memcached did not store, other than those that were overtaken.
    stores_refused,
    /// Responses that memcached could not be given, or about which it said nothing.
    stores_failed,
    /// Responses that came to a store and were kept from it, by a rule or by their
    /// early end.
    not_stored,
    /// Items that requests made out of date, which were to be deleted.
    deletes,
    /// Those of which it is not known that they are gone.
    deletes_failed,
    /// Pages that were to be made by this worker, and by nobody else meanwhile.
    locks_won,
    /// Requests that waited until another one has made their page.
    waited,
    /// Those that waited in vain.
    waited_in_vain,
    /// Pages that were served although they were out of date.
    stale,
    /// Pages among the stores that were made in vain: their items were purged
    /// meanwhile, or others make them.
    overtaken,
    /// Locks of others that were ended because they were held too long.
    locks_taken_over,
    /// Requests that drivers accepted.
    requests,
    /// Requests that drivers refused at once.
    refused,
    /// Accepted requests without a reply.
    failed,
    /// Accepted requests that were cancelled.
    cancelled,
    /// Replies.
    replies,
    /// Replies of `SERVER_ERROR`.
    server_refusals,
    /// Commands sent.
    commands,
    /// Questions sent to learn whether a server answers.
    probes,
    /// Values that were longer than anybody wanted.
    too_large,
    /// Attempts to connect.
    connects,
    /// Connections that ended badly, or could not be made.
    faults,
    /// Bytes received.
    bytes_read,
    /// Bytes sent.
    bytes_written,
}

impl Sums {
    /// What a server counted.
    fn of_server(stats: &server::Stats) -> Self {
        Self {
            requests: stats.requests,
            refused: stats.refused.total(),
            failed: stats.failed.total(),
            cancelled: stats.cancelled,
            replies: stats.replies,
            server_refusals: stats.server_errors,
            commands: stats.commands,
            probes: stats.probes,
            too_large: stats.too_large,
            connects: stats.connects,
            faults: stats.faults,
            bytes_read: stats.bytes_read,
            bytes_written: stats.bytes_written,
            ..Self::default()
        }
    }

    /// Adds what became of responses that were to be stored.
    pub(super) fn add_stores(&mut self, counts: &StoreCounts) {
        self.stores += counts.queued.get();
        self.stored += counts.stored.get();
        self.stores_refused += counts.refused.get();
        self.stores_failed += counts.failed.get();
        self.not_stored += counts.not_stored.get();
    }

    /// Adds what became of items that requests made out of date.
    pub(super) fn add_deletes(&mut self, counts: &DeleteCounts) {
        self.deletes += counts.deletes.get();
        self.deletes_failed += counts.failed.get();
    }

    /// Adds what the lookups counted.
    pub(super) fn add_lookups(&mut self, stats: &lookup::Stats) {
        self.lookups += stats.begun;
        self.joined += stats.joined;
        self.hits += stats.hits;
        self.misses += stats.misses;
        self.failures += stats.failures;
    }

    /// Adds what the near cache counted, how many values it has and how many bytes these take.
    pub(super) fn add_near(&mut self, (stats, items, bytes): (near::Stats, u64, u64)) {
        self.near_hits += stats.hits;
        self.near_kept += stats.kept;
        self.near_evicted += stats.evicted;
        self.near_items += items;
        self.near_bytes += bytes;
    }

    /// Adds what became of pages that are made once for all.
    pub(super) fn add_leases(&mut self, stats: &lease::Stats) {
        self.locks_won += stats.won;
        self.waited += stats.waited;
        self.waited_in_vain += stats.waited_in_vain;
        self.stale += stats.stale;
        self.stores += stats.stores;
        self.stored += stats.stored;
        self.stores_refused += stats.refused;
        self.stores_failed += stats.failed;
        self.overtaken += stats.overtaken;
        self.locks_taken_over += stats.taken_over;
    }
}

/// What one server counted, as a part of what all of a worker's count together.
/// It is added when something was counted: a worker may have thousands of
/// servers, of which few do something in a pass.
#[derive(Debug)]
pub(super) struct Part {
    all: Rc<RefCell<Sums>>,
    added: Cell<Sums>,
}

impl Part {
    /// Of a server that has counted nothing yet.
    pub(super) fn new(all: Rc<RefCell<Sums>>) -> Self {
        Self {
            all,
            added: Cell::default(),
        }
    }

    /// Adds what the server has counted since the last call.
    pub(super) fn update(&self, stats: &server::Stats) {
        let now = Sums::of_server(stats);
        let before = self.added.replace(now);
        self.all.borrow_mut().add_since(&now, &before);
    }
}

/// The slots of all workers, where a status page can read them.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Vec<Arc<Published>>>);

impl Counters {
    /// A slot for one more worker.
    pub(crate) fn add_worker(&self) -> Arc<Published> {
        let slot = Arc::<Published>::default();
        // A list is whole even if somebody panicked while it was locked.
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.push(Arc::clone(&slot));
        slot
    }
}

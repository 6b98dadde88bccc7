//! Numbers that one worker counts, where others can read them.
//!
//! Only the worker that a slot belongs to adds to it, by a plain load and a plain store:
//! for a processor that is what adding to an integer is. Readers see each number grow,
//! but not all of one moment.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use memcached_core::metrics::{ActionCount, ServerRow, ServerState};
use memcached_core::server::Stats;

use super::time_of_day::unix_now;

/// `N` numbers.
#[derive(Debug)]
pub(super) struct Slot<const N: usize>([AtomicU64; N]);

impl<const N: usize> Default for Slot<N> {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; N])
    }
}

impl<const N: usize> Slot<N> {
    pub(super) fn add(&self, at: usize, more: u64) {
        self.store(at, self.load(at).wrapping_add(more));
    }

    pub(super) fn store(&self, at: usize, number: u64) {
        self.0[at].store(number, Ordering::Relaxed);
    }

    pub(super) fn load(&self, at: usize) -> u64 {
        self.0[at].load(Ordering::Relaxed)
    }
}

/// What is counted of an action.
pub(super) type ActionSlot = Slot<{ ActionCount::COUNT }>;

/// What is counted of a server.
#[derive(Debug)]
pub(super) struct ServerSlot {
    /// As it is shown.
    pub(super) address: String,
    words: Slot<{ Stats::WORDS }>,
    /// A place among [`ServerState::ALL`], so that nothing is locked while it stays.
    state: AtomicU8,
    health: Mutex<Health>,
}

/// What is known of a server since it last changed.
#[derive(Debug, Default)]
struct Health {
    since: Option<u64>,
    last_error: Option<(u64, String)>,
}

impl ServerSlot {
    pub(super) fn new(address: String) -> Self {
        Self {
            address,
            words: Slot::default(),
            state: AtomicU8::new(0),
            health: Mutex::default(),
        }
    }

    /// All that its server has counted, and whether that counts as down.
    pub(super) fn store(&self, stats: &Stats, is_down: bool) {
        stats.each_word(|at, number| self.words.store(at, number));
        if !is_down && self.state() == ServerState::Down {
            self.change(ServerState::Failing);
        }
    }

    /// One of the servers that have this slot together has counted that much more.
    pub(super) fn add(&self, now: &Stats, before: &Stats) {
        now.each_word(|at, number| self.words.add(at, number));
        before.each_word(|at, number| self.words.add(at, number.wrapping_neg()));
    }

    /// A connection has failed.
    pub(super) fn failed(&self, why: String, is_down: bool) {
        if is_down {
            self.change(ServerState::Down);
        } else if self.state() == ServerState::Up {
            self.change(ServerState::Failing);
        }
        self.lock().last_error = Some((unix_now(), why));
    }

    /// All is well again.
    pub(super) fn recovered(&self) {
        self.change(ServerState::Up);
    }

    /// Adds what is here to what other workers have counted.
    pub(super) fn add_to(&self, row: &mut ServerRow) {
        row.stats.add_words(|at| self.words.load(at));
        let health = self.lock();
        row.add_state(self.state(), health.since, health.last_error.clone());
    }

    pub(super) fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        stats.add_words(|at| self.words.load(at));
        stats
    }

    fn state(&self) -> ServerState {
        ServerState::ALL[usize::from(self.state.load(Ordering::Relaxed))]
    }

    fn change(&self, state: ServerState) {
        self.lock().since = Some(unix_now());
        self.state.store(state as u8, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Health> {
        // It is whole even if somebody panicked while it was locked.
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What a fleet is and how it is configured.

use core::time::Duration;

use crate::lookup::lease::{Dialect, Rules};
use crate::policy::{Policy, Windows};
use crate::testing::memcached;

/// A fleet, and how long it is watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Workers; each has what one worker thread of a web server has.
    pub workers: u32,
    /// Servers in the pool at the beginning.
    pub servers: u32,
    /// Pages.
    pub keys: u32,
    /// How uneven their popularity is: the exponent of Zipf's law.
    pub skew: f64,
    /// Requests a second, of all workers together.
    pub rate: f64,
    /// Seconds in which visitors come.
    pub secs: u64,
    /// What an operator has chosen.
    pub options: Options,
    /// What he cannot choose.
    pub around: Surroundings,
}

/// Options of the action, and of the pool; each has the name of its option.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "docs/ has them")]
pub struct Options {
    pub ttl: u32,
    pub ttl_jitter: u32,
    pub lock: u32,
    pub lock_wait_ms: u64,
    pub stale_while_revalidate: u32,
    pub stale_if_error: u32,
    pub early: u32,
    pub background: bool,
    pub refresh_timeout_ms: u64,
    pub refresh_max: usize,
    pub uncacheable_ttl: u32,
    pub near_ms: u64,
    pub near_error_ms: u64,
    pub near_memory: u64,
    pub failover: bool,
    pub failover_ttl: u32,
    pub namespace: bool,
    pub protocol: Dialect,
    pub timeout_ms: u64,
    pub connect_timeout_ms: u64,
    pub retry_ms: u64,
}

/// What surrounds the fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// One way between a worker and a server, in microseconds.
    pub way_us: u64,
    /// What a way may take more, most often.
    pub jitter_us: u64,
    /// The longest filling of a page, in bytes; most have less.
    pub page_max: u32,
    /// Items that a server has room for.
    pub room: u32,
    /// How long the backend needs for a page, on average.
    pub backend_ms: u64,
    /// How many pages it makes at a time.
    pub backend_slots: u32,
    /// Of 1000 of its answers so many are errors.
    pub fails: u32,
    /// Likewise may not be stored.
    pub unstorable: u32,
    /// Likewise are private.
    pub private: u32,
    /// Of 1000 visitors so many leave early.
    pub leaving: u32,
    /// Likewise only look whether there is a page, as with `HEAD`.
    pub looking: u32,
    /// Likewise have credentials.
    pub personal: u32,
    /// What the servers understand.
    pub dialect: memcached::Dialect,
    /// Whether anything else than what the plan says goes wrong: a way takes long, bytes come
    /// in parts, who was woken comes late.
    pub is_rough: bool,
    /// What is wrong in the fleet itself, to see whether that is found.
    pub defect: Option<Defect>,
}

/// A defect of what the simulation is made of. Most are once in a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Servers have it.
    Server(memcached::Defect),
    /// Who is to be woken is not.
    WakeDropped,
    /// A timer does not fire.
    TimerLost,
    /// A worker is not told that an item is changed.
    ChangeUntold,
    /// A server does not answer, and goes on.
    ReplyLost,
    /// An answer is given twice.
    ReplyTwice,
    /// The value of another key is found.
    ValuesMixed,
    /// A value has lost its end.
    ValueTorn,
    /// Who leaves does not say so.
    LeavesUntold,
    /// The outcome of a request is lost.
    OutcomeLost,
    /// What a worker has found is stored as if it was new.
    PageTooOld,
    /// A worker has another server for a key than the others have.
    WrongServer,
    /// The answer to a lookup that was given up is taken for that to the next one.
    OutcomeLate,
    /// A bump is not sent, and said to be done.
    BumpUnsent,
    /// A lock is not renewed, and said to be.
    RenewalUnsent,
    /// The timer for those who wait for others does not fire.
    WaitUntimed,
    /// Pages are served for longer after their end than they may be.
    WindowTooLong,
    /// Where another server stands in, what is purged is purged there alone.
    PurgeHalf,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ttl: 60,
            ttl_jitter: 0,
            lock: 0,
            lock_wait_ms: 500,
            stale_while_revalidate: 0,
            stale_if_error: 0,
            early: 0,
            background: true,
            refresh_timeout_ms: 30_000,
            refresh_max: 16,
            uncacheable_ttl: 120,
            near_ms: 0,
            near_error_ms: 10_000,
            near_memory: 32 << 20,
            failover: false,
            failover_ttl: 10,
            namespace: false,
            protocol: Dialect::Auto,
            timeout_ms: 500,
            connect_timeout_ms: 250,
            retry_ms: 1000,
        }
    }
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            way_us: 150,
            jitter_us: 50,
            page_max: 64,
            room: u32::MAX,
            backend_ms: 100,
            backend_slots: u32::MAX,
            fails: 0,
            unstorable: 0,
            private: 0,
            leaving: 0,
            looking: 0,
            personal: 0,
            dialect: memcached::Dialect::Meta,
            is_rough: false,
            defect: None,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workers: 8,
            servers: 4,
            keys: 1000,
            skew: 0.9,
            rate: 1000.0,
            secs: 10,
            options: Options::default(),
            around: Surroundings::default(),
        }
    }
}

impl Settings {
    /// Whether a lock may end before its renewal comes that was sent in time. Memcached counts
    /// whole seconds, so one of two seconds may end after one; a third of the two is gone when it
    /// is renewed, and ways may take longer than what is left.
    pub(super) const fn may_renew_late(&self) -> bool {
        self.around.is_rough && self.options.lock == 2
    }

    /// The options by which pages are stored and served.
    pub(super) fn served(&self) -> Options {
        let mut options = self.options.clone();
        if self.around.defect == Some(Defect::WindowTooLong) {
            options.stale_while_revalidate *= 100;
            options.stale_if_error *= 100;
        }
        options
    }
}

impl Options {
    /// Whether items say how long they are fresh.
    pub(super) fn is_fresh_on(&self) -> bool {
        self.lock > 0 || self.windows() != Windows::NONE
    }

    pub(super) fn windows(&self) -> Windows {
        Windows {
            while_revalidate: self.stale_while_revalidate,
            if_error: self.stale_if_error,
            kept: 0,
        }
    }

    pub(super) fn policy(&self) -> Policy {
        Policy {
            headers: true,
            stale: self.is_fresh_on().then(|| self.windows()),
            ttl_jitter: self.ttl_jitter,
            ..Policy::default()
        }
    }

    pub(super) fn rules(&self, is_personal: bool) -> Rules {
        Rules {
            lock: self.lock,
            early: self.early,
            lock_wait: Duration::from_millis(self.lock_wait_ms),
            refresh_timeout: Duration::from_millis(self.refresh_timeout_ms),
            uncacheable_ttl: self.uncacheable_ttl,
            // With credentials there is no copy of the request.
            in_background: self.background && !is_personal,
            is_personal,
            dialect: self.protocol,
        }
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

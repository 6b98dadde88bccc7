//! Threads that look up names, of servers that somebody wants to reach, until they are
//! known. They end once there is none left. The library stays in memory while they run: it
//! is linked so.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::address::Host;

/// Between two attempts to look a name up.
pub(super) const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// So many names are looked up at the same time, since each may take long.
const THREADS_MAX: usize = 4;

/// The system's functions take little of it.
const STACK: usize = 256 * 1024;

/// Names that are to be looked up.
struct Lookups {
    names: Vec<Name>,
    threads: usize,
}

struct Name {
    host: Weak<Host>,
    due: Instant,
    /// A thread does it.
    is_under_way: bool,
}

impl Name {
    fn is_of(&self, host: &Weak<Host>) -> bool {
        self.host.ptr_eq(host)
    }
}

static LOOKUPS: Mutex<Lookups> = Mutex::new(Lookups {
    names: Vec::new(),
    threads: 0,
});
static CHANGED: Condvar = Condvar::new();

fn lookups() -> MutexGuard<'static, Lookups> {
    LOOKUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks a name up after `wait`, and then now and then, until it is known or nobody wants
/// to know it.
pub(super) fn add(host: &Arc<Host>, wait: Duration) {
    let mut all = lookups();
    let host = &Arc::downgrade(host);
    let is_known = |host: Arc<Host>| host.is_known();
    if host.upgrade().is_some_and(is_known) || all.names.iter().any(|name| name.is_of(host)) {
        return;
    }
    all.names.push(Name {
        host: Weak::clone(host),
        due: Instant::now() + wait,
        is_under_way: false,
    });
    CHANGED.notify_one();
    all.hire();
}

/// Sees to it that what has to be looked up is.
pub(super) fn go_on() {
    let mut all = lookups();
    if all.threads == 0 {
        all.hire();
    }
}

impl Lookups {
    /// Begins one more thread if there is something for it.
    fn hire(&mut self) {
        self.forget();
        if self.threads >= THREADS_MAX.min(self.names.len()) {
            return;
        }
        let thread = thread::Builder::new()
            .name("memcached-names".into())
            .stack_size(STACK);
        if thread.spawn(run).is_ok() {
            self.threads += 1;
        } else if self.threads == 0 {
            // Not even one: there is nothing to wait for.
            let hosts = self.names.iter().filter_map(|name| name.host.upgrade());
            hosts.for_each(|host| host.has_ended());
        }
    }

    fn forget(&mut self) {
        self.names.retain(|name| name.host.strong_count() > 0);
    }

    /// The name that is due first.
    fn next(&mut self) -> Option<&mut Name> {
        let names = self.names.iter_mut();
        names
            .filter(|name| !name.is_under_way)
            .min_by_key(|name| name.due)
    }
}

fn run() {
    let mut all = lookups();
    loop {
        all.forget();
        let Some(name) = all.next() else {
            all.threads -= 1;
            return;
        };
        let wait = name.due.saturating_duration_since(Instant::now());
        if !wait.is_zero() {
            let waited = CHANGED.wait_timeout(all, wait);
            all = waited.unwrap_or_else(PoisonError::into_inner).0;
            continue;
        }
        name.is_under_way = true;
        let host = Weak::clone(&name.host);
        drop(all);
        let is_known = host.upgrade().is_none_or(|host| look_up(&host));
        all = lookups();
        let at = all.names.iter().position(|name| name.is_of(&host));
        if let Some(at) = at {
            if is_known {
                all.names.swap_remove(at);
            } else {
                all.names[at].is_under_way = false;
                all.names[at].due = Instant::now() + AGAIN_AFTER;
            }
        }
    }
}

/// Whether it is known now.
fn look_up(host: &Host) -> bool {
    // If that panics, it is as if the name were not known.
    let _ = catch_unwind(AssertUnwindSafe(|| host.look_up()));
    host.has_ended();
    host.is_known()
}

//! Threads that look up names, of servers that somebody wants to reach, until they are
//! known. They end once there is none left. The library stays in memory while they run: it
//! is linked so.

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
    /// Those that are not being looked up at present, and when that is due.
    hosts: Vec<(Instant, Weak<Host>)>,
    threads: usize,
}

static LOOKUPS: Mutex<Lookups> = Mutex::new(Lookups {
    hosts: Vec::new(),
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
    let is_it = |known: &Weak<Host>| std::ptr::eq(known.as_ptr(), Arc::as_ptr(host));
    if host.is_known() || all.hosts.iter().any(|(_, known)| is_it(known)) {
        return;
    }
    all.hosts.retain(|(_, host)| host.strong_count() > 0);
    all.hosts
        .push((Instant::now() + wait, Arc::downgrade(host)));
    CHANGED.notify_one();
    if all.threads < THREADS_MAX.min(all.hosts.len()) {
        let thread = thread::Builder::new()
            .name("memcached-names".into())
            .stack_size(STACK);
        // Without one the names stay unknown.
        if thread.spawn(run).is_ok() {
            all.threads += 1;
        }
    }
}

fn run() {
    let mut all = lookups();
    loop {
        all.hosts.retain(|(_, host)| host.strong_count() > 0);
        let hosts = all.hosts.iter().enumerate();
        let Some((at, &(due, _))) = hosts.min_by_key(|(_, (due, _))| *due) else {
            all.threads -= 1;
            return;
        };
        let wait = due.saturating_duration_since(Instant::now());
        if !wait.is_zero() {
            let waited = CHANGED.wait_timeout(all, wait);
            all = waited.unwrap_or_else(PoisonError::into_inner).0;
            continue;
        }
        let (_, host) = all.hosts.swap_remove(at);
        drop(all);
        if let Some(host) = host.upgrade() {
            host.look_up();
        }
        all = lookups();
        let is_unknown = |host: Arc<Host>| !host.is_known();
        if host.upgrade().is_some_and(is_unknown) {
            all.hosts.push((Instant::now() + AGAIN_AFTER, host));
        }
    }
}

//! What becomes of pages that were made once for all.

use std::thread;

use testkit::{Cutter, Memcached, eventually};

use super::{Fleet, PROXY, config, key, status};

/// One server that reaches its memcached by a wire.
fn by_wire(options: &str) -> (Fleet, Cutter) {
    let cache = Memcached::start();
    let wire = Cutter::start(cache.addr());
    let fleet = Fleet::behind(&wire, cache, &config(options, PROXY), 1, 1);
    (fleet, wire)
}

/// What was won on a connection is over with it: who waits looks again at once.
#[test]
fn a_connection_that_ends_while_others_wait() {
    let (fleet, wire) = by_wire(r#""lock" => 3600, "lock_wait_ms" => 60000"#);
    fleet.origin.hold_first("/a", 1);
    thread::scope(|scope| {
        let first = scope.spawn(|| fleet.get("/a"));
        fleet.origin.await_count("/a", 1);
        let looked = fleet.cache.stat("cmd_get");
        let second = scope.spawn(|| fleet.get("/a"));
        eventually("it has looked", || fleet.cache.stat("cmd_get") > looked);
        // One more lookup, so that the answer to that one was read.
        fleet.get("/b");
        assert!(fleet.cache.delete(&key("/a")));
        wire.cut();
        let page = second.join().expect("a response");
        assert_eq!((page.text().as_str(), status(&page)), ("page 1", "miss"));
        fleet.await_page("/a");
        fleet.origin.let_go("/a");
        let page = first.join().expect("a response");
        assert_eq!(page.text(), "page 0");
    });
    fleet.sites[0].await_log("not stored: another request may make it");
    assert_eq!(fleet.get("/a").text(), "page 1");
    let log = fleet.stop();
    assert!(log.contains("stores 3, stored 2, stores_failed 1"), "{log}");
}

/// Those that memcached refuses are logged and counted as any others.
#[test]
fn refused() {
    let fleet = Fleet::one(r#""maxsize" => 16mbyte"#);
    fleet.origin.large("/large", 9 << 20);
    fleet.get("/large");
    fleet.sites[0].await_log(": not stored: object too large for cache");
    fleet.fill("/small");
    let log = fleet.stop();
    assert!(
        log.contains("stores 2, stored 1, stores_refused 1, locks_won 2"),
        "{log}"
    );
}

/// Those of which one was purged meanwhile are counted, and are nothing to log.
#[test]
fn overtaken() {
    let fleet = Fleet::one("");
    fleet.origin.hold("/a");
    thread::scope(|scope| {
        scope.spawn(|| fleet.get("/a"));
        fleet.origin.await_count("/a", 1);
        assert!(fleet.cache.delete(&key("/a")));
        fleet.origin.let_go("/a");
    });
    eventually("its store is refused", || {
        fleet.cache.stat("cas_misses") == 1
    });
    fleet.fill("/b");
    let log = fleet.stop();
    assert!(
        log.contains("stores 2, stored 1, locks_won 2, overtaken 1"),
        "{log}"
    );
    assert!(!log.contains("not stored"), "{log}");
}

/// Those that wait for a memcached which reads nothing are bounded.
#[test]
fn dropped() {
    const PAGES: usize = 30;
    let fleet = Fleet::one(r#""maxsize" => 16mbyte, "lock" => 3600"#);
    let paths: Vec<String> = (0..PAGES).map(|n| format!("/{n}")).collect();
    for path in &paths {
        fleet.origin.large(path, 1 << 20);
        fleet.origin.hold(path);
    }
    thread::scope(|scope| {
        for path in &paths {
            let fleet = &fleet;
            scope.spawn(move || assert_eq!(fleet.get(path).status, 200));
        }
        for path in &paths {
            fleet.origin.await_count(path, 1);
        }
        fleet.cache.suspend();
        for path in &paths {
            fleet.origin.let_go(path);
        }
    });
    let site = &fleet.sites[0];
    site.await_log("too much to store is waiting, stores are dropped");
    site.await_log("not stored: too many requests queued");
    fleet.cache.resume();
    let log = fleet.stop();
    assert!(log.contains("stores 30, "), "{log}");
}

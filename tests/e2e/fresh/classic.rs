//! Servers and proxies without meta commands: a lock is an item of its own, and the
//! clock says what is out of date.

use std::thread;
use std::time::{Duration, Instant};

use testkit::{Classic, Memcached, eventually, sha1_hex, slack};

use super::{Fleet, PROXY, SOON, config, crowd, key, number, status};

fn fleet(options: &str, front: fn(std::net::SocketAddr) -> Classic) -> (Fleet, Classic) {
    let cache = Memcached::start();
    let front = front(cache.addr());
    let fleet = Fleet::behind(&front, cache, &config(options, PROXY), 2, 2);
    (fleet, front)
}

/// The name of the lock of a page.
fn lock_of(path: &str) -> String {
    let name = sha1_hex(key(path).as_bytes());
    format!("mod_memcached:lock:{name}")
}

#[test]
fn a_crowd_makes_the_page_once() {
    for front in [Classic::answering, Classic::closing] {
        let (fleet, _front) = fleet("", front);
        fleet.origin.hold("/a");
        let all = crowd(&fleet, "/a", 60, || {
            fleet.origin.await_count("/a", 1);
            assert!(fleet.cache.get(&lock_of("/a")).is_some());
            fleet.origin.let_go("/a");
        });
        for one in &all {
            assert_eq!(one.response.text(), "page 0");
        }
        assert_eq!(fleet.origin.count("/a"), 1);
        let is_free = || fleet.cache.get(&lock_of("/a")).is_none();
        eventually("the lock is gone", is_free);
        // What may not be stored.
        fleet.origin.head("/b", "200 OK|Cache-Control: no-store");
        fleet.get("/b");
        eventually("a marker", || fleet.cache.get(&key("/b")).is_some());
        fleet.origin.hold("/b");
        let all = crowd(&fleet, "/b", 8, || {
            fleet.origin.await_count("/b", 9);
            fleet.origin.let_go("/b");
        });
        for one in &all {
            assert_eq!(status(&one.response), "uncacheable");
        }
        fleet.origin.head("/b", "200 OK");
        let page = fleet.fill("/b").text();
        assert_eq!(fleet.await_status("/b", "hit").text(), page);
        fleet.stop();
    }
}

#[test]
fn the_server_that_makes_it_dies() {
    let options = r#""lock" => 2, "lock_wait_ms" => 20000"#;
    let (mut fleet, _front) = fleet(options, Classic::answering);
    fleet.origin.hold("/a");
    let winner = fleet.sites.remove(0);
    let mut client = winner.connect();
    client.send_request("GET", "/a", &[]);
    fleet.origin.await_count("/a", 1);
    thread::scope(|scope| {
        let site = &fleet.sites[0];
        let waiting = [(); 4].map(|()| scope.spawn(|| site.get("/a")));
        site.await_read();
        drop(winner);
        let killed = Instant::now();
        fleet.origin.await_count("/a", 2);
        let took = killed.elapsed();
        assert!(took <= Duration::from_millis(3500) + slack(), "{took:?}");
        fleet.origin.let_go("/a");
        for waiting in waiting {
            assert_eq!(waiting.join().expect("a response").text(), "page 1");
        }
    });
    fleet.stop();
}

/// Stale pages are served, and made anew by one; a purge meanwhile wins.
#[test]
fn pages_that_are_out_of_date() {
    let (fleet, _front) = fleet(SOON, Classic::answering);
    for path in ["/a", "/b"] {
        fleet.fill(path);
        fleet.origin.hold(path);
    }
    for path in ["/a", "/b"] {
        fleet.await_status(path, "stale");
        fleet.origin.await_count(path, 2);
        for site in fleet.sites.iter().cycle().take(20) {
            let page = site.get(path);
            assert_eq!((status(&page), page.text().as_str()), ("stale", "page 0"));
        }
        assert_eq!(fleet.origin.count(path), 2);
    }
    fleet.origin.let_go("/a");
    assert!(number(&fleet.await_status("/a", "hit")) > 0);
    assert!(fleet.cache.delete(&key("/b")));
    fleet.origin.let_go("/b");
    let is_free = || fleet.cache.get(&lock_of("/b")).is_none();
    eventually("the refresh is over", is_free);
    assert!(fleet.cache.get(&key("/b")).is_none());
    assert_eq!(fleet.get("/b").text(), "page 2");
    fleet.stop();
}

/// It is asked after a pause only.
#[test]
fn a_backend_that_fails() {
    let (fleet, _front) = fleet(SOON, Classic::answering);
    fleet.fill("/a");
    fleet.origin.head("/a", "503 Down");
    fleet.await_status("/a", "stale");
    fleet.origin.await_count("/a", 2);
    let begun = Instant::now();
    fleet.origin.head("/a", "200 OK");
    assert!(number(&fleet.await_status("/a", "hit")) >= 2);
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(950), "{took:?}");
    assert!(took <= Duration::from_millis(1500) + slack(), "{took:?}");
    fleet.stop();
}

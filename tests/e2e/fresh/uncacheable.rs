//! Pages that may not be stored: nobody waits for another one, and no visitor can
//! make others believe that a page is like that.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Client, eventually, slack};

use super::{Fleet, crowd, key, status, store};

/// After the first answer the backend runs once a request.
#[test]
fn nobody_waits_for_another() {
    let fleet = Fleet::two("");
    for (path, head) in [
        ("/a", "200 OK|Cache-Control: no-store"),
        ("/b", "200 OK|Set-Cookie: a=b"),
        ("/c", "302 Found|Location: /d"),
    ] {
        fleet.origin.head(path, head);
        fleet.get(path);
        let is_marker = || {
            fleet
                .cache
                .get(&key(path))
                .is_some_and(|it| it.flags == 65537)
        };
        eventually("a marker", is_marker);
        assert!((100..=120).contains(&fleet.cache.ttl(&key(path)).expect("it ends")));
        fleet.origin.hold(path);
        let all = crowd(&fleet, path, 12, || {
            fleet.origin.await_count(path, 13);
            fleet.origin.let_go(path);
        });
        for one in &all {
            assert_eq!(status(&one.response), "uncacheable");
            assert!(store(&one.response).starts_with("no: "));
        }
        assert_eq!(fleet.origin.count(path), 13);
        // Once it may be stored, it is.
        fleet.origin.head(path, "200 OK");
        let page = fleet.fill(path);
        assert_eq!((status(&page), store(&page)), ("uncacheable", "storing"));
        assert_eq!(fleet.await_status(path, "hit").text(), page.text());
    }
    fleet.stop();
}

/// Those who wait for the first answer have theirs made at once when it is known.
#[test]
fn those_who_waited_for_the_first_answer() {
    let fleet = Fleet::two("");
    fleet.origin.head("/a", "200 OK|Cache-Control: no-store");
    fleet.origin.hold("/a");
    let all = crowd(&fleet, "/a", 8, || {
        fleet.origin.await_count("/a", 1);
        for site in &fleet.sites {
            site.await_read();
        }
        fleet.origin.let_go("/a");
    });
    assert_eq!(fleet.origin.count("/a"), 8);
    let markers = all
        .iter()
        .filter(|one| status(&one.response) == "uncacheable");
    assert_eq!(markers.count(), 7);
    fleet.stop();
}

/// Sends requests one after the other, many a second, until it is told to stop.
fn attack(fleet: &Fleet, is_over: &AtomicBool, attack: impl Fn(Client)) {
    while !is_over.load(Ordering::Relaxed) {
        attack(fleet.sites[1].connect());
        thread::sleep(Duration::from_millis(4));
    }
}

/// Visitors who leave, send credentials or make the backend fail do not keep a page
/// from being stored.
#[test]
fn visitors_who_are_up_to_no_good() {
    let fleet = Fleet::two(r#""lock" => 2"#);
    let is_over = AtomicBool::new(false);
    let begun = Instant::now();
    thread::scope(|scope| {
        let (fleet, is_over) = (&fleet, &is_over);
        scope.spawn(move || {
            attack(fleet, is_over, |mut client| {
                client.send_request("GET", "/a", &[]);
                client.reset();
            });
        });
        scope.spawn(move || {
            attack(fleet, is_over, |mut client| {
                drop(client.request("GET", "/b", &[("Authorization", "Basic eA==")]));
            });
        });
        scope.spawn(move || {
            attack(fleet, is_over, |mut client| {
                drop(client.request("GET", "/c", &[("X-Fail", "500 Error")]));
            });
        });
        for path in ["/a", "/b", "/c"] {
            fleet.origin.await_count(path, 1);
        }
        for path in ["/a", "/b", "/c"] {
            eventually(&format!("a hit of {path}"), || {
                // Good visitors are much fewer.
                thread::sleep(Duration::from_millis(200));
                let page = fleet.get(path);
                status(&page) == "hit" && page.text().starts_with("page")
            });
            let took = begun.elapsed();
            assert!(
                took <= Duration::from_secs(15) + slack(),
                "{path}: {took:?}"
            );
        }
        is_over.store(true, Ordering::Relaxed);
    });
    fleet.stop();
}

/// A page that is too large for the action or for memcached.
#[test]
fn pages_that_are_too_large() {
    let fleet = Fleet::two(r#""maxsize" => 9000000"#);
    for (path, len) in [("/a", 8_500_000), ("/b", 9_500_000)] {
        fleet.origin.large(path, len);
        let all = crowd(&fleet, path, 4, || {});
        for one in &all {
            assert_eq!(one.response.body.len(), len);
        }
        let is_marker = || {
            fleet
                .cache
                .get(&key(path))
                .is_some_and(|it| it.flags == 65537)
        };
        eventually("a marker", is_marker);
        for _ in 0..4 {
            assert_eq!(status(&fleet.get(path)), "uncacheable");
            eventually("a marker still", is_marker);
        }
    }
    fleet.stop();
}

//! One makes the page, the others wait for it.

use std::thread;
use std::time::{Duration, Instant};

use testkit::{eventually, slack};

use super::{Fleet, Timed, crowd, key, status, store};

const MS: fn(u64) -> Duration = Duration::from_millis;

/// All but a few have the page soon after the backend made it, and the last ones
/// not much later.
#[test]
fn a_crowd_makes_the_page_once() {
    for fleet in [Fleet::one(""), Fleet::two("")] {
        fleet.origin.hold("/a");
        let let_go = || fleet.origin.let_go_after("/a", MS(500));
        let mut all = crowd(&fleet, "/a", 200, let_go);
        let made = fleet.origin.answered("/a");
        assert_eq!(fleet.origin.count("/a"), 1);
        for Timed { response, .. } in &all {
            assert_eq!(response.status, 200);
            assert_eq!(response.text(), "page 0");
        }
        let missed = all.iter().filter(|one| status(&one.response) == "miss");
        assert_eq!(missed.count(), 1);
        all.sort_by_key(|one| one.at);
        for (percent, limit) in [(95, 200), (100, 500)] {
            let last = all[all.len() * percent / 100 - 1].at;
            let after = last.saturating_duration_since(made);
            assert!(after <= MS(limit) + slack(), "{percent} %: {after:?}");
        }
        fleet.stop();
    }
}

/// The server that makes it.
#[test]
fn it_dies_or_stands_still() {
    thread::scope(|scope| {
        scope.spawn(it_dies);
        it_stands_still();
    });
}

/// Its lock ends some time after it was last renewed.
fn it_dies() {
    let mut fleet = Fleet::two(r#""lock" => 2, "lock_wait_ms" => 20000"#);
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
        assert!(took <= MS(3500) + slack(), "{took:?}");
        fleet.origin.let_go("/a");
        for waiting in waiting {
            assert_eq!(waiting.join().expect("a response").text(), "page 1");
        }
    });
    assert_eq!(fleet.origin.count("/a"), 2);
    fleet.await_page("/a");
    fleet.stop();
}

/// The lock is renewed as long as that takes.
#[test]
fn a_backend_slower_than_the_lock() {
    let fleet = Fleet::two(r#""lock" => 2, "lock_wait_ms" => 20000"#);
    fleet.origin.hold("/a");
    let let_go = || fleet.origin.let_go_after("/a", MS(3300));
    let all = crowd(&fleet, "/a", 8, let_go);
    for one in &all {
        assert_eq!(one.response.text(), "page 0");
    }
    assert_eq!(fleet.origin.count("/a"), 1);
    fleet.await_page("/a");
    fleet.stop();
}

/// They have it made for themselves alone; what the winner makes is stored.
#[test]
fn those_who_wait_too_long() {
    let fleet = Fleet::two(r#""lock_wait_ms" => 300"#);
    fleet.origin.hold("/a");
    let all = crowd(&fleet, "/a", 3, || {
        fleet.origin.await_count("/a", 3);
        assert!(
            fleet
                .cache
                .get(&key("/a"))
                .is_some_and(|it| it.data.is_empty())
        );
        fleet.origin.let_go("/a");
    });
    let of = |wanted| {
        all.iter()
            .filter(move |one| status(&one.response) == wanted)
    };
    assert_eq!(of("miss").count(), 1);
    assert_eq!(of("miss: waited in vain").count(), 2);
    for one in of("miss: waited in vain") {
        assert_eq!(store(&one.response), "no: another request may make it");
    }
    fleet.await_page("/a");
    let made = of("miss").next().expect("one").response.text();
    assert_eq!(fleet.get("/a").text(), made);
    fleet.stop();
}

/// What it makes after others took its lock over is not stored.
fn it_stands_still() {
    let fleet = Fleet::two(r#""lock" => 2, "lock_wait_ms" => 20000"#);
    fleet.origin.hold_first("/a", 1);
    let slow = &fleet.sites[0];
    let mut client = slow.connect();
    client.send_request("GET", "/a", &[]);
    fleet.origin.await_count("/a", 1);
    slow.suspend();
    let page = fleet.sites[1].get("/a");
    assert_eq!((status(&page), page.text().as_str()), ("miss", "page 1"));
    fleet.await_page("/a");
    fleet.origin.let_go("/a");
    slow.resume();
    let page = client.response("GET").expect("a response");
    assert_eq!(page.text(), "page 0");
    for site in fleet.sites.iter().cycle().take(8) {
        assert_eq!(site.get("/a").text(), "page 1");
    }
    assert_eq!(fleet.origin.count("/a"), 2);
    fleet.stop();
}

/// Who was answered from what another one made says so in `Cache-Status`.
#[test]
fn cache_status_of_those_who_wait() {
    let said = |page: &testkit::Response| {
        let said = page.header("Cache-Status").expect("a status").to_owned();
        let (said, ttl) = said.split_once("; ttl=").expect("a ttl");
        assert!(ttl.parse::<u32>().is_ok_and(|ttl| ttl <= 60), "{ttl}");
        said.to_owned()
    };
    for (vary, missed) in [
        ("", "c; fwd=miss"),
        (r#", "vary" => []"#, "c; fwd=uri-miss"),
    ] {
        let options = r#""cache_status" => "c", "ttl" => 60, "lock_wait_ms" => 20000"#;
        let fleet = Fleet::one(&format!("{options}{vary}"));
        let looked = || fleet.cache.stat("cmd_get");
        fleet.origin.hold("/a");
        thread::scope(|scope| {
            let first = scope.spawn(|| fleet.get("/a"));
            fleet.origin.await_count("/a", 1);
            let before = looked();
            let second = scope.spawn(|| fleet.get("/a"));
            eventually("it has looked", || looked() > before);
            // One more lookup, so that the answer to that one was read.
            fleet.get("/b");
            fleet.origin.let_go("/a");
            let [first, second] = [first, second].map(|it| it.join().expect("a response"));
            assert_eq!(said(&first), format!("{missed}; stored"));
            assert_eq!(said(&second), format!("{missed}; collapsed"));
            assert_eq!((status(&first), status(&second)), ("miss", "hit"));
        });
        assert_eq!(said(&fleet.get("/a")), "c; hit");
        fleet.stop();
    }
}

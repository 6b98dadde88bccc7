//! Pages that are purged, also while they are being made.

use std::thread;

use testkit::{Response, eventually};

use super::{Fleet, key, status, store};

/// Asks for a page on one of the servers; `meanwhile` runs once the backend was
/// asked.
fn while_made(fleet: &Fleet, path: &str, meanwhile: impl FnOnce()) -> Response {
    thread::scope(|scope| {
        let before = fleet.origin.count(path);
        fleet.origin.hold_first(path, before + 1);
        let client = scope.spawn(|| fleet.get(path));
        fleet.origin.await_count(path, before + 1);
        meanwhile();
        fleet.origin.let_go(path);
        client.join().expect("a response")
    })
}

/// What was made before the purge is not there after it.
#[test]
fn while_it_is_made() {
    let fleet = Fleet::two("");
    let refused = || fleet.cache.stat("cas_misses") + fleet.cache.stat("cas_badval");
    let page = while_made(&fleet, "/a", || assert!(fleet.cache.delete(&key("/a"))));
    assert_eq!((page.text().as_str(), store(&page)), ("page 0", "storing"));
    eventually("its store is refused", || refused() == 1);
    assert!(fleet.cache.get(&key("/a")).is_none());
    // Who comes after the purge has it made anew, and that stays.
    for site in 0..2 {
        let path = format!("/b{site}");
        let page = while_made(&fleet, &path, || {
            assert!(fleet.cache.delete(&key(&path)));
            assert_eq!(fleet.sites[site].get(&path).text(), "page 1");
            fleet.await_page(&path);
        });
        assert_eq!(page.text(), "page 0");
        eventually("its store is refused", || refused() == 2 + site as u64);
        assert_eq!(fleet.get(&path).text(), "page 1");
    }
    assert!(
        !fleet.stop().contains("not stored"),
        "that is nothing to log"
    );
}

/// The page is served until it is made anew, once.
#[test]
fn softly() {
    let fleet = Fleet::two("");
    fleet.fill("/a");
    fleet.origin.hold("/a");
    let answer = fleet.cache.command(&format!("md {} I T30", key("/a")));
    assert_eq!(answer, "HD");
    for site in fleet.sites.iter().cycle().take(20) {
        let page = site.get("/a");
        assert_eq!((status(&page), page.text().as_str()), ("stale", "page 0"));
    }
    fleet.origin.await_count("/a", 2);
    fleet.origin.let_go("/a");
    let page = fleet.await_status("/a", "hit");
    assert_eq!(page.text(), "page 1");
    assert_eq!(fleet.origin.count("/a"), 2);
    fleet.stop();
}

/// A page that must not be served when it is stale is made for the client.
#[test]
fn softly_where_it_may_not_be_stale() {
    let fleet = Fleet::two("");
    fleet
        .origin
        .head("/a", "200 OK|Cache-Control: max-age=60, must-revalidate");
    fleet.fill("/a");
    assert_eq!(
        fleet.cache.command(&format!("md {} I T30", key("/a"))),
        "HD"
    );
    let all = super::crowd(&fleet, "/a", 8, || {});
    for one in all {
        assert_eq!(one.response.text(), "page 1");
    }
    assert_eq!(fleet.origin.count("/a"), 2);
    fleet.stop();
}

/// While a refresh is under way.
#[test]
fn while_it_is_made_anew() {
    let fleet = Fleet::two("");
    for (path, purge) in [("/a", "md K I T30"), ("/b", "md K")] {
        fleet.fill(path);
        fleet.cache.command(&format!("md {} I T30", key(path)));
        fleet.origin.hold_first(path, 2);
        fleet.await_status(path, "stale");
        fleet.origin.await_count(path, 2);
        fleet.cache.command(&purge.replace('K', &key(path)));
        // The answer to a question from before the purge does not count.
        let made = || fleet.get(path).text();
        eventually("it is made once more", || made() == "page 2");
        fleet.origin.let_go(path);
        fleet.await_status(path, "hit");
        for _ in 0..10 {
            assert_eq!(made(), "page 2");
        }
        assert_eq!(fleet.origin.count(path), 3);
    }
    fleet.stop();
}

/// Whoever has the answer to a POST does not find a page from before it.
#[test]
fn a_post_while_it_is_made() {
    let fleet = Fleet::two("");
    let page = while_made(&fleet, "/a", || {
        fleet.origin.head("/a", "204 No Content");
        let post = fleet.sites[1].request("POST", "/a", &[("Content-Length", "0")]);
        assert_eq!((post.status, store(&post)), (204, "invalidated"));
        fleet.origin.head("/a", "200 OK");
        let page = fleet.sites[1].get("/a");
        assert_eq!((page.text().as_str(), status(&page)), ("page 2", "miss"));
    });
    assert_eq!(page.text(), "page 0");
    fleet.await_page("/a");
    for site in &fleet.sites {
        assert_eq!(site.get("/a").text(), "page 2");
    }
    fleet.stop();
}

/// Who waits for a page that the same server purges does not wait until it is made, or
/// its lock is renewed.
#[test]
fn a_post_while_others_of_its_worker_wait() {
    let fleet = Fleet::one(r#""lock" => 3600, "lock_wait_ms" => 60000"#);
    fleet.origin.hold_first("/a", 1);
    thread::scope(|scope| {
        let first = scope.spawn(|| fleet.get("/a"));
        fleet.origin.await_count("/a", 1);
        let looked = fleet.cache.stat("cmd_get");
        let second = scope.spawn(|| fleet.get("/a"));
        eventually("it has looked", || fleet.cache.stat("cmd_get") > looked);
        let post = fleet.sites[0].request("POST", "/a", &[("Content-Length", "0")]);
        assert_eq!(store(&post), "invalidated");
        let page = second.join().expect("a response");
        assert_eq!((page.text().as_str(), status(&page)), ("page 2", "miss"));
        fleet.await_page("/a");
        fleet.origin.let_go("/a");
        assert_eq!(first.join().expect("a response").text(), "page 0");
    });
    assert_eq!(fleet.get("/a").text(), "page 2");
    fleet.stop();
}

//! The backend fails: pages are served though they are out of date, and it is asked
//! now and then whether it is back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Door, eventually, slack};

use super::{Fleet, SOON, config, status};

/// Clients of both servers ask for a page all the time until `meanwhile` has run, and
/// are served one always.
fn under_load(fleet: &Fleet, path: &str, meanwhile: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for site in fleet.sites.iter().chain(&fleet.sites) {
            let is_over = &is_over;
            scope.spawn(move || {
                let mut client = site.connect();
                while !is_over.load(Ordering::Relaxed) {
                    let page = client.get(path);
                    assert!(matches!(status(&page), "hit" | "stale"), "{path}: {page:?}");
                    assert_eq!(page.status, 200, "{path}");
                    thread::sleep(Duration::from_millis(10));
                }
            });
        }
        meanwhile();
        is_over.store(true, Ordering::Relaxed);
    });
}

/// The backend was asked with these pauses, in seconds, after each of which it took
/// `try_time` to fail.
fn check_pauses(fleet: &Fleet, path: &str, pauses: &[u64], try_time: Duration) {
    let seen = fleet.origin.seen(path);
    let gaps: Vec<Duration> = seen.windows(2).map(|two| two[1].at - two[0].at).collect();
    // The first one is the time until it was out of date; after the last one it may
    // have been made anew, and once more.
    assert!(gaps.len() > pauses.len(), "{path}: {gaps:?}");
    for (gap, pause) in gaps[1..].iter().zip(pauses) {
        let pause = Duration::from_secs(*pause);
        // A try may have begun some time before it was seen, and clocks may differ by
        // a little.
        let fits = *gap + Duration::from_millis(20) >= pause
            && *gap <= pause + try_time + Duration::from_millis(500) + slack();
        assert!(fits, "{path}: {gaps:?}");
    }
}

/// It answers 503, closes the connection early, or takes none at all.
#[test]
fn it_fails_and_comes_back() {
    let block = r#"if req.path == "/refused" { proxy "$DOOR"; } else { proxy "$ORIGIN"; }"#;
    let door = Door::closed();
    let config = config(SOON, block).replace("$DOOR", &door.to_string());
    let fleet = Fleet::configured(&config, 2, 2);
    let opened = door.open(&fleet.origin);
    for path in ["/503", "/close", "/refused"] {
        fleet.fill(path);
    }
    fleet.origin.head("/503", "503 Down");
    fleet.origin.close("/close");
    drop(opened);
    thread::scope(|scope| {
        let (fleet, door) = (&fleet, &door);
        for path in ["/503", "/close"] {
            scope.spawn(move || {
                under_load(fleet, path, || {
                    fleet.origin.await_count(path, 3);
                    fleet.origin.head(path, "200 OK");
                    fleet.origin.await_count(path, 4);
                    fleet.await_status(path, "hit");
                });
                check_pauses(fleet, path, &[1, 2], Duration::ZERO);
            });
        }
        scope.spawn(move || {
            let path = "/refused";
            under_load(fleet, path, || {
                fleet.await_status(path, "stale");
                let is_down = Instant::now();
                while is_down.elapsed() < Duration::from_secs(1) {
                    assert_eq!(status(&fleet.get(path)), "stale");
                    thread::sleep(Duration::from_millis(50));
                }
                let opened = door.open(&fleet.origin);
                let is_back = Instant::now();
                let page = fleet.await_status(path, "hit");
                assert_ne!(page.text(), "page 0");
                assert!(is_back.elapsed() <= Duration::from_secs(4) + slack());
                drop(opened);
            });
        });
    });
    fleet.stop();
}

/// It does not answer: after `refresh_timeout_ms` it counts as failed.
#[test]
fn it_is_silent() {
    let fleet = Fleet::one(&format!(r#"{SOON}, "refresh_timeout_ms" => 300"#));
    fleet.fill("/a");
    fleet.origin.hold_first("/a", 2);
    under_load(&fleet, "/a", || {
        fleet.origin.await_count("/a", 3);
        fleet.await_status("/a", "hit");
    });
    check_pauses(&fleet, "/a", &[1], Duration::from_millis(300));
    fleet.stop();
}

/// Where a page may be served only if the backend fails, clients wait for what it
/// says.
#[test]
fn only_if_it_fails() {
    let options = r#""ttl" => 1, "stale_while_revalidate" => 0, "stale_if_error" => 60,
        "lock_wait_ms" => 200"#;
    let fleet = Fleet::two(options);
    fleet.fill("/a");
    fleet.fill("/b");
    // It does not.
    fleet.origin.hold("/a");
    thread::scope(|scope| {
        let site = &fleet.sites[0];
        let client = scope.spawn(move || {
            let pages = std::iter::repeat_with(|| site.get("/a"));
            let mut new = pages.skip_while(|page| page.text() == "page 0");
            new.next().expect("one")
        });
        fleet.origin.await_count("/a", 2);
        fleet.origin.let_go("/a");
        let page = client.join().expect("a response");
        assert_eq!((page.status, page.text().as_str()), (200, "page 1"));
        assert_eq!(status(&page), "hit");
    });
    // It does.
    fleet.origin.head("/b", "503 Down");
    let page = fleet.await_status("/b", "stale");
    assert_eq!((page.status, page.text().as_str()), (200, "page 0"));
    assert_eq!(fleet.origin.count("/b"), 2);
    for site in fleet.sites.iter().cycle().take(20) {
        let begun = Instant::now();
        assert_eq!(site.get("/b").text(), "page 0");
        // Another worker might still make it.
        assert!(begun.elapsed() <= Duration::from_millis(200) + slack());
    }
    fleet.stop();
}

/// Where there is no page that could be served, nobody waits for one that will not
/// come.
#[test]
fn there_is_no_page() {
    let block = r#"if req.path == "/refused" { proxy "127.0.0.1:9"; } else { proxy "$ORIGIN"; }"#;
    let fleet = Fleet::configured(&config("", block), 2, 2);
    fleet.origin.head("/503", "503 Down");
    fleet.origin.close("/close");
    for path in ["/503", "/close", "/refused"] {
        let begun = Instant::now();
        thread::scope(|scope| {
            for site in fleet.sites.iter().cycle().take(20) {
                scope.spawn(move || {
                    let mut client = site.connect();
                    client.send_request("GET", path, &[]);
                    // The server may end the connection instead.
                    let status = client.response("GET").map(|page| page.status);
                    assert!(status.is_err() || status.is_ok_and(|it| it >= 500));
                });
            }
        });
        let took = begun.elapsed();
        assert!(took <= Duration::from_secs(1) + slack(), "{path}: {took:?}");
        // It is back: what it answers now is stored.
        fleet.origin.head(path, "200 OK");
        if path != "/refused" {
            fleet.await_status(path, "hit");
        }
    }
    fleet.stop();
}

/// A body that breaks off is an error too, also where its head was a good one.
#[test]
fn it_breaks_off() {
    let options = r#""ttl" => 1, "stale_while_revalidate" => 0, "stale_if_error" => 60"#;
    let fleet = Fleet::two(options);
    fleet.fill("/a");
    fleet.origin.cut("/a");
    let is_stale = || {
        let page = fleet.get("/a");
        assert_eq!(page.text(), "page 0", "{page:?}");
        status(&page) == "stale"
    };
    eventually("it is out of date", is_stale);
    assert!(fleet.origin.count("/a") > 1);
    // It is not stored either.
    fleet.origin.cut("/b");
    for count in [1, 2] {
        let mut client = fleet.sites[0].connect();
        client.send_request("GET", "/b", &[]);
        // What the client sees of it is the server's business.
        let _ = client.response("GET");
        assert_eq!(fleet.origin.count("/b"), count);
    }
    fleet.stop();
}

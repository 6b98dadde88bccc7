//! What begins and ends while requests of scripts are under way.

use testkit::{Memcached, Site, eventually};

use super::{assert_quiet, lines, site, site_of};
use crate::valgrind;

#[test]
fn hundreds_of_thousands_of_requests_leave_nothing_behind() {
    let cache = Memcached::start();
    let site = site("many.lua", &cache);
    let mut client = site.connect();
    let mut run = |requests: u32| {
        // Each with a connection object of its own.
        for _ in 0..requests / 5000 {
            let page = client.get("/?5000");
            assert_eq!(page.text(), "5000", "{}", site.log());
        }
    };
    run(40_000);
    let before = (site.descriptors(), site.resident_kib());
    run(200_000);
    let after = (site.descriptors(), site.resident_kib());
    assert_eq!(before.0, after.0, "descriptors");
    assert!(after.1 < before.1 + 4096, "KiB: {before:?}, then {after:?}");
    assert_quiet(&site.stop());
}

#[test]
fn callbacks_come_when_client_and_handler_are_gone() {
    let cache = Memcached::start();
    let mut site = site("forgotten.lua", &cache);
    for round in 0..20 {
        let mut client = site.connect();
        client.send_request("GET", "/", &[]);
        if round % 2 == 0 {
            client.reset();
        }
    }
    eventually("every callback was called", || {
        let count: u32 = lines(&site, "/?count")[0].parse().unwrap_or(0);
        assert!(site.is_running());
        count >= 100 * 21
    });
    assert_quiet(&site.stop());
}

#[test]
fn every_worker_has_scripts_of_its_own() {
    let cache = Memcached::start();
    let site = site_of(Site::builder().workers(3), "many.lua", &cache);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(lines(&site, "/?200"), ["200"]);
                }
            });
        }
    });
    assert_quiet(&site.stop());
}

/// The callbacks are not called any more, and nothing is lost or used again.
#[test]
fn a_worker_stops_with_requests_pending() {
    for suspended in [true, false] {
        let cache = Memcached::start();
        let site = site("forgotten.lua", &cache);
        assert_eq!(lines(&site, "/?count").len(), 1);
        if suspended {
            cache.suspend();
        }
        let mut clients = Vec::new();
        for _ in 0..20 {
            let mut client = site.connect();
            client.send_request("GET", "/", &[]);
            clients.push(client);
        }
        let before = cache.pid();
        drop(clients);
        site.stop();
        if suspended {
            cache.resume();
        }
        assert_eq!(cache.pid(), before);
    }
}

/// For long: `LUA_RANDOM_ROUNDS=100000 cargo test --test e2e random_calls`, and
/// with other calls from another first seed, `LUA_RANDOM_FIRST=1000000`.
#[test]
fn random_calls_do_no_harm() {
    let given = |name, default: u32| {
        let text = std::env::var(name).ok();
        text.map_or(default, |text| text.parse().expect("a number"))
    };
    let first = given("LUA_RANDOM_FIRST", 0);
    let rounds = given("LUA_RANDOM_ROUNDS", 30);
    let cache = Memcached::start();
    let mut site = site("random.lua", &cache);
    for seed in first..first + rounds {
        let path = format!("/?seed={seed}&steps={}", 50 + seed % 200);
        if seed % 5 == 0 {
            // The client leaves.
            site.connect().send_request("GET", &path, &[]);
        } else {
            assert_eq!(lines(&site, &path), [""; 0], "{path}");
        }
        assert!(site.is_running(), "{path}: {}", site.log());
    }
    site.stop();
}

#[test]
fn a_vrequest_that_is_over_is_not_woken() {
    let cache = Memcached::start();
    let site = site("stale.lua", &cache);
    let mut stays = site.connect();
    assert_eq!(stays.get("/").text(), "none yet");
    let mut leaves = site.connect();
    leaves.send_request("GET", "/?leave", &[]);
    eventually("the script has the vrequest", || {
        stays.get("/").text() != "none yet"
    });
    leaves.reset();
    eventually("the vrequest is over", || {
        stays.get("/").text() == "the vrequest is over"
    });
    // And when another request has its place.
    for _ in 0..10 {
        let text = site.get("/").text();
        assert!(
            ["the vrequest is over", "nil"].contains(&&text[..]),
            "{text}"
        );
    }
    assert_quiet(&site.stop());
}

#[test]
fn valgrind_sees_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = folder.path().join("report.xml");
    let wrapper = valgrind::wrapper(&report);
    let wrapper: Vec<_> = wrapper.iter().map(String::as_str).collect();
    let cache = Memcached::start();
    let builder = Site::builder()
        .environment("G_SLICE", "always-malloc")
        .wrapper(&wrapper);
    let site = site_of(builder, "random.lua", &cache);
    for seed in 0..12 {
        let path = format!("/?seed={seed}&steps=100");
        if seed % 4 == 0 {
            site.connect().send_request("GET", &path, &[]);
        } else {
            assert_eq!(lines(&site, &path), [""; 0], "{path}");
        }
    }
    // Some are pending when it stops.
    cache.suspend();
    let mut client = site.connect();
    client.send_request("GET", "/?seed=99&steps=100", &[]);
    site.stop();
    let errors = valgrind::errors_in(&report);
    assert!(errors.is_empty(), "{errors:#?}");
}

//! `"failover" => "next"`: another server stands in for one that is down.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use memcached_core::pool::Hash;
use memcached_core::protocol::Key;
use testkit::{Backend, Site, check_config, eventually, eventually_some};

use super::{Fleet, paths};

const OPTIONS: &str = r#""failover" => "next", "failover_ttl" => 2, "ttl" => 300,
    "timeout_ms" => 200, "connect_timeout_ms" => 200, "retry_ms" => 20"#;

/// The server that stands in for that of a key.
fn stand_in(fleet: &Fleet, path: &str) -> usize {
    let home = fleet.home(path);
    let key = Key::new(path.as_bytes()).expect("a key");
    fleet.pool.route_to(&key, |at| at != home)
}

/// The paths of one server.
fn of_server(fleet: &Fleet, server: usize) -> Vec<String> {
    paths().filter(|path| fleet.home(path) == server).collect()
}

/// Asks until a page comes from the cache; only the requests that try the dead server
/// may miss from then on.
fn await_stand_in(fleet: &Fleet, site: &Site, path: &str) {
    site.get_hit(path);
    let other = stand_in(fleet, path);
    assert!(
        fleet.servers[other].get(path).is_some(),
        "{path} is on {other}"
    );
}

#[test]
fn pages_are_on_the_next_server_for_a_short_time() {
    let mut fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let site = fleet.site(OPTIONS);
    let dead = fleet.home("/page/0");
    let own = of_server(&fleet, dead);
    for path in paths() {
        site.get(&path);
        site.get_hit(&path);
    }
    fleet.servers[dead].kill();
    for path in &own {
        await_stand_in(&fleet, &site, path);
        let ttl = fleet.servers[stand_in(&fleet, path)].ttl(path);
        assert!(
            ttl.is_none_or(|ttl| (0..=2).contains(&ttl)),
            "{path}: {ttl:?}"
        );
    }
    // The keys of the others have not moved.
    for path in paths().filter(|path| !own.contains(path)) {
        assert_eq!(site.get(&path).cache(), "Hit", "{path}");
        assert_eq!(
            fleet.holders_but(dead, &path),
            [fleet.home(&path)],
            "{path}"
        );
    }
    // Back: the keys are there again, for their whole life.
    fleet.servers[dead].restart();
    for path in &own {
        eventually("the page is at home", || {
            site.get(path);
            fleet.servers[dead].ttl(path).is_some_and(|ttl| ttl > 100)
        });
        eventually("the substitute has forgotten it", || {
            fleet.holders(path) == [dead]
        });
    }
    site.stop();
}

/// What a server has stored in the place of another is purged with the other's.
#[test]
fn a_purge_reaches_both_servers() {
    let fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let site = fleet.site(OPTIONS);
    for path in paths() {
        let (home, other) = (fleet.home(&path), stand_in(&fleet, &path));
        for at in [home, other] {
            fleet.servers[at].set(&path, 0, b"old");
        }
        assert_eq!(site.request("PURGE", &path, &[]).status, 204);
        assert!(fleet.holders(&path).is_empty(), "{path}");
        // It is enough that one of them had it.
        fleet.servers[other].set(&path, 0, b"old");
        assert_eq!(site.request("PURGE", &path, &[]).status, 204);
        assert_eq!(site.request("PURGE", &path, &[]).status, 404);
    }
    site.stop();
}

/// A purge that cannot reach the server that is down has not happened.
#[test]
fn a_purge_needs_the_server_that_is_down() {
    let mut fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let site = fleet.site(OPTIONS);
    let path = "/page/0";
    let (home, other) = (fleet.home(path), stand_in(&fleet, path));
    fleet.servers[home].kill();
    await_stand_in(&fleet, &site, path);
    eventually("the substitute has the page", || {
        site.get(path);
        fleet.servers[other].get(path).is_some()
    });
    assert_eq!(site.request("PURGE", path, &[]).status, 503);
    assert_eq!(
        fleet.servers[other].get(path),
        None,
        "and is taken out there"
    );
    site.stop();
}

#[test]
fn what_is_no_failover() {
    for (options, told) in [
        (
            r#""failover" => "rebuild""#,
            "none or \"next\", found \"rebuild\"",
        ),
        (r#""failover" => true"#, "none or \"next\", found a boolean"),
        (r#""failover_ttl" => 0"#, "seconds from 1"),
    ] {
        let checked = check_config(&format!("memcached.lookup [{options}];"));
        assert_eq!(checked.status, Some(1), "{options}");
        assert!(
            checked.output.contains(told),
            "{options}\n{}",
            checked.output
        );
    }
}

/// The same where one request makes a page for all, by its version.
#[test]
fn a_page_that_is_made_once_for_all_is_limited_too() {
    let mut fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let config = r#"
memcached.cache (["server" => $SERVERS, "key" => "%{req.path}", "vary" => [], "ttl" => 300,
	"failover" => "next", "failover_ttl" => 2, "retry_ms" => 20], {
	respond 200 => "page";
}, {
	header.add "X-Memcached" => "Hit";
});
"#;
    let site = Site::start(config, &[("SERVERS", &fleet.option)]);
    let path = "/page/0";
    let (home, other) = (fleet.home(path), stand_in(&fleet, path));
    let stored = |fleet: &Fleet, at: usize| {
        let item = fleet.servers[at].get(path)?;
        let text = String::from_utf8_lossy(&item.data).into_owned();
        // What is no page has no line.
        let line = text.split_once("X-Memcached-Fresh-Until: ")?.1;
        let extra = line.split_once("\r\n")?.0.split_once(' ')?.1;
        Some((
            fleet.servers[at].ttl(path)?,
            extra.parse::<u32>().expect("seconds"),
        ))
    };
    let is_hit = |site: &Site| {
        let response = site.get(path);
        response.header("X-Memcached") == Some("Hit")
    };
    eventually("a hit", || is_hit(&site));
    let (ttl, extra) = stored(&fleet, home).expect("the page");
    assert!(ttl > 3600 && extra == 3600, "{ttl} {extra}");
    fleet.servers[home].kill();
    // Without windows: it is fresh for its whole life, and gone after that.
    let (ttl, extra) = eventually_some("the page on the other server", || {
        site.get(path);
        stored(&fleet, other)
    });
    assert!(ttl <= 2 && extra == 0, "{ttl} {extra}");
    eventually("a hit from there", || is_hit(&site));
    site.stop();
}

/// Debug lines name the server that was asked.
#[test]
fn the_log_names_the_server_that_stands_in() {
    let mut fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let site = fleet.site_logging(OPTIONS);
    let path = "/page/0";
    let (home, other) = (fleet.home(path), stand_in(&fleet, path));
    site.get_hit(path);
    let told = |line: &str, place: &str| format!("{line}; key {path} at {place}\n");
    let home_text = fleet.servers[home].to_string();
    for line in [
        "memcached.lookup: hit",
        "memcached.store: queued for memcached",
    ] {
        site.await_log(&told(line, &home_text));
    }
    fleet.servers[home].kill();
    await_stand_in(&fleet, &site, path);
    let place = format!("{} in the place of {home_text}", fleet.servers[other]);
    site.get_hit(path);
    for line in [
        "memcached.lookup: hit",
        "memcached.store: queued for memcached",
    ] {
        site.await_log(&told(line, &place));
    }
    site.stop();
}

/// The same of a page that is made once for all.
#[test]
fn the_log_names_the_server_of_a_page_that_is_made_once() {
    let mut fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let config = r#"
debug.log_request_handling true;
memcached.cache (["server" => $SERVERS, "key" => "%{req.path}", "vary" => [], "lock" => 2,
	"failover" => "next", "retry_ms" => 20], {
	respond 200 => "page";
}, {
	header.add "X-Memcached" => "Hit";
});
"#;
    let builder = Site::builder().setup(r#"log [default => "stderr"];"#);
    let site = builder.start(config, &[("SERVERS", &fleet.option)]);
    let path = "/page/0";
    let (home, other) = (fleet.home(path), stand_in(&fleet, path));
    fleet.servers[home].kill();
    eventually("a hit from the other server", || {
        site.get(path).header("X-Memcached") == Some("Hit")
    });
    let [home, other] = [home, other].map(|at| fleet.servers[at].to_string());
    for line in ["hit", "queued for memcached"] {
        let place = format!("{other} in the place of {home}");
        site.await_log(&format!("memcached.cache: {line}; key {path} at {place}\n"));
    }
    site.stop();
}

/// Requests for a page of a server that is down agree on the one that stands in, so the
/// backend makes it once for all of them.
#[test]
fn who_waits_for_a_page_has_it_made_once_while_its_server_is_down() {
    let mut fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let config = r#"
memcached.cache (["server" => $SERVERS, "key" => "%{req.path}", "vary" => [], "lock" => 5,
	"lock_wait_ms" => 5000, "failover" => "next", "failover_ttl" => 30, "retry_ms" => 500], {
	proxy "$BACKEND";
}, {
	header.add "X-Memcached" => "Hit";
});
"#;
    let made = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(AtomicBool::new(false));
    let (counted, opened) = (Arc::clone(&made), Arc::clone(&gate));
    let backend = Backend::start(move |request, stream| {
        if request.target.starts_with("/slow") {
            counted.fetch_add(1, Ordering::SeqCst);
            eventually("all have asked", || opened.load(Ordering::SeqCst));
        }
        let text = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\npage";
        drop(stream.write_all(text.as_bytes()));
    });
    let names: [(&str, &dyn std::fmt::Display); 2] =
        [("SERVERS", &fleet.option), ("BACKEND", &backend)];
    let site = Site::start(config, &names);
    let slow = (0..).map(|number| format!("/slow/{number}"));
    let home = fleet.home("/page/0");
    let path = { slow }
        .find(|path| fleet.home(path) == home)
        .expect("one of many");
    fleet.servers[home].kill();
    eventually("another server stands in", || {
        site.get("/page/0").header("X-Memcached") == Some("Hit")
    });
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(site.get(&path).text(), "page"));
        }
        eventually("the backend is asked", || made.load(Ordering::SeqCst) > 0);
        // Those who wait do so for the one; all others have asked.
        site.await_read();
        gate.store(true, Ordering::SeqCst);
    });
    // One may have tried the server that is down, and made a page of its own.
    let made = made.load(Ordering::SeqCst);
    assert!((1..=2).contains(&made), "{made}");
    site.stop();
}

//! Scripts that use memcached.

mod examples;

use std::fs;
use std::time::{Duration, Instant};

use crate::valgrind;

use testkit::{Faulty, Memcached, Peer, Site, SiteBuilder, eventually, project_root};

fn script(name: &str) -> String {
    let path = project_root().join("tests/e2e/lua").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A site whose pages are made by a script of the tests.
fn site(name: &str, cache: &dyn std::fmt::Display) -> Site {
    site_of(Site::builder(), name, cache)
}

fn site_of(builder: SiteBuilder, name: &str, cache: &dyn std::fmt::Display) -> Site {
    let parts = ["begin.lua", name, "end.lua"].map(script);
    let site = builder
        .module("mod_lua")
        .start("lua.handler \"$DIR/page.lua\";", &[]);
    let text = parts.join("\n").replace("$CACHE", &cache.to_string());
    fs::write(site.dir().join("page.lua"), text).expect("a file");
    site
}

/// The lines of a page.
fn lines(site: &Site, path: &str) -> Vec<String> {
    let page = site.get(path);
    assert_eq!(page.status, 200, "{}", site.log());
    page.text().lines().map(str::to_owned).collect()
}

/// What the server must not have logged: errors of a script.
fn assert_quiet(log: &str) {
    assert!(!log.contains("error"), "{log}");
}

#[test]
fn every_command_and_its_response() {
    let cache = Memcached::start();
    let site = site("commands.lua", &cache);
    let seen = lines(&site, "/");
    let expected: Vec<_> = script("commands.txt").lines().map(str::to_owned).collect();
    assert_eq!(seen, expected);
    assert_quiet(&site.stop());
}

#[test]
fn wrong_arguments_are_told() {
    let cache = Memcached::start();
    let site = site("arguments.lua", &cache);
    assert_eq!(lines(&site, "/"), [""; 0]);
    assert_quiet(&site.stop());
}

#[test]
fn callbacks_and_vrequests_outlive_what_the_script_keeps() {
    let cache = Memcached::start();
    let site = site("modes.lua", &cache);
    for _ in 0..20 {
        let expected = [
            "with a callback {} nil",
            "not ready {response={}} {response={}}",
            "bad key nil invalid key \"no key\": byte 0x20 at 3 is not allowed in a key",
            "callback {code=1 key=k ttl=300}",
            "ready {response={cas=0 code=1 data=v flags=0 key=k ttl=0}} true",
            "several {7={code=4 key=7} k={cas=string code=1 data=v flags=0 key=k ttl=0} \
             none={code=4 key=none}}",
            "one {k={cas=string code=1 data=v flags=0 key=k ttl=0}}",
            "spoiled v nil v",
        ];
        assert_eq!(lines(&site, "/"), expected);
    }
    assert_quiet(&site.stop());
}

#[test]
fn values_of_every_size_and_kind() {
    let cache = Memcached::start();
    let site = site("values.lua", &cache);
    let mut expected = vec![
        "empty 1 1 true 0".to_owned(),
        "number 1 1 true 3".into(),
        "zero 1 1 true 1".into(),
        "binary 1 1 true 256".into(),
        "end 1 1 true 28".into(),
    ];
    for size in [
        1, 2047, 2048, 2049, 65535, 65536, 65537, 1_000_000, 3_145_728,
    ] {
        expected.push(format!("size{size} 1 1 true {size}"));
    }
    expected.extend([
        "too large {code=5 error=object too large for cache key=large ttl=300}".to_owned(),
        "not there {code=4 key=large}".into(),
        "grown too large true".into(),
    ]);
    assert_eq!(lines(&site, "/"), expected);
    assert_quiet(&site.stop());
}

#[test]
fn callbacks_have_the_global_variables_of_their_request() {
    let cache = Memcached::start();
    for (query, error) in [
        // What it says cannot pass for a line of the log's own.
        (
            "a",
            "an error in a callback of a?\n\t?[2J a line of its own\n\tstack traceback:",
        ),
        ("b", "an error that is a table"),
        ("c", "attempt to index"),
        ("d", "yield"),
    ] {
        let site = site("environment.lua", &cache);
        let mut expected = [
            format!("globals {query} {query} nil"),
            "resumed 1 1 k1 nil".into(),
            format!("kept {query}!"),
            "resumed 2 1 k2 nil".into(),
            "resumed 3 1 k3 nil".into(),
            format!("last 1 {query}!"),
        ];
        let mut seen = lines(&site, &format!("/?{query}"));
        seen.sort();
        expected.sort();
        assert_eq!(seen, expected);
        let log = site.stop();
        for expected in ["mod_memcached: error in a callback: ", error] {
            assert!(log.contains(expected), "no {expected:?} in {log}");
        }
    }
}

/// Callbacks that all raise, some of them with a text of a megabyte.
#[test]
fn errors_of_scripts_do_not_fill_the_log() {
    let cache = Memcached::start();
    let site = site("raising.lua", &cache);
    let begun = Instant::now();
    for _ in 0..10 {
        assert_eq!(lines(&site, "/"), ["called 1000"]);
    }
    let log = site.stop();
    let written = log.matches("mod_memcached: error in a callback: ").count();
    let seconds = usize::try_from(begun.elapsed().as_secs()).expect("few");
    assert!((1..=seconds + 1).contains(&written), "{written} lines");
    assert!(log.contains("stack traceback:"), "{log}");
    assert!(log.len() < (written + 2) * 2048, "{} bytes", log.len());
}

/// Naming one costs the same however many there are.
#[test]
fn tens_of_thousands_of_addresses() {
    let cache = Memcached::start();
    let site = site("addresses.lua", &cache);
    let begun = Instant::now();
    let mut times = Vec::new();
    for part in 0..6 {
        let asked = Instant::now();
        assert_eq!(lines(&site, &format!("/?{part}")), ["answered 10000"]);
        times.push(asked.elapsed());
    }
    let slow = times[0] * 3 + Duration::from_secs(1);
    assert!(times.iter().all(|time| *time < slow), "{times:?}");
    // At most ten lines a second about servers that are not configured.
    let lines = site.stop().matches(": Connection refused").count();
    let tenths = begun.elapsed().as_millis() / 100;
    assert!(
        lines as u128 <= tenths + 1,
        "{lines} lines in {tenths} / 10 s"
    );
}

/// Nor is it the server's fault.
#[test]
fn a_script_that_holds_the_worker_up_makes_nothing_time_out() {
    let cache = Memcached::start();
    let site = site("blocking.lua", &cache);
    // A machine that is held up as well has more attempts.
    let expected = ["sent before 1", "answered 1", "not sent 1 nil"];
    let mut seen = Vec::new();
    for _ in 0..10 {
        seen = lines(&site, "/");
        if seen == expected {
            break;
        }
    }
    assert_eq!(seen, expected);
    assert_quiet(&site.stop());
}

/// Every request has its answer, code 5, and the next one too.
#[test]
fn a_server_that_is_down_silent_or_hostile_gives_errors() {
    let mut cache = Memcached::reserve();
    let site = site("failing.lua", &cache);
    let all_fail = |why: &[&str]| {
        let seen = lines(&site, "/");
        for name in ["get", "incr", "delete", "append", "set"] {
            let of_it = |line: &&String| line.starts_with(&format!("{name} {{"));
            let line = seen.iter().find(of_it).expect(name);
            assert!(line.contains("code=5 error="), "{line}");
            assert!(why.iter().any(|why| line.contains(why)), "{line}");
        }
        let several = seen.iter().find(|line| line.contains(" l={code=5 error="));
        assert!(several.is_some(), "{seen:?}");
    };
    let down = ["cannot connect", "waiting to connect again", "is down"];
    for _ in 0..3 {
        all_fail(&down);
    }
    cache.restart();
    eventually("memcached is used again", || {
        lines(&site, "/?one") == ["get {code=4 key=k}"]
    });
    cache.suspend();
    all_fail(&["timed out"]);
    all_fail(&["timed out", down[0], down[1], down[2]]);
    cache.resume();
    eventually("memcached is used again", || {
        lines(&site, "/?one") == ["get {code=4 key=k}"]
    });
    // Requests that have no answer when their server dies.
    cache.suspend();
    let mut client = site.connect();
    client.send_request("GET", "/", &[]);
    cache.kill();
    let page = client.response("GET").expect("a page").text();
    assert!(page.contains("incr {code=5 error="), "{page}");
    site.stop();
}

#[test]
fn a_hostile_server_gives_errors() {
    let cache = Faulty::start();
    let site = site("failing.lua", &cache);
    let replies: [&[u8]; 9] = [
        b"VALUE other 0 1\r\nx\r\nEND\r\n",
        b"VALUE k 0 99999999999\r\n",
        b"STORED\r\n",
        b"CLIENT_ERROR no\r\n",
        b"ERROR\r\n",
        b"\0\xff\r\n",
        b"VALUE k 0 1\r\nxx\r\nEND\r\n",
        b"END",
        b"",
    ];
    for reply in replies {
        cache.behave(move |peer| {
            if peer.request().is_some() {
                peer.send(reply);
            }
        });
        eventually("the connection is made again", || {
            let seen = lines(&site, "/?one");
            let text = &seen[0];
            assert!(text.starts_with("get {code=5 error="), "{text}");
            !text.contains("waiting to connect") && !text.contains("is down")
        });
    }
    cache.behave(Peer::serve);
    eventually("memcached is used again", || {
        lines(&site, "/?one") == ["get {code=4 key=k}"]
    });
    site.stop();
}

/// Figures of a process from the system.
fn descriptors(site: &Site) -> usize {
    let folder = format!("/proc/{}/fd", site.pid());
    fs::read_dir(folder).expect("our own child").count()
}

fn resident_kib(site: &Site) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", site.pid()));
    let status = status.expect("our own child");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.expect("VmRSS").parse().expect("a number")
}

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
    let before = (descriptors(&site), resident_kib(&site));
    run(200_000);
    let after = (descriptors(&site), resident_kib(&site));
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

/// Whatever goes wrong inside, a script has its answer or an error, and the
/// server goes on.
#[test]
fn a_panic_is_an_error_for_the_script() {
    let cache = Memcached::start();
    cache.set("k", 0, b"v");
    for point in [
        "script-start",
        "script-submit",
        "script-next",
        "script-value",
        "script-stop",
    ] {
        let site = Site::builder()
            .module("mod_lua")
            .plugin(&testkit::panicking_library())
            .environment("MOD_MEMCACHED_PANIC_AT", point)
            .start("lua.handler \"$DIR/page.lua\";", &[]);
        let text = script("panicking.lua").replace("$CACHE", &cache.to_string());
        fs::write(site.dir().join("page.lua"), text).expect("a file");
        let pages: Vec<_> = (0..3).map(|_| site.get("/").text()).collect();
        let unavailable = "nil memcached is not available on this worker";
        let expected = match point {
            "script-start" => [unavailable; 3],
            "script-submit" => ["nil internal error: deliberate panic at script-submit"; 3],
            // Nothing is asked once an answer was lost.
            "script-next" => ["5 internal error", unavailable, unavailable],
            "script-value" => ["5 internal error"; 3],
            _ => ["1 nil"; 3],
        };
        assert_eq!(pages, expected, "{point}");
        let log = site.stop();
        let reached = format!("deliberate panic at {point}");
        assert!(log.contains(&reached), "{point} was never reached:\n{log}");
    }
}

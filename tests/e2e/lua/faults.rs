//! Scripts, servers and the plugin itself go wrong.

use std::fs;
use std::time::{Duration, Instant};

use testkit::{Faulty, Memcached, Peer, Site, eventually};

use super::{assert_quiet, lines, script, site};

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
    // What it had been sent before is done now, or not: newer releases go through all of
    // it, older ones until an answer finds nobody.
    eventually("memcached is used again", || {
        let seen = lines(&site, "/?one");
        seen[0].starts_with("get {code=4 ") || seen[0].contains(" code=1 data=v ")
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

//! Scripts that use memcached.

use std::fs;

use testkit::{Host, Memcached, Site, SiteBuilder, project_root};

/// The stand-in has no scripts.
fn no_lua() -> bool {
    let without = !Host::find().is_real();
    if without {
        println!("this server has no Lua: nothing to see here");
    }
    without
}

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
    if no_lua() {
        return;
    }
    let cache = Memcached::start();
    let site = site("commands.lua", &cache);
    let seen = lines(&site, "/");
    let expected: Vec<_> = script("commands.txt").lines().map(str::to_owned).collect();
    assert_eq!(seen, expected);
    assert_quiet(&site.stop());
}

#[test]
fn wrong_arguments_are_told() {
    if no_lua() {
        return;
    }
    let cache = Memcached::start();
    let site = site("arguments.lua", &cache);
    assert_eq!(lines(&site, "/"), [""; 0]);
    assert_quiet(&site.stop());
}

#[test]
fn callbacks_and_vrequests_outlive_what_the_script_keeps() {
    if no_lua() {
        return;
    }
    let cache = Memcached::start();
    let site = site("modes.lua", &cache);
    for _ in 0..20 {
        let expected = [
            "with a callback {} nil",
            "not ready {response={}} {response={}}",
            "bad key nil invalid key \"no key\": byte 0x20 at 2 is not allowed in a key",
            "callback {code=1 key=k ttl=300}",
            "ready {response={code=1 data=v flags=0 key=k}} true",
            "several {7={code=4 key=7} k={cas=string code=1 data=v flags=0 key=k} \
             none={code=4 key=none}}",
            "one {k={cas=string code=1 data=v flags=0 key=k}}",
            "spoiled v nil v",
        ];
        assert_eq!(lines(&site, "/"), expected);
    }
    assert_quiet(&site.stop());
}

#[test]
fn values_of_every_size_and_kind() {
    if no_lua() {
        return;
    }
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
    if no_lua() {
        return;
    }
    let cache = Memcached::start();
    let site = site("environment.lua", &cache);
    for query in ["a", "b", "c"] {
        let expected = [
            format!("globals {query} {query} nil"),
            "resumed 1 1 k1 nil".into(),
            format!("kept {query}!"),
            "resumed 2 1 k2 nil".into(),
            "resumed 3 1 k3 nil".into(),
            format!("last 1 {query}!"),
        ];
        let mut seen = lines(&site, &format!("/?{query}"));
        seen.sort();
        let mut expected = expected.to_vec();
        expected.sort();
        assert_eq!(seen, expected);
    }
    let log = site.stop();
    for expected in [
        "mod_memcached: error in a callback: ",
        "an error in a callback of b\nstack traceback:",
        "an error that is a table",
        "attempt to index",
        "yield",
    ] {
        assert!(log.contains(expected), "no {expected:?} in {log}");
    }
}

/// Nor is it the server's fault.
#[test]
fn a_script_that_holds_the_worker_up_makes_nothing_time_out() {
    if no_lua() {
        return;
    }
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

//! What scripts call and what they get.

use testkit::Memcached;

use super::{assert_quiet, lines, script, site};

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
    for (key, flags) in [("lock", 65538), ("marker", 65537), ("page", 65536)] {
        cache.set(key, flags, b"");
    }
    let site = site("values.lua", &cache);
    let mut expected = vec![
        "lock {code=4 key=lock}".to_owned(),
        "marker 4 page 1 65536".into(),
        "empty 1 1 true 0".into(),
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

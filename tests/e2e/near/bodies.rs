//! Items that are bodies.

use testkit::{Memcached, Site, Tap, eventually, random_bytes};

use super::{LONG, PUBLISHED, bring_near, status};
use crate::looked_up;

fn config(options: &str) -> String {
    looked_up(options) + PUBLISHED
}

#[test]
fn memcached_is_asked_once() {
    let cache = Memcached::start();
    let tap = Tap::start(cache.addr());
    cache.set("/a", 0, b"value");
    cache.set("/empty", 0, b"");
    let builder = Site::builder().setup(r#"log [default => "stderr"];"#);
    let site = builder.start(&config(LONG), &[("CACHE", &tap)]);
    for path in ["/a", "/empty"] {
        bring_near(&site, path);
        tap.expect_sent(format!("get {path}\r\n").as_bytes());
        for _ in 0..10 {
            let near = site.get(path);
            assert_eq!((status(&near), near.cache()), ("near", "Hit"));
        }
    }
    assert_eq!(site.get("/a").text(), "value");
    // What is not there is asked for again.
    for _ in 0..2 {
        assert_eq!(status(&site.get("/none")), "miss");
        tap.expect_sent(b"get /none\r\n");
    }
    let log = site.stop();
    assert!(log.contains("near_hits 23"), "{log}");
}

/// However long they are, and in however many pieces they came.
#[test]
fn all_sizes() {
    let cache = Memcached::start();
    let site = Site::start(&config(LONG), &[("CACHE", &cache)]);
    for (at, len) in [1, 2047, 2049, 16_384, 65_536, 200_000, 1_000_000]
        .into_iter()
        .enumerate()
    {
        let path = format!("/{len}");
        cache.set(&path, 0, &random_bytes(at as u64, len));
        assert_eq!(bring_near(&site, &path).body.len(), len);
        let head = site.request("HEAD", &path, &[]);
        assert_eq!(status(&head), "near");
        assert_eq!(head.header("Content-Length"), Some(&*len.to_string()));
    }
    site.stop();
}

/// What others change is seen after that time.
#[test]
fn not_for_longer_than_is_said() {
    let cache = Memcached::start();
    cache.set("/a", 0, b"old");
    let site = Site::start(&config(r#""near_ms" => 300"#), &[("CACHE", &cache)]);
    assert_eq!(site.get("/a").text(), "old");
    cache.set("/a", 0, b"new");
    eventually("what another has stored", || site.get("/a").text() == "new");
    assert!(cache.delete("/a"));
    eventually("what another has deleted is gone", || {
        status(&site.get("/a")) == "miss"
    });
    site.stop();
}

/// Nothing is kept unless that is asked for, and one action's wish is not another's.
#[test]
fn each_action_for_itself() {
    let cache = Memcached::start();
    cache.set("/a", 0, b"old");
    let config = format!(
        r#"
memcached.lookup (["server" => "$CACHE", "key" => "/a", {}], none, none);
"#,
        r#""bypass" => "%{req.header[X-Far]}", "near_ms" => 3600000"#
    ) + r#"memcached.lookup ["server" => "$CACHE", "key" => "/a"];
respond 200 => "missed";
"# + PUBLISHED;
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let far = || site.request("GET", "/", &[("X-Far", "1")]);
    for _ in 0..2 {
        let far = far();
        assert_eq!((status(&far), far.text().as_str()), ("hit", "old"));
    }
    bring_near(&site, "/");
    cache.set("/a", 0, b"new");
    assert_eq!(site.get("/").text(), "old");
    let far = far();
    assert_eq!((status(&far), far.text().as_str()), ("hit", "new"));
    site.stop();
}

/// What is larger than an action takes is no hit, wherever it is.
#[test]
fn the_longest_value() {
    let cache = Memcached::start();
    cache.set("k", 0, &[b'x'; 2000]);
    let lookup = |path: &str, most: &str| {
        format!(
            r#"
if req.path == "{path}" {{
	memcached.lookup ["server" => "$CACHE", "key" => "k", "max_value" => {most}, {LONG}];
	respond 200 => "missed";
}}
"#
        )
    };
    let config = lookup("/all", "5000") + &lookup("/small", "1000") + PUBLISHED;
    let site = Site::start(&config, &[("CACHE", &cache)]);
    bring_near(&site, "/all");
    let small = site.get("/small");
    assert_eq!(status(&small), "miss: larger than max_value");
    site.stop();
}

//! What a lookup does with a request.

use testkit::{Memcached, Site, Tap};

use crate::looked_up;

#[test]
fn pipelined_requests_are_answered_in_order() {
    let cache = Memcached::start();
    let config = looked_up(r#""key" => "%{req.query}""#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let mut client = site.connect();
    let mut all = Vec::new();
    for n in 0..50 {
        // Every third one is a miss.
        if n % 3 != 0 {
            cache.set(&format!("k{n}"), 0, format!("value {n}").as_bytes());
        }
        all.extend_from_slice(format!("GET /?k{n} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
    }
    client.send(&all);
    for n in 0..50 {
        let response = client.response("GET").expect("an answer");
        if n % 3 == 0 {
            assert_eq!(response.text(), "missed");
        } else {
            assert_eq!(response.text(), format!("value {n}"));
        }
    }
    site.stop();
}

#[test]
fn the_first_request_can_be_a_hit() {
    let cache = Memcached::start();
    cache.set("/", 0, b"x");
    for _ in 0..5 {
        let site = Site::start(&looked_up(""), &[("CACHE", &cache)]);
        assert_eq!(site.get("/").cache(), "Hit");
        site.stop();
    }
}

#[test]
fn other_methods_do_not_ask() {
    let cache = Memcached::start();
    let tap = Tap::start(cache.addr());
    cache.set("k", 0, b"x");
    let config = looked_up(r#""key" => "k""#);
    let site = Site::start(&config, &[("CACHE", &tap)]);
    assert_eq!(site.get("/").cache(), "Hit");
    tap.expect_sent(b"get k\r\n");
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let response = site.request(method, "/", &[("Content-Length", "0")]);
        assert_eq!(response.cache(), "Miss", "{method}");
    }
    // A later lookup shows that nothing was asked in between.
    assert_eq!(site.get("/").cache(), "Hit");
    tap.expect_sent(b"get k\r\n");
    site.stop();
}

#[test]
fn methods_can_be_chosen() {
    let cache = Memcached::start();
    cache.set("k", 0, b"x");
    let config = looked_up(r#""key" => "k", "methods" => ["POST"]"#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let post = site.request("POST", "/", &[("Content-Length", "0")]);
    assert_eq!(post.cache(), "Hit");
    assert_eq!(site.get("/").cache(), "Miss");
    site.stop();
}

#[test]
fn a_request_that_is_handled_is_left_alone() {
    let cache = Memcached::start();
    let tap = Tap::start(cache.addr());
    cache.set("k", 0, b"x");
    let config = format!("respond 200 => \"done\";\n{}", looked_up(r#""key" => "k""#));
    let site = Site::start(&config, &[("CACHE", &tap)]);
    let response = site.get("/");
    assert_eq!(
        (response.cache(), response.text().as_str()),
        ("none", "done")
    );
    assert_eq!(tap.connections(), 0);
    site.stop();
}

/// The first hit ends it; after a miss the next lookup has its turn.
#[test]
fn two_lookups_in_a_row() {
    let cache = Memcached::start();
    let config = r#"
memcached.lookup (["server" => "$CACHE", "key" => "a%{req.path}"], { header.add "X-By" => "a"; });
memcached.lookup (["server" => "$CACHE", "key" => "b%{req.path}"], { header.add "X-By" => "b"; },
	{ respond 200 => "neither"; });
"#;
    cache.set("a/1", 0, b"from a");
    cache.set("b/1", 0, b"from b");
    cache.set("b/2", 0, b"from b");
    let site = Site::start(config, &[("CACHE", &cache)]);
    let first = site.get("/1");
    assert_eq!(
        (first.header("X-By"), first.text().as_str()),
        (Some("a"), "from a")
    );
    let second = site.get("/2");
    assert_eq!(
        (second.header("X-By"), second.text().as_str()),
        (Some("b"), "from b")
    );
    assert_eq!(site.get("/3").text(), "neither");
    site.stop();
}

#[test]
fn without_actions_a_miss_goes_on() {
    let cache = Memcached::start();
    cache.set("/hit", 0, b"x");
    let config = r#"memcached.lookup ["server" => "$CACHE"]; respond 404 => "made";"#;
    let site = Site::start(config, &[("CACHE", &cache)]);
    assert_eq!(site.get("/hit").text(), "x");
    let missed = site.get("/miss");
    assert_eq!((missed.status, missed.text().as_str()), (404, "made"));
    site.stop();
}

#[test]
fn the_decision_is_in_the_debug_log() {
    let cache = Memcached::start();
    let config = format!("debug.log_request_handling true;\n{}", looked_up(""));
    let site = Site::builder()
        .setup(r#"log [default => "stderr"];"#)
        .start(&config, &[("CACHE", &cache)]);
    site.get("/nothing");
    site.await_log("memcached.lookup: not found");
    site.stop();
}

//! Why not: log lines and the request's environment.

use testkit::{Memcached, Site};

use super::{Cached, backend, config};

const SHOWN: &str = r#"
header.overwrite "X-Status" => "%{req.environment[MEMCACHED_STATUS]}";
header.overwrite "X-Store" => "%{req.environment[MEMCACHED_STORE]}";
"#;

#[test]
fn each_decision_has_a_reason() {
    let answers = [
        ("/cookie", "200 OK|Set-Cookie: a=b", "x"),
        ("/private", "200 OK|Cache-Control: private", "x"),
        ("/vary", "200 OK|Vary: Cookie", "x"),
        ("/encoded", "200 OK|Content-Encoding: gzip", "x"),
        ("/old", "200 OK|Expires: 0", "x"),
        ("/500", "500 Oops", "x"),
        ("/long", "200 OK", "0123456789abcdef"),
        ("/fine", "200 OK", "x"),
    ];
    let config = format!("{}{SHOWN}", config(r#""maxsize" => 10"#, ""));
    let cached = Cached::configured(&config, backend(&answers));
    for (path, reason) in [
        ("/cookie", "Set-Cookie"),
        ("/private", "Cache-Control: private"),
        ("/vary", "Vary: Cookie"),
        ("/encoded", "Content-Encoding"),
        ("/old", "expired"),
        ("/500", "status 500"),
        ("/long", "larger than maxsize"),
    ] {
        let response = cached.get(path, &[]);
        assert_eq!(response.header("X-Status"), Some("miss"), "{path}");
        let expected = format!("no: {reason}");
        assert_eq!(
            response.header("X-Store"),
            Some(expected.as_str()),
            "{path}"
        );
        let line = format!("memcached.store: not stored: {reason}");
        cached.site.await_log(&line);
    }
    let fine = cached.get("/fine", &[]);
    assert_eq!(fine.header("X-Store"), Some("storing"));
    cached
        .site
        .await_log("memcached.store: queued for memcached; key /fine at");
    cached.stored("/fine");
    let hit = cached.get("/fine", &[]);
    assert_eq!(hit.header("X-Status"), Some("hit"));
    assert_eq!(hit.header("X-Store"), Some(""));
    cached.site.await_log("memcached.lookup: hit");
    let credentials = cached.get("/private", &[("Authorization", "x")]);
    assert_eq!(
        credentials.header("X-Store"),
        Some("no: Cache-Control: private")
    );
    let post = cached
        .site
        .request("POST", "/fine", &[("Content-Length", "0")]);
    assert_eq!(post.header("X-Status"), Some("bypass: method"));
    assert_eq!(post.header("X-Store"), Some("no: method"));
    let head = cached.site.request("HEAD", "/cookie", &[]);
    assert_eq!(head.header("X-Store"), Some("no: HEAD"));
    cached.site.stop();
}

#[test]
fn a_lookup_that_failed() {
    let cache = Memcached::reserve();
    let config = format!("{}{SHOWN}", crate::looked_up(""));
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let response = site.get("/x");
    let status = response.header("X-Status").expect("a status");
    assert!(status.starts_with("error: "), "{status}");
    assert_eq!(response.text(), "missed");
    site.stop();
}

#[test]
fn a_damaged_value_and_a_condition() {
    let cache = Memcached::start();
    cache.set("/x", 0, b"damaged");
    let lookup = crate::looked_up(r#""headers" => true"#);
    let site = Site::start(&format!("{lookup}{SHOWN}"), &[("CACHE", &cache)]);
    let damaged = site.get("/x");
    let expected = Some("miss: no empty line after the headers");
    assert_eq!(damaged.header("X-Status"), expected);
    let condition = site.request("GET", "/x", &[("If-Match", "*")]);
    let expected = Some("bypass: If-Match or If-Unmodified-Since");
    assert_eq!(condition.header("X-Status"), expected);
    site.stop();
}

#[test]
fn the_environment_can_be_left_alone() {
    let cache = Memcached::start();
    let quiet = r#""environment" => false"#;
    let cached = crate::cached(quiet, r#"respond 200 => "page";"#, "");
    let site = Site::start(&format!("{cached}{SHOWN}"), &[("CACHE", &cache)]);
    let first = site.get("/x");
    let hit = site.get_hit("/x");
    for response in [first, hit] {
        assert_eq!(response.text(), "page");
        assert_eq!(response.header("X-Status"), Some(""));
        assert_eq!(response.header("X-Store"), Some(""));
    }
    site.stop();
}

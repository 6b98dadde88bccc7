//! Responses that are stored whole and come back.

use std::io::Write;
use std::time::Duration;

use testkit::Backend;

use super::{Cached, backend, config, values};

#[test]
fn a_response_comes_back_with_its_headers() {
    let head = "200 OK|Content-Type: application/json|X-A: 1|X-A: 2|Link: </a>; rel=x\
        |ETag: \"v1\"|Cache-Control: max-age=60|Server: backend|Keep-Alive: timeout=5";
    let cached = Cached::start("", backend(&[("/x", head, "{\"a\": 1}")]));
    let (missed, hit) = cached.miss_and_hit("/x");
    for response in [&missed, &hit] {
        assert_eq!(response.status, 200);
        assert_eq!(response.text(), "{\"a\": 1}");
        assert_eq!(values(response, "Content-Type"), ["application/json"]);
        assert_eq!(values(response, "X-A"), ["1", "2"]);
        assert_eq!(values(response, "Link"), ["</a>; rel=x"]);
        assert_eq!(values(response, "ETag"), ["\"v1\""]);
        assert_eq!(values(response, "Cache-Control"), ["max-age=60"]);
        assert_eq!(values(response, "Content-Length"), ["8"]);
        assert_eq!(values(response, "Date").len(), 1);
    }
    assert_eq!(values(&hit, "Server").len(), 1);
    assert_ne!(values(&hit, "Server"), ["backend"]);
    assert_eq!(hit.header("Keep-Alive"), None);
    let age: u64 = hit.header("Age").expect("an age").parse().expect("seconds");
    assert!(age < 60);
    assert_eq!(cached.backend.requests(), 1);
    cached.site.stop();
}

#[test]
fn the_stored_form() {
    let head = "200 OK|content-type: text/html|Connection: x-hop|X-Hop: 1|Server: b|X-Kept: 1";
    let cached = Cached::start("", backend(&[("/x", head, "body")]));
    cached.get("/x", &[]);
    let stored = cached.stored("/x");
    let (head, body) = stored.split_once("\r\n\r\n").expect("an empty line");
    assert_eq!(body, "body");
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some("HTTP/1.1 200 OK"));
    let names: Vec<_> = lines
        .map(|line| line.split_once(": ").expect("a header").0.to_lowercase())
        .collect();
    assert_eq!(names, ["x-memcached", "content-type", "x-kept", "date"]);
    cached.site.stop();
}

#[test]
fn other_statuses_come_back_as_such() {
    let answers = [
        (
            "/301",
            "301 Moved|Location: /new|Content-Type: text/plain",
            "moved",
        ),
        ("/302", "302 Found|Location: /new", ""),
        ("/308", "308 Permanent Redirect|Location: /new", ""),
        ("/404", "404 Not Found|Content-Type: text/plain", "not here"),
        ("/410", "410 Gone|Content-Type: text/plain", "gone"),
    ];
    let options = r#""status" => [200, 301, 302, 308, 404, 410]"#;
    let cached = Cached::start(options, backend(&answers));
    for (path, head, body) in answers {
        let (missed, hit) = cached.miss_and_hit(path);
        assert_eq!(hit.status.to_string(), path[1..]);
        assert_eq!(hit.text(), body);
        assert_eq!(missed.status, hit.status);
        if head.contains("Location") {
            assert_eq!(values(&hit, "Location"), values(&missed, "Location"));
            assert_eq!(values(&hit, "Location").len(), 1);
        }
    }
    cached.site.stop();
}

#[test]
fn a_status_that_is_not_named_is_not_stored() {
    let answers = [
        ("/404", "404 Not Found", "x"),
        ("/301", "301 Moved|Location: /new", "x"),
        ("/200", "200 OK", "x"),
    ];
    let cached = Cached::start(r#""status" => [404]"#, backend(&answers));
    cached.miss_and_hit("/404");
    // What is named is added to 200.
    cached.miss_and_hit("/200");
    cached.get("/301", &[]);
    let line = "memcached.store: not stored: status 301";
    cached.site.await_log(line);
    assert_eq!(cached.cache.get("/301"), None);
    cached.site.stop();
}

#[test]
fn ttl_by_status() {
    let answers = [
        ("/200", "200 OK", "x"),
        ("/404", "404 Not Found", "x"),
        ("/410", "410 Gone", "x"),
        ("/max-age", "200 OK|Cache-Control: max-age=50", "x"),
    ];
    let options =
        r#""status" => [200, 404, 410], "ttl" => ["200" => 1000, "404" => 0, default => 500]"#;
    let cached = Cached::start(options, backend(&answers));
    for (path, ttl) in [
        ("/200", 1000),
        ("/404", -1),
        ("/410", 500),
        ("/max-age", 50),
    ] {
        cached.get(path, &[]);
        cached.stored(path);
        let found = cached.cache.ttl(path).expect("stored");
        assert!((ttl - 20..=ttl).contains(&found), "{path}: {found}");
    }
    cached.site.stop();
}

#[test]
fn the_age_before_it_was_stored_counts() {
    let head = "200 OK|Age: 100|Cache-Control: max-age=1000";
    let cached = Cached::start(r#""ttl" => 0"#, backend(&[("/x", head, "x")]));
    let (_, hit) = cached.miss_and_hit("/x");
    let age: u64 = hit.header("Age").expect("an age").parse().expect("seconds");
    assert!((100..160).contains(&age), "{age}");
    assert_eq!(values(&hit, "Age").len(), 1);
    cached.site.stop();
}

/// A response that is no longer fresh when its body ends is not stored.
#[test]
fn the_body_takes_longer_than_the_response_is_fresh() {
    let slow = Backend::start(|_, stream| {
        let head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=1\r\nContent-Length: 2\r\n\r\na";
        // The server may be gone before it has read all.
        drop(stream.write_all(head.as_bytes()));
        // Time itself has to pass.
        std::thread::sleep(Duration::from_millis(2100));
        drop(stream.write_all(b"b"));
    });
    let cached = Cached::start("", slow);
    assert_eq!(cached.get("/x", &[]).text(), "ab");
    cached
        .site
        .await_log("memcached.store: not stored: expired");
    assert_eq!(cached.cache.get("/x"), None);
    cached.site.stop();
}

#[test]
fn empty_and_large_bodies() {
    let large = "0123456789abcdef".repeat(60_000);
    let answers = [
        ("/empty", "200 OK|X-A: 1", ""),
        ("/large", "200 OK|X-A: 1", large.as_str()),
    ];
    let cached = Cached::start(r#""maxsize" => 1000000"#, backend(&answers));
    for (path, _, body) in answers {
        let (_, hit) = cached.miss_and_hit(path);
        assert_eq!(hit.header("X-A"), Some("1"));
        assert_eq!(hit.header("Content-Length"), Some(&*body.len().to_string()));
        assert!(hit.text() == body, "{path}");
        let head = cached.site.request("HEAD", path, &[]);
        assert_eq!(head.cache(), "Hit");
        assert_eq!(head.header("X-A"), Some("1"));
        assert_eq!(
            head.header("Content-Length"),
            Some(&*body.len().to_string())
        );
    }
    cached.site.stop();
}

#[test]
fn maxsize_counts_the_body_alone() {
    let answers = [
        ("/10", "200 OK|X: y", "0123456789"),
        ("/11", "200 OK", "0123456789a"),
    ];
    let cached = Cached::start(r#""maxsize" => 10"#, backend(&answers));
    cached.get("/11", &[]);
    cached
        .site
        .await_log("memcached.store: not stored: larger than maxsize");
    cached.miss_and_hit("/10");
    assert_eq!(cached.cache.get("/11"), None);
    cached.site.stop();
}

#[test]
fn an_etag_of_the_body() {
    let answers = [
        ("/none", "200 OK", "abc"),
        ("/own", "200 OK|ETag: W/\"own\"", "abc"),
    ];
    let cached = Cached::start(r#""etag" => true"#, backend(&answers));
    let (missed, hit) = cached.miss_and_hit("/none");
    assert_eq!(missed.header("ETag"), None);
    let tag = format!("\"{}\"", testkit::sha1_hex(b"abc"));
    assert_eq!(hit.header("ETag"), Some(tag.as_str()));
    let again = cached.get("/none", &[("If-None-Match", &tag)]);
    assert_eq!((again.status, again.cache()), (304, "Hit"));
    let (_, own) = cached.miss_and_hit("/own");
    assert_eq!(values(&own, "ETag"), ["W/\"own\""]);
    cached.site.stop();
}

/// What an action added before the store is stored; what the lookup's side
/// sets before it gives way to what is stored.
#[test]
fn headers_as_they_are_when_the_store_runs() {
    let before_store = r#"header.add "X-Late" => "late";"#;
    let config = format!(
        "header.add \"X-Early\" => \"early\";\n{}\nheader.add \"X-After\" => \"after\";",
        config("", before_store)
    );
    let cached = Cached::configured(&config, backend(&[("/x", "200 OK|X-Own: 1", "x")]));
    let (missed, hit) = cached.miss_and_hit("/x");
    for response in [missed, hit] {
        for name in ["X-Early", "X-Late", "X-Own", "X-After"] {
            assert_eq!(values(&response, name).len(), 1, "{name} {response:?}");
        }
    }
    assert!(!cached.stored("/x").contains("X-After"));
    cached.site.stop();
}

#[test]
fn a_forced_response_comes_back_without_its_cookie() {
    let head = "200 OK|Set-Cookie: session=1|Cache-Control: private|Content-Encoding: br";
    let cached = Cached::start(r#""force" => true"#, backend(&[("/x", head, "x")]));
    let (missed, hit) = cached.miss_and_hit("/x");
    assert_eq!(values(&missed, "Set-Cookie"), ["session=1"]);
    assert_eq!(hit.header("Set-Cookie"), None);
    assert_eq!(hit.header("Content-Encoding"), Some("br"));
    assert_eq!(hit.header("Cache-Control"), Some("private"));
    cached.site.stop();
}

#[test]
fn headers_that_are_too_many_are_not_stored() {
    let long = "v".repeat(30_000);
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX-A: {long}\r\nX-B: {long}\r\nX-C: {long}\r\n\r\nx"
    );
    let cached = Cached::start("", Backend::constant(response));
    let missed = cached.get("/x", &[]);
    // The host itself may take no such response.
    if missed.status == 200 {
        cached
            .site
            .await_log("memcached.store: not stored: headers larger than 64 KiB");
        assert_eq!(missed.header("X-C").map(str::len), Some(30_000));
    }
    assert_eq!(cached.cache.get("/x"), None);
    cached.site.stop();
}

/// One that is sent from an item is not stored under the same key again.
#[test]
fn a_hit_is_not_stored_again() {
    let config = format!(
        "{}\nmemcached.store [\"server\" => \"$CACHE\", \"headers\" => true];",
        config("", "")
    );
    let cached = Cached::configured(&config, backend(&[("/x", "200 OK", "x")]));
    cached.miss_and_hit("/x");
    cached
        .site
        .await_log("memcached.store: not stored: comes from this item");
    cached.site.stop();
}

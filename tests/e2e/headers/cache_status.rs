//! The header `Cache-Status`.

use testkit::{Memcached, Site};

use super::{Cached, backend, values};
use crate::{cached, looked_up};

const HEADER: &str = "Cache-Status";

const ANSWERS: &[(&str, &str, &str)] = &[
    ("/age", "200 OK|Cache-Control: max-age=1000|Age: 100", "x"),
    ("/plain", "200 OK", "x"),
    ("/no", "200 OK|Set-Cookie: a=b", "x"),
    (
        "/far",
        "200 OK|Cache-Status: far; hit|Cache-Control: max-age=1000",
        "x",
    ),
];

/// `c; hit; ttl=N` with a few seconds less.
fn assert_ttl(value: &str, start: &str, ttl: u32) {
    let (before, found) = value.split_once("; ttl=").expect("a ttl");
    assert_eq!(before, start);
    let found: u32 = found.parse().expect("seconds");
    assert!((ttl - 20..=ttl).contains(&found), "{value}");
}

#[test]
fn hits_and_misses() {
    let options = r#""cache_status" => "c", "ttl" => 600"#;
    let cached = Cached::start(options, backend(ANSWERS));
    let (missed, hit) = cached.miss_and_hit("/age");
    assert_ttl(
        missed.header(HEADER).expect("a status"),
        "c; fwd=uri-miss; stored",
        600,
    );
    // By what the response says itself.
    assert_ttl(hit.header(HEADER).expect("a status"), "c; hit", 900);
    let (missed, hit) = cached.miss_and_hit("/plain");
    assert_ttl(
        missed.header(HEADER).expect("a status"),
        "c; fwd=uri-miss; stored",
        600,
    );
    assert_eq!(values(&hit, HEADER), ["c; hit"]);

    let refused = cached.get("/no", &[]);
    assert_eq!(
        values(&refused, HEADER),
        [r#"c; fwd=uri-miss; detail="Set-Cookie""#]
    );
    let post = cached
        .site
        .request("POST", "/plain", &[("Content-Length", "0")]);
    assert_eq!(values(&post, HEADER), ["c; fwd=method"]);
    let condition = cached.get("/plain", &[("If-Match", "*")]);
    let bypass = r#"c; fwd=bypass; detail="If-Match or If-Unmodified-Since""#;
    let found = values(&condition, HEADER);
    assert!(found[0].starts_with("c; fwd=bypass; stored"), "{found:?}");
    assert!(
        found[0].ends_with(bypass.trim_start_matches("c; fwd=bypass")),
        "{found:?}"
    );
    // Not the page that is being stored again.
    cached.cache.set("/age", 0, b"damaged");
    let damaged = cached.get("/age", &[]);
    let found = values(&damaged, HEADER);
    assert!(found[0].starts_with("c; fwd=miss; stored"), "{found:?}");
    assert!(
        found[0].ends_with(r#"; detail="no empty line after the headers""#),
        "{found:?}"
    );
    cached.site.stop();
}

/// Ours follows those of caches before it, and is not stored.
#[test]
fn caches_before_this_one() {
    let cached = Cached::start(r#""cache_status" => "c d""#, backend(ANSWERS));
    let (missed, hit) = cached.miss_and_hit("/far");
    let missed = values(&missed, HEADER);
    assert_eq!(missed[0], "far; hit");
    assert!(
        missed[1].starts_with("\"c d\"; fwd=uri-miss; stored"),
        "{missed:?}"
    );
    let hit = values(&hit, HEADER);
    assert_eq!(hit[0], "far; hit");
    assert!(hit[1].starts_with("\"c d\"; hit; ttl="), "{hit:?}");
    assert_eq!((missed.len(), hit.len()), (2, 2));
    let stored = cached.stored("/far");
    assert!(
        stored.contains("far; hit") && !stored.contains("c d"),
        "{stored}"
    );
    cached.site.stop();
}

/// What a hit says of itself is not stored under another key.
#[test]
fn what_is_said_of_one_hit_is_not_stored() {
    let cache = Memcached::start();
    let item = format!("HTTP/1.1 200 OK\r\nX-A: b\r\n{}\r\n\r\nx", crate::date(0));
    cache.set("a", 0, item.as_bytes());
    let config = r#"
memcached.lookup ["server" => "$CACHE", "key" => "a", "headers" => true, "cache_status" => "c"];
memcached.store ["server" => "$CACHE", "key" => "b", "headers" => true, "cache_status" => "c", "ttl" => 600];
"#;
    let site = Site::start(config, &[("CACHE", &cache)]);
    assert_eq!(values(&site.get("/"), HEADER), ["c; hit"]);
    let stored = testkit::eventually_some("it is stored", || cache.get("b"));
    let stored = String::from_utf8_lossy(&stored.data).into_owned();
    assert!(
        stored.contains("X-A: b") && !stored.contains(HEADER),
        "{stored}"
    );
    site.stop();
}

#[test]
fn the_key_is_shown_where_the_environment_has_it() {
    let options = r#""cache_status" => "c", "environment" => "all", "key" => "k\"%{req.path}""#;
    let cached = Cached::start(options, backend(ANSWERS));
    let missed = cached.get("/no", &[]);
    let expected = r#"c; fwd=uri-miss; key="k\"/no"; detail="Set-Cookie""#;
    assert_eq!(values(&missed, HEADER), [expected]);
    cached.get("/plain", &[]);
    cached.stored("k\"/plain");
    let hit = cached.get("/plain", &[]);
    assert_eq!(values(&hit, HEADER), [r#"c; hit; key="k\"/plain""#]);
    cached.site.stop();
}

/// With variants it is not known which of URL and header there is nothing for.
#[test]
fn a_miss_of_a_variant() {
    let options = r#""cache_status" => "c", "vary" => ["x-a"]"#;
    let cached = Cached::start(options, backend(ANSWERS));
    let missed = cached.get("/no", &[]);
    assert_eq!(
        values(&missed, HEADER),
        [r#"c; fwd=miss; detail="Set-Cookie""#]
    );
    cached.site.stop();
}

/// A lookup whose miss action has no store says it itself, once the response is
/// there; without `headers` too.
#[test]
fn without_a_store() {
    let cache = Memcached::start();
    cache.set("/hit", 0, b"x");
    let config = looked_up(r#""cache_status" => "c""#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    assert_eq!(values(&site.get("/hit"), HEADER), ["c; hit"]);
    assert_eq!(values(&site.get("/miss"), HEADER), ["c; fwd=uri-miss"]);
    site.stop();

    let answers = backend(ANSWERS);
    let config = r#"
memcached.lookup (["server" => "$CACHE", "cache_status" => "c"], none, { proxy "$BACKEND"; });
"#;
    let site = Site::start(config, &[("CACHE", &cache), ("BACKEND", &answers)]);
    let missed = site.get("/far");
    assert_eq!(values(&missed, HEADER), ["far; hit", "c; fwd=uri-miss"]);
    site.stop();
}

#[test]
fn memcached_that_cannot_be_asked() {
    let cache = Memcached::reserve();
    let options = r#""cache_status" => "c""#;
    let config = cached(options, r#"respond 200 => "page";"#, "");
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let response = site.get("/x");
    let found = values(&response, HEADER);
    assert!(found[0].starts_with("c; fwd=miss; detail=\""), "{found:?}");
    site.stop();
}

/// The server makes a 503 itself, without any action.
#[test]
fn of_a_backend_that_is_gone() {
    let cache = Memcached::start();
    let nobody = format!("127.0.0.1:{}", testkit::free_port());
    let config = r#"
if req.path =^ "/lookup/" {
	memcached.lookup (["server" => "$CACHE", "cache_status" => "c"], none, { proxy "$NOBODY"; });
} else if req.path =^ "/store/" {
	memcached.lookup (["server" => "$CACHE", "cache_status" => "c"], none, {
		proxy "$NOBODY";
		memcached.store ["server" => "$CACHE", "cache_status" => "c"];
	});
} else if req.path =^ "/cache/" {
	memcached.cache (["server" => "$CACHE", "cache_status" => "c"], { proxy "$NOBODY"; });
} else {
	respond 200 => "other";
}
"#;
    let site = Site::start(config, &[("CACHE", &cache), ("NOBODY", &nobody)]);
    let mut client = site.connect();
    for (path, expected) in [
        ("/lookup/a", "c; fwd=uri-miss"),
        ("/store/a", "c; fwd=uri-miss"),
        ("/cache/a", "c; fwd=miss"),
        ("/cache/a", "c; fwd=miss"),
    ] {
        let response = client.get(path);
        assert_eq!(response.status, 503, "{path}");
        assert_eq!(values(&response, HEADER), [expected], "{path}");
        // Nothing is left for what comes next on the connection.
        assert!(values(&client.get("/other"), HEADER).is_empty());
    }
    site.stop();
}

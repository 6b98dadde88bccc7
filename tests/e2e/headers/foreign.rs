//! Items that somebody else wrote.

use testkit::{Memcached, Site};

fn site(cache: &Memcached) -> Site {
    let config = format!(
        "debug.log_request_handling true;\n{}",
        crate::looked_up(r#""headers" => true, "key" => "%{req.query}""#)
    );
    Site::builder()
        .setup(r#"log [default => "stderr"];"#)
        .start(&config, &[("CACHE", cache)])
}

#[test]
fn written_by_hand() {
    let cache = Memcached::start();
    let site = site(&cache);
    cache.set(
        "k",
        0,
        b"HTTP/1.1 201 Created\r\ncontent-type:text/x-own\r\nX-A:\r\nX-B:  1 \r\n\r\n\r\nbody",
    );
    let hit = site.get("/?k");
    assert_eq!((hit.status, hit.cache()), (201, "Hit"));
    assert_eq!(hit.text(), "\r\nbody");
    assert_eq!(hit.header("Content-Type"), Some("text/x-own"));
    assert_eq!(hit.header("X-A"), Some(""));
    assert_eq!(hit.header("X-B"), Some("1"));
    assert_eq!(hit.header("Age"), None, "nobody knows when it was stored");
    site.stop();
}

#[test]
fn what_is_never_taken_from_an_item() {
    let cache = Memcached::start();
    let site = site(&cache);
    cache.set(
        "k",
        0,
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nConnection: close, x-hop\r\nX-Hop: 1\r\n\
          Keep-Alive: 1\r\nServer: evil\r\nUpgrade: x\r\nContent-Length: 4\r\nX-A: 1\r\n\r\nbody",
    );
    let mut client = site.connect();
    for _ in 0..2 {
        let hit = client.get("/?k");
        assert_eq!((hit.cache(), hit.text().as_str()), ("Hit", "body"));
        assert_eq!(hit.header("X-A"), Some("1"));
        for name in ["Set-Cookie", "Connection", "X-Hop", "Keep-Alive", "Upgrade"] {
            assert_eq!(hit.header(name), None, "{name}");
        }
        assert_ne!(hit.header("Server"), Some("evil"));
    }
    site.stop();
}

#[test]
fn damaged_and_hostile_values_are_misses() {
    let cache = Memcached::start();
    let site = site(&cache);
    let large = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "v".repeat(65_536));
    for (value, why) in [
        ("", "no empty line after the headers"),
        ("just a body", "no empty line after the headers"),
        ("<html>\r\n\r\n", "no HTTP/1.1 status line"),
        (
            "HTTP/1.1 200 OK\r\nX: 1\r\n",
            "no empty line after the headers",
        ),
        (
            "HTTP/1.1 200 OK\r\nX: 1\nSet-Cookie: evil=1\r\n\r\n",
            "a line that is no header",
        ),
        (
            "HTTP/1.1 200 OK\r\nX: 1\rY: 1\r\n\r\n",
            "a line that is no header",
        ),
        (
            "HTTP/1.1 200 OK\r\nX: 1\r\n folded: 1\r\n\r\n",
            "a line that is no header",
        ),
        (
            "HTTP/1.1 200 OK\r\nX : 1\r\n\r\n",
            "a line that is no header",
        ),
        (
            "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n",
            "a line that is no header",
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\n",
            "a status that no whole response has",
        ),
        (
            "HTTP/1.1 206 Partial\r\n\r\nx",
            "a status that no whole response has",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
            "a body of another length",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "a body of another length",
        ),
        (&large, "headers larger than 64 KiB"),
    ] {
        cache.set("k", 0, value.as_bytes());
        let response = site.get("/?k");
        assert_eq!(
            (response.cache(), response.text().as_str()),
            ("Miss", "missed")
        );
        assert_eq!(response.header("Set-Cookie"), None);
        site.await_log(&format!("memcached.lookup: not a stored response: {why}"));
    }
    site.stop();
}

/// Without `headers` an item is a body, whatever it looks like.
#[test]
fn without_headers_a_head_is_a_part_of_the_body() {
    let cache = Memcached::start();
    let value = "HTTP/1.1 404 No\r\nX-A: 1\r\n\r\nbody";
    cache.set("/", 0, value.as_bytes());
    let site = Site::start(&crate::looked_up(""), &[("CACHE", &cache)]);
    let hit = site.get("/");
    assert_eq!((hit.status, hit.text().as_str()), (200, value));
    assert_eq!(hit.header("X-A"), None);
    site.stop();
}

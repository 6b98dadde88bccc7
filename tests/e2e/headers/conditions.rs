//! Conditions and ranges on hits.

use testkit::{Memcached, Response, Site};

const TAG: &str = "\"v1\"";
const DATE: &str = "Mon, 23 Nov 2026 12:00:00 GMT";

/// A site with one item, `/x`, whose body is 10 bytes.
struct One {
    site: Site,
    _cache: Memcached,
}

impl One {
    fn start(head: &str) -> Self {
        let cache = Memcached::start();
        let head = head.replace('|', "\r\n");
        let value = format!("HTTP/1.1 {head}\r\n\r\n0123456789");
        cache.set("/x", 0, value.as_bytes());
        let config = crate::looked_up(r#""headers" => true"#);
        let site = Site::start(&config, &[("CACHE", &cache)]);
        Self {
            site,
            _cache: cache,
        }
    }

    fn validated() -> Self {
        Self::start(&format!(
            "200 OK|Content-Type: text/plain|ETag: {TAG}|Last-Modified: {DATE}\
             |Cache-Control: max-age=9|Vary: X|X-Own: 1|Date: Tue, 24 Nov 2026 12:00:00 GMT"
        ))
    }

    fn get(&self, headers: &[(&str, &str)]) -> Response {
        self.site.request("GET", "/x", headers)
    }
}

#[test]
fn not_modified() {
    let one = One::validated();
    for headers in [
        &[("If-None-Match", TAG)][..],
        &[("If-None-Match", "W/\"v1\"")],
        &[("If-None-Match", "\"v0\", \"v1\"")],
        &[("If-None-Match", "*")],
        &[("If-Modified-Since", DATE)],
        &[
            ("If-None-Match", TAG),
            ("If-Modified-Since", "Mon, 01 Jan 1990 00:00:00 GMT"),
        ],
    ] {
        for method in ["GET", "HEAD"] {
            let response = one.site.request(method, "/x", headers);
            assert_eq!(
                (response.status, response.cache()),
                (304, "Hit"),
                "{headers:?}"
            );
            for (name, value) in [
                ("ETag", TAG),
                ("Cache-Control", "max-age=9"),
                ("Vary", "X"),
                ("X-Own", "1"),
            ] {
                assert_eq!(response.header(name), Some(value), "{method} {headers:?}");
            }
            assert!(response.header("Age").is_some());
            assert!(response.header("Date").is_some());
            for name in ["Content-Type", "Content-Length", "Transfer-Encoding"] {
                assert_eq!(response.header(name), None, "{name}");
            }
        }
    }
    one.site.stop();
}

/// A connection goes on after a 304 and a HEAD.
#[test]
fn the_connection_stays_in_step() {
    let one = One::validated();
    let mut client = one.site.connect();
    for _ in 0..3 {
        assert_eq!(
            client
                .request("GET", "/x", &[("If-None-Match", TAG)])
                .status,
            304
        );
        assert_eq!(client.request("HEAD", "/x", &[]).status, 200);
        assert_eq!(
            client
                .request("GET", "/x", &[("Range", "bytes=99-")])
                .status,
            416
        );
        assert_eq!(client.get("/x").text(), "0123456789");
    }
    one.site.stop();
}

#[test]
fn modified() {
    let one = One::validated();
    for headers in [
        &[("If-None-Match", "\"v2\"")][..],
        &[("If-None-Match", "\"v2\""), ("If-Modified-Since", DATE)],
        &[("If-Modified-Since", "Mon, 23 Nov 2026 11:59:59 GMT")],
        &[("If-Modified-Since", "then")],
    ] {
        let response = one.get(headers);
        assert_eq!(
            (response.status, response.cache()),
            (200, "Hit"),
            "{headers:?}"
        );
        assert_eq!(response.text(), "0123456789");
    }
    one.site.stop();
}

#[test]
fn ranges() {
    let one = One::validated();
    for (range, body, content_range) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=0-99", "0123456789", "bytes 0-9/10"),
    ] {
        for if_range in [None, Some(TAG), Some(DATE)] {
            let mut headers = vec![("Range", range)];
            headers.extend(if_range.map(|value| ("If-Range", value)));
            let response = one.get(&headers);
            assert_eq!(
                (response.status, response.cache()),
                (206, "Hit"),
                "{headers:?}"
            );
            assert_eq!(response.text(), body);
            assert_eq!(response.header("Content-Range"), Some(content_range));
            assert_eq!(
                response.header("Content-Length"),
                Some(&*body.len().to_string())
            );
            assert_eq!(response.header("Content-Type"), Some("text/plain"));
            assert_eq!(response.header("ETag"), Some(TAG));
        }
    }
    let beyond = one.get(&[("Range", "bytes=10-")]);
    assert_eq!(beyond.status, 416);
    assert_eq!(beyond.header("Content-Range"), Some("bytes */10"));
    assert_eq!(beyond.header("ETag"), None);
    one.site.stop();
}

#[test]
fn ranges_that_do_not_count() {
    let one = One::validated();
    for headers in [
        &[("Range", "bytes=0-1,3-4")][..],
        &[("Range", "lines=0-1")],
        &[("Range", "bytes=0-1"), ("If-Range", "\"v0\"")],
        &[("Range", "bytes=0-1"), ("If-Range", "W/\"v1\"")],
        &[
            ("Range", "bytes=0-1"),
            ("If-Range", "Mon, 23 Nov 2026 12:00:01 GMT"),
        ],
    ] {
        let response = one.get(headers);
        assert_eq!(
            (response.status, response.cache()),
            (200, "Hit"),
            "{headers:?}"
        );
        assert_eq!(response.text(), "0123456789");
        assert_eq!(response.header("Accept-Ranges"), Some("bytes"));
        assert_eq!(response.header("Content-Range"), None);
    }
    let head = one.site.request("HEAD", "/x", &[("Range", "bytes=0-1")]);
    assert_eq!(
        (head.status, head.header("Content-Length")),
        (200, Some("10"))
    );
    one.site.stop();
}

#[test]
fn other_statuses_know_no_conditions() {
    let one = One::start("404 Not Found|ETag: \"v1\"");
    for headers in [("If-None-Match", TAG), ("Range", "bytes=0-1")] {
        let response = one.get(&[headers]);
        assert_eq!(
            (response.status, response.text().as_str()),
            (404, "0123456789")
        );
    }
    one.site.stop();
}

/// A cache must not evaluate these, so the origin gets to see them.
#[test]
fn conditions_for_the_origin_bypass_the_cache() {
    let one = One::validated();
    for header in [("If-Match", TAG), ("If-Unmodified-Since", DATE)] {
        assert_eq!(one.get(&[header]).text(), "missed", "{header:?}");
    }
    assert_eq!(one.get(&[]).cache(), "Hit");
    one.site.stop();
}

/// Who shares a request to memcached still gets the answer to what he asked.
#[test]
fn joined_lookups_have_conditions_of_their_own() {
    let cache = Memcached::start();
    cache.set(
        "/x",
        0,
        b"HTTP/1.1 200 OK\r\nETag: \"v1\"\r\n\r\n0123456789",
    );
    // No time-out may pass on a slow machine.
    let config = crate::looked_up(r#""headers" => true, "timeout_ms" => 600000"#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    assert_eq!(site.get("/x").cache(), "Hit");
    cache.suspend();
    let mut clients: Vec<_> = [
        (&[][..], 200, "0123456789"),
        (&[("Range", "bytes=2-4")], 206, "234"),
        (&[("If-None-Match", TAG)], 304, ""),
        (&[("Range", "bytes=-1")], 206, "9"),
    ]
    .into_iter()
    .map(|(headers, status, body)| {
        let mut client = site.connect();
        client.send_request("GET", "/x", headers);
        (client, status, body)
    })
    .collect();
    cache.resume();
    for (client, status, body) in &mut clients {
        let response = client.response("GET").expect("an answer");
        assert_eq!(
            (response.status, response.text().as_str()),
            (*status, *body)
        );
    }
    site.stop();
}

/// A value larger than one read comes in pieces.
#[test]
fn ranges_of_a_large_body() {
    let cache = Memcached::start();
    let body = testkit::random_bytes(1, 300_000);
    let mut value = b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n".to_vec();
    value.extend_from_slice(&body);
    cache.set("/x", 0, &value);
    let config = crate::looked_up(r#""headers" => true"#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    for (first, last) in [
        (0, 299_999),
        (0, 0),
        (65_000, 140_000),
        (299_999, 299_999),
        (65_535, 65_536),
    ] {
        let range = format!("bytes={first}-{last}");
        let response = site.request("GET", "/x", &[("Range", &range)]);
        assert_eq!(response.status, 206);
        assert!(response.body == body[first..=last], "{range}");
    }
    site.stop();
}

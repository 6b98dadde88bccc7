//! Whole responses.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::{Backend, Memcached, Site, Tap, eventually, eventually_some};

use super::{LONG, PUBLISHED, status};
use crate::cached;

/// Answers with how often it was asked, with these header lines.
fn numbering(lines: &str) -> Backend {
    let head = lines.replace('|', "\r\n");
    let made = AtomicUsize::new(0);
    Backend::start(move |_, stream| {
        let body = format!("page {}", made.fetch_add(1, Ordering::SeqCst));
        let len = body.len();
        let text = format!("HTTP/1.1 200 OK\r\n{head}\r\nContent-Length: {len}\r\n\r\n{body}");
        // The server may be gone before it has read all.
        drop(stream.write_all(text.as_bytes()));
    })
}

/// The action `memcached.cache` in front of a backend.
fn cache(options: &str) -> String {
    let options = crate::options(&[LONG, r#""cache_status" => "c""#, options]);
    format!("memcached.cache ({options}, {{ proxy \"$BACKEND\"; }});\n{PUBLISHED}")
}

/// Lookup, proxy and store.
fn looked_up_and_stored(options: &str) -> String {
    let both = format!(r#"{LONG}, "headers" => true, "cache_status" => "c", {options}"#);
    cached(&both, r#"proxy "$BACKEND";"#, "") + PUBLISHED
}

/// Until it is a hit, and then near; the text that it has.
fn fill(site: &Site, path: &str) -> String {
    assert_eq!(status(&site.get(path)), "miss", "{path}");
    // What is found while it is being stored does not count.
    eventually_some("it is near", || {
        let page = site.get(path);
        (status(&page) == "near").then(|| page.text())
    })
}

#[test]
fn conditions_ranges_heads_and_ages() {
    let date = crate::date(100);
    let lines = format!(
        "{date}|Cache-Control: max-age=5000|ETag: \"v\"|Last-Modified: Mon, 02 Jan 2023 \
         03:04:05 GMT|Content-Type: text/plain|X-A: 1|X-A: 2|Connection: X-B|X-B: 3"
    );
    for config in [
        cache(""),
        looked_up_and_stored(r#""ttl" => 5000"#),
        looked_up_and_stored(r#""ttl" => 5000, "lock" => 10"#),
    ] {
        let (memcached, backend) = (Memcached::start(), numbering(&lines));
        let tap = Tap::start(memcached.addr());
        let site = Site::start(&config, &[("CACHE", &tap), ("BACKEND", &backend)]);
        let text = fill(&site, "/a");
        let made = backend.requests();
        tap.take_sent();

        let near = site.get("/a");
        assert_eq!((near.status, near.text().as_str()), (200, &*text));
        let age: u32 = near.header("Age").expect("an age").parse().unwrap();
        assert!((100..200).contains(&age), "{age}");
        assert_eq!(near.header("Date"), Some(&date[6..]));
        assert_eq!(near.header("X-B"), None);
        let values = near.headers.iter().filter(|(name, _)| name == "X-A");
        assert_eq!(values.count(), 2);
        let said = near.header("Cache-Status").expect("a status");
        assert!(said.starts_with("c; hit; ttl=4"), "{said}");
        assert!(said.ends_with("; detail=\"near\""), "{said}");

        for condition in [
            ("If-None-Match", "\"v\""),
            ("If-Modified-Since", "Mon, 02 Jan 2023 03:04:05 GMT"),
        ] {
            let current = site.request("GET", "/a", &[condition]);
            assert_eq!((current.status, status(&current)), (304, "near"));
            assert_eq!(current.header("ETag"), Some("\"v\""));
            assert_eq!(current.header("Content-Type"), None);
        }
        let part = site.request("GET", "/a", &[("Range", "bytes=1-2")]);
        assert_eq!((part.status, part.text().as_str()), (206, "ag"));
        assert_eq!(part.header("Content-Range"), Some("bytes 1-2/6"));
        let none = site.request("GET", "/a", &[("Range", "bytes=7-")]);
        assert_eq!(none.status, 416);
        let head = site.request("HEAD", "/a", &[]);
        assert_eq!((head.status, status(&head)), (200, "near"));
        assert_eq!(head.header("Content-Length"), Some("6"));
        assert_eq!(tap.take_sent(), b"", "nothing was asked");
        assert_eq!(backend.requests(), made);
        site.stop();
    }
}

/// However long it might stay near, a page is not served after its lifetime.
#[test]
fn not_past_its_freshness() {
    for (config, after) in [
        (looked_up_and_stored(""), "miss"),
        (
            cache(r#""stale_while_revalidate" => 60, "ttl_jitter" => 0"#),
            "stale",
        ),
    ] {
        let (memcached, backend) = (Memcached::start(), numbering("Cache-Control: max-age=1"));
        let names: [(&str, &dyn std::fmt::Display); 2] =
            [("CACHE", &memcached), ("BACKEND", &backend)];
        let site = Site::start(&config, &names);
        site.get("/a");
        let mut seen = Vec::new();
        eventually("its lifetime is over", || {
            let page = site.get("/a");
            seen.push((status(&page).to_owned(), page.text()));
            status(&page) == after
        });

        let is_old = |(status, text): &(String, String)| status == "near" && text != "page 0";
        assert!(!seen.iter().any(is_old), "{seen:?}");
        eventually("it is made anew", || site.get("/a").text() != "page 0");
        site.stop();
    }
}

/// One that says itself how long it is fresh, though its item stays for longer.
#[test]
fn items_of_others_have_their_own_lifetimes() {
    let memcached = Memcached::start();
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    let date = memcached_core::http::format_date(now);
    let head = format!("HTTP/1.1 200 OK\r\nDate: {date}\r\nCache-Control: max-age=1\r\n\r\n");
    memcached.set("/a", 0, format!("{head}old").as_bytes());
    let site = Site::start(
        &looked_up_and_stored(r#""ttl" => 9"#),
        &[("CACHE", &memcached), ("BACKEND", &numbering("X: y"))],
    );
    assert_eq!(site.get("/a").text(), "old");
    memcached.set("/a", 0, format!("{head}new").as_bytes());
    eventually("it is asked for again", || site.get("/a").text() == "new");
    site.stop();
}

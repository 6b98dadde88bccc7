//! Memcached cannot be asked.

use testkit::{Memcached, Site, eventually};

use super::{PUBLISHED, bring_near, status};
use crate::looked_up;

#[test]
fn what_was_found_stays_for_longer() {
    let mut cache = Memcached::start();
    cache.set("/a", 0, b"x");
    let options = r#""near_ms" => 100, "near_error_ms" => 3600000, "retry_ms" => 50"#;
    let site = Site::start(&(looked_up(options) + PUBLISHED), &[("CACHE", &cache)]);
    assert_eq!(status(&site.get("/a")), "hit");
    cache.kill();
    let since = std::time::Instant::now();
    while since.elapsed().as_millis() < 500 {
        let page = site.get("/a");
        assert_eq!((status(&page), page.text().as_str()), ("near", "x"));
        assert!(status(&site.get("/b")).starts_with("error: "));
    }
    // It is another one, and older things are not served any more.
    cache.restart();
    eventually("it is asked again", || status(&site.get("/a")) == "miss");
    // What it said is not forgotten.
    cache.kill();
    eventually("it is down", || {
        status(&site.get("/a")).starts_with("error: ")
    });
    site.stop();
}

#[test]
fn not_for_ever() {
    let mut cache = Memcached::start();
    cache.set("/a", 0, b"x");
    let options = r#""near_ms" => 3600000, "near_error_ms" => 0"#;
    let site = Site::start(&(looked_up(options) + PUBLISHED), &[("CACHE", &cache)]);
    bring_near(&site, "/a");
    cache.kill();
    assert_eq!(status(&site.get("/a")), "near");
    site.stop();

    cache.restart();
    cache.set("/a", 0, b"x");
    let options = r#""near_ms" => 1, "near_error_ms" => 300"#;
    let site = Site::start(&(looked_up(options) + PUBLISHED), &[("CACHE", &cache)]);
    assert_eq!(status(&site.get("/a")), "hit");
    cache.kill();
    eventually("its time is over", || {
        let page = site.get("/a");
        status(&page).starts_with("error: ")
    });
    site.stop();
}

/// Within what stale serving allows: a page that is out of date is served as such, or not at
/// all.
#[test]
fn pages() {
    let backend = testkit::Backend::constant("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    let near = r#""near_ms" => 3600000, "near_error_ms" => 3600000, "retry_ms" => 50"#;
    for (cacheable, extra, after) in [
        ("max-age=2", 60, "stale"),
        ("max-age=2, must-revalidate", 0, "error"),
    ] {
        let mut cache = Memcached::start();
        let options = crate::options(&[
            near,
            r#""key" => "%{req.path}", "vary" => [], "stale_if_error" => 60"#,
        ]);
        let config =
            format!("memcached.cache ({options}, {{ proxy \"$BACKEND\"; }});\n{PUBLISHED}");
        let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
        let head = format!(
            "HTTP/1.1 200 OK\r\nCache-Control: {cacheable}\r\nX-Memcached-Fresh-Until: {} {extra}\
             \r\n\r\n",
            now + 3
        );
        cache.set("/a", 65536, format!("{head}page").as_bytes());
        let page = site.get("/a");
        assert_eq!(page.text(), "page");
        cache.kill();
        eventually("it is out of date", || {
            status(&site.get("/a")).starts_with(after)
        });
        site.stop();
    }
}

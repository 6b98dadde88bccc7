//! Memcacheds, backends and clients that fail.

use std::io::{Read, Write};

use testkit::{Backend, Memcached, eventually, panicking_library};

use super::{Pages, builder, config, key, numbering, status, store};

#[test]
fn no_memcached() {
    let (cache, backend) = (Memcached::reserve(), numbering());
    let config = config("", r#"proxy "$BACKEND";"#);
    let site = builder().start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    for n in 0..3 {
        let page = site.get("/a");
        assert_eq!((page.status, page.text()), (200, format!("page {n}")));
        assert!(status(&page).starts_with("error: "), "{page:?}");
    }
    site.stop();
}

#[test]
fn a_silent_memcached() {
    let pages = Pages::start(r#""timeout_ms" => 50"#);
    pages.cache.suspend();
    let page = pages.get("/a", "200 OK");
    assert_eq!((page.status, page.text().as_str()), (200, "page 0"));
    assert!(status(&page).starts_with("error: "), "{page:?}");
    pages.cache.resume();
    pages.site.stop();
}

/// The server answers itself then, and nothing is stored.
#[test]
fn no_backend() {
    let pages = Pages::configured(&config(
        "",
        r#"if req.path == "/gone" { proxy "127.0.0.1:9"; } else { proxy "$BACKEND"; }"#,
    ));
    for _ in 0..2 {
        let page = pages.get("/gone", "");
        assert!(page.status >= 500, "{page:?}");
    }
    assert!(!pages.has_page("/gone"));
    pages.get("/a", "200 OK");
    pages.await_item("/a");
    assert_eq!(pages.get("/a", "").cache(), "Hit");
    pages.site.stop();
}

#[test]
fn a_body_that_is_cut_short() {
    let cache = Memcached::start();
    let backend = Backend::constant("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    let config = config("", r#"proxy "$BACKEND";"#);
    let site = builder().start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    let mut client = site.connect();
    client.send_request("GET", "/a", &[]);
    let mut seen = Vec::new();
    // lighttpd2 itself leaves the client waiting for the rest.
    while !seen.ends_with(b"12345") {
        let mut byte = [0];
        client
            .socket()
            .read_exact(&mut byte)
            .expect("its beginning");
        seen.extend(byte);
    }
    client.reset();
    site.await_log("memcached.cache: not stored: ");
    let item = cache.get(&key("/a"));
    assert!(item.is_none_or(|item| item.data.is_empty()));
    site.stop();
}

/// Requests that go away at each step leave nothing behind.
#[test]
fn clients_that_leave() {
    let cache = Memcached::start();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let backend = Backend::start(move |request, stream| {
        if request.target == "/slow" {
            // It hangs up with the test.
            let _ = wait.lock().expect("nobody panicked").recv();
        }
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"));
    });
    let config = config(r#""timeout_ms" => 20000"#, r#"proxy "$BACKEND";"#);
    let site = builder().start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    let idle = site.descriptors();
    cache.suspend();
    let mut asking = site.connect();
    asking.send_request("GET", "/a", &[]);
    asking.reset();
    cache.resume();
    let mut waiting = site.connect();
    waiting.send_request("GET", "/slow", &[]);
    eventually("the backend is asked", || backend.requests() > 0);
    waiting.reset();
    drop(go);
    let page = site.get("/b");
    assert_eq!((page.status, page.text().as_str()), (200, "page"));
    // Two connections to memcached may be new.
    eventually("no descriptor is left", || site.descriptors() <= idle + 2);
    site.stop();
}

/// The block runs all the same.
#[test]
fn a_panic_in_the_action() {
    let (cache, backend) = (Memcached::start(), numbering());
    let config = config("", r#"proxy "$BACKEND";"#);
    let site = builder()
        .plugin(&panicking_library())
        .environment("MOD_MEMCACHED_PANIC_AT", "action")
        .start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    for n in 0..4 {
        let page = site.get("/a");
        assert_eq!((page.status, page.text()), (200, format!("page {n}")));
        assert_eq!((status(&page), store(&page)), ("error: internal error", ""));
    }
    let line = "memcached.cache: internal error: deliberate panic at action";
    let log = site.stop();
    assert!(log.contains(line), "{log}");
}

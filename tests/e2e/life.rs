//! Workers, clients that leave, shutdown, and a memcached that fails.

use std::time::{Duration, Instant};

use testkit::{Memcached, Site, eventually};

use crate::{cached, looked_up};

#[test]
fn two_workers_share_a_cache() {
    let cache = Memcached::start();
    let config = cached("", r#"respond 200 => "page %{req.path}";"#, "");
    let site = Site::builder()
        .workers(2)
        .start(&config, &[("CACHE", &cache)]);
    site.get("/0");
    eventually("the page is stored", || cache.get("/0").is_some());
    // The system spreads connections over workers as it likes; of this many
    // both get some.
    for n in 0..200 {
        let path = format!("/{}", n % 10);
        let response = site.get(&path);
        assert_eq!(response.text(), format!("page {path}"));
    }
    eventually("hits", || (0..20).all(|_| site.get("/0").cache() == "Hit"));
    site.stop();
}

#[test]
fn memcached_that_is_down_is_a_miss() {
    let mut cache = Memcached::reserve();
    let config = cached(r#""retry_ms" => 50"#, r#"respond 200 => "page";"#, "");
    let site = Site::start(&config, &[("CACHE", &cache)]);
    for _ in 0..20 {
        let response = site.get("/");
        assert_eq!(
            (response.cache(), response.text().as_str()),
            ("Miss", "page")
        );
    }
    // The level stands in front, as in the host's own lines, and after it
    // nothing but the system's words.
    site.await_log(&format!("(error) memcached {cache}: Connection refused\n"));
    cache.restart();
    site.get_hit("/");
    cache.kill();
    for _ in 0..20 {
        assert_eq!(site.get("/").text(), "page");
    }
    cache.restart();
    site.get_hit("/");
    site.stop();
}

#[test]
fn memcached_that_is_silent_is_a_miss_in_time() {
    let cache = Memcached::start();
    let options = r#""timeout_ms" => 300, "retry_ms" => 100"#;
    let config = cached(options, r#"respond 200 => "page";"#, "");
    let site = Site::start(&config, &[("CACHE", &cache)]);
    site.get("/");
    site.get_hit("/");
    cache.suspend();
    let start = Instant::now();
    let response = site.get("/");
    let waited = start.elapsed();
    assert_eq!(
        (response.cache(), response.text().as_str()),
        ("Miss", "page")
    );
    assert!(waited >= Duration::from_millis(290), "{waited:?}");
    // Far more than it needs, far less than without a time-out.
    assert!(waited < Duration::from_secs(5), "{waited:?}");
    cache.resume();
    site.get_hit("/");
    site.stop();
}

#[test]
fn a_client_that_leaves_while_its_lookup_waits() {
    let cache = Memcached::start();
    cache.set("/", 0, b"x");
    let config = looked_up(r#""timeout_ms" => 20000"#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    assert_eq!(site.get("/").cache(), "Hit");
    cache.suspend();
    for turn in 0..20 {
        let mut client = site.connect();
        client.send_request("GET", "/", &[]);
        if turn % 2 == 0 {
            client.reset();
        }
    }
    // One who stays gets an answer, and its own.
    let mut patient = site.connect();
    patient.send_request("GET", "/", &[]);
    cache.resume();
    let response = patient.response("GET").expect("an answer");
    assert_eq!((response.cache(), response.text().as_str()), ("Hit", "x"));
    site.stop();
}

#[test]
fn shutdown_with_lookups_and_stores_in_flight() {
    let cache = Memcached::start();
    let config = cached("", r#"respond 200 => "page";"#, "");
    let site = Site::builder()
        .workers(2)
        .start(&config, &[("CACHE", &cache)]);
    site.get("/");
    site.get_hit("/");
    cache.suspend();
    let clients: Vec<_> = (0..20)
        .map(|n| {
            let mut client = site.connect();
            client.send_request("GET", &format!("/{n}"), &[("Connection", "close")]);
            client
        })
        .collect();
    site.stop();
    drop(clients);
}

#[test]
fn an_idle_server_stops() {
    let cache = Memcached::reserve();
    let site = Site::builder()
        .workers(3)
        .start(&looked_up(""), &[("CACHE", &cache)]);
    site.stop();
}

#[test]
fn memcached_on_a_unix_socket() {
    let cache = Memcached::start_unix();
    let config = cached("", r#"respond 200 => "page";"#, "");
    let site = Site::start(&config, &[("CACHE", &cache)]);
    assert_eq!(site.get("/").cache(), "Miss");
    assert_eq!(site.get_hit("/").text(), "page");
    site.stop();
}

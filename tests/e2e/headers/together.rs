//! Pages that are found in one pass of the loop: each has its own head.

use testkit::{Client, Memcached, Site};

use crate::looked_up;

/// No time-out of these tests may pass on a slow machine.
const PATIENT: &str = r#""headers" => true, "key" => "%{req.path}", "timeout_ms" => 600000"#;

/// A page whose head tells its path; all have the same length.
fn page(path: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Page: {path}\r\n\r\nbody of {path}")
}

/// Clients that ask for these pages by turns, while memcached does not answer.
fn waiting(site: &Site, paths: &[&str]) -> Vec<(String, Client)> {
    let rounds = paths.iter().cycle().take(8 * paths.len());
    let clients = rounds.map(|path| {
        let mut client = site.connect();
        client.send_request("GET", path, &[]);
        ((*path).to_owned(), client)
    });
    let clients = clients.collect();
    site.await_read();
    clients
}

fn expect_own_pages(clients: Vec<(String, Client)>, status: &str) {
    for (path, mut client) in clients {
        let response = client.response("GET").expect("an answer");
        assert_eq!(response.header("X-Page"), Some(&*path));
        assert_eq!(response.text(), format!("body of {path}"));
        assert_eq!(response.cache(), status);
    }
}

#[test]
fn several_clients_of_several_pages() {
    for more in ["", r#", "lock" => true, "stale_while_revalidate" => 60"#] {
        let cache = Memcached::start();
        let paths = ["/a", "/b", "/c"];
        for path in paths {
            cache.set(path, 0, page(path).as_bytes());
        }
        let lookup = looked_up(&format!("{PATIENT}{more}"));
        let site = Site::start(&lookup, &[("CACHE", &cache)]);
        assert_eq!(site.get("/a").cache(), "Hit", "connected");
        cache.suspend();
        let clients = waiting(&site, &paths);
        cache.resume();
        expect_own_pages(clients, "Hit");
        // Other pages of the same lengths, perhaps read into the same buffers.
        cache.set("/a", 0, page("/A").as_bytes());
        let changed = site.get("/a");
        assert_eq!(changed.header("X-Page"), Some("/A"));
        assert_eq!(changed.text(), "body of /A");
        site.stop();
    }
}

/// Of a page with conditions only what the request asks for is sent, whoever shares it.
#[test]
fn conditions_are_each_clients_own() {
    let cache = Memcached::start();
    let value = "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nX-Page: /a\r\n\r\n0123456789";
    cache.set("/a", 0, value.as_bytes());
    let site = Site::start(&looked_up(PATIENT), &[("CACHE", &cache)]);
    assert_eq!(site.get("/a").cache(), "Hit", "connected");
    cache.suspend();
    let asked: [&[(&str, &str)]; 4] = [
        &[],
        &[("If-None-Match", "\"e\"")],
        &[("Range", "bytes=2-3")],
        &[("If-None-Match", "\"f\"")],
    ];
    let clients = asked.map(|headers| {
        let mut client = site.connect();
        client.send_request("GET", "/a", headers);
        client
    });
    site.await_read();
    cache.resume();
    let whole = (200, "0123456789".to_owned());
    let expected = [
        whole.clone(),
        (304, String::new()),
        (206, "23".to_owned()),
        whole,
    ];
    for (mut client, expected) in clients.into_iter().zip(expected) {
        let response = client.response("GET").expect("an answer");
        assert_eq!((response.status, response.text()), expected);
    }
    site.stop();
}

//! Lookups of one key that are under way at the same time share a request.

use testkit::{Client, Memcached, Site};

use crate::{looked_up, options};

/// No time-out of these tests may pass on a slow machine.
const PATIENT: &str = r#""key" => "k", "timeout_ms" => 600000"#;

/// Everything that was sent to the server before this has reached the plugin
/// when it returns: it was read, and what is answered without memcached was
/// read in a later pass of the worker's loop.
fn await_passes(site: &Site) {
    site.await_read();
    for _ in 0..2 {
        let response = site.request("POST", "/", &[("Content-Length", "0")]);
        assert_eq!(response.cache(), "Miss");
    }
}

/// Clients that have asked and wait.
fn waiting_clients(site: &Site, count: usize) -> Vec<Client> {
    let clients = (0..count).map(|_| {
        let mut client = site.connect();
        client.send_request("GET", "/", &[]);
        client
    });
    let clients = clients.collect();
    await_passes(site);
    clients
}

fn expect_hits(clients: Vec<Client>, body: &str) {
    for mut client in clients {
        let response = client.response("GET").expect("an answer");
        assert_eq!((response.cache(), response.text()), ("Hit", body.into()));
    }
}

#[test]
fn forty_clients_cost_one_get() {
    let cache = Memcached::start();
    cache.set("k", 0, b"value");
    let site = Site::start(&looked_up(PATIENT), &[("CACHE", &cache)]);
    assert_eq!(site.get("/").cache(), "Hit", "connected");
    let before = cache.stat("cmd_get");
    cache.suspend();
    let clients = waiting_clients(&site, 40);
    cache.resume();
    expect_hits(clients, "value");
    assert_eq!(cache.stat("cmd_get") - before, 1);
    // What was shared is over; the next one asks again.
    cache.set("k", 0, b"other");
    assert_eq!(site.get("/").text(), "other");
    site.stop();
}

#[test]
fn who_goes_away_does_not_cancel_the_others() {
    let cache = Memcached::start();
    cache.set("k", 0, b"value");
    let site = Site::start(&looked_up(PATIENT), &[("CACHE", &cache)]);
    assert_eq!(site.get("/").cache(), "Hit", "connected");
    cache.suspend();
    let mut clients = waiting_clients(&site, 5);
    for gone in [0, 1] {
        clients.remove(gone).reset();
    }
    await_passes(&site);
    cache.resume();
    expect_hits(clients, "value");
    assert_eq!(site.get("/").cache(), "Hit");
    site.stop();
}

#[test]
fn nobody_joins_a_lookup_from_before_a_store() {
    let cache = Memcached::start();
    cache.set("k", 0, b"value");
    let store = options(&[PATIENT]);
    let config = format!(
        r#"
if req.path =~ "^/store$" {{
	respond 200 => "new";
	memcached.store {store};
}} else {{
	{}
}}
"#,
        looked_up(PATIENT)
    );
    let site = Site::start(&config, &[("CACHE", &cache)]);
    assert_eq!(site.get("/").cache(), "Hit", "connected");
    let before = cache.stat("cmd_get");
    cache.suspend();
    let mut clients = waiting_clients(&site, 3);
    assert_eq!(site.get("/store").text(), "new");
    let later = waiting_clients(&site, 3);
    cache.resume();
    clients.extend(later);
    for mut client in clients {
        assert_eq!(client.response("GET").expect("an answer").cache(), "Hit");
    }
    // The first three share one request, the later three another. What is late may
    // be asked for once more on another connection.
    let asked = cache.stat("cmd_get") - before;
    assert!((2..=4).contains(&asked), "{asked}");
    site.stop();
}

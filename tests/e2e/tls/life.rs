//! All that works without TLS works with it.

use std::fs;
use std::thread;

use testkit::{Site, Tap, eventually, random_bytes};

use super::{Papers, find, pages, site, status};

#[test]
fn pages_are_stored_found_and_purged() {
    let papers = Papers::new();
    let mut cache = papers.memcached();
    let site = site(&papers.options(""), &cache);
    status(&site, "/a");
    find(&site, "/a");
    assert_eq!(cache.stat("curr_items"), 1);
    let length = [("Content-Length", "0")];
    let purge = || site.request("PURGE", "/a", &length).status;
    assert_eq!(purge(), 204);
    assert_eq!(cache.stat("curr_items"), 0);
    assert_eq!(purge(), 404);
    assert_eq!(status(&site, "/a"), "miss");
    find(&site, "/a");
    let log = site.log();
    assert!(!log.contains("(error)"), "{log}");
    cache.restart();
    find(&site, "/a");
    site.stop();
}

/// What is on the wire says nothing.
#[test]
fn nothing_is_sent_in_plain() {
    let papers = Papers::new();
    let cache = papers.memcached();
    let tap = Tap::start(cache.addr());
    let site = site(&papers.options(""), &tap);
    status(&site, "/secret");
    find(&site, "/secret");
    site.request("PURGE", "/secret", &[("Content-Length", "0")]);
    site.stop();
    for wire in [tap.sent(), tap.received()] {
        assert!(wire.len() > 200, "{}", wire.len());
        for word in ["secret", "page", "VALUE", "version", "STORED"] {
            let found = wire.windows(word.len()).any(|part| part == word.as_bytes());
            assert!(!found, "{word}");
        }
    }
}

/// A connection that resumes what another one has agreed upon needs no certificate. Actions
/// that connect in other ways have connections of their own, but share that.
#[test]
fn sessions_are_resumed() {
    let papers = Papers::new();
    let cache = papers.memcached();
    let tap = Tap::start(cache.addr());
    let lookup = |retry_ms: u32| {
        let retry = format!("\"connect_timeout_ms\" => 2000, \"retry_ms\" => {retry_ms}");
        let ca = papers.option("tls_ca", "ca.pem");
        let options = crate::options(&["\"tls\" => true", &ca, &retry]);
        format!("memcached.lookup ({options}, {{}}, {{ respond 200; }});")
    };
    let config = format!(
        "if req.path == \"/one\" {{ {} }} else {{ {} }}",
        lookup(100),
        lookup(101)
    );
    let site = Site::start(&config, &[("CACHE", &tap)]);
    for path in ["/one", "/two"] {
        assert_eq!(site.get(path).status, 200);
    }
    let received = tap.received_on_each();
    let (first, last) = (received[0], received[received.len() - 1]);
    assert!(last + 300 < first, "{received:?}");
    site.stop();
}

#[test]
fn large_values() {
    let papers = Papers::new();
    let cache = papers.memcached();
    let more = r#""timeout_ms" => 20000, "maxsize" => 8000000, "headers" => false, "key" => "%{req.path}""#;
    let options = crate::options(&[&papers.options(more)]);
    let config = format!(
        r#"
memcached.lookup ({options}, {{
	header.add "X-Memcached" => "Hit";
}}, {{
	docroot "$DIR";
	static;
	memcached.store {options};
}});
"#
    );
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let body = random_bytes(7, 7 << 20);
    fs::write(site.dir().join("large"), &body).expect("a file");
    site.get("/large");
    for _ in 0..3 {
        assert!(site.get_hit("/large").body == body);
    }
    site.stop();
}

#[test]
fn many_clients() {
    const CLIENTS: usize = 64;
    let papers = Papers::new();
    let cache = papers.memcached();
    let site = Site::builder()
        .workers(2)
        .setup(r#"log [default => "stderr"];"#)
        .start(&pages(&papers.options("")), &[("CACHE", &cache)]);
    for page in 0..20 {
        find(&site, &format!("/{page}"));
    }
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let site = &site;
            scope.spawn(move || {
                let mut connection = site.connect();
                for n in 0..50 {
                    let path = format!("/{}", (client + n) % 20);
                    let response = connection.get(&path);
                    assert_eq!(response.text(), format!("page {path}"));
                    assert_eq!(response.header("X-Status"), Some("hit"), "{path}");
                }
            });
        }
    });
    let log = site.stop();
    assert!(!log.contains("(error)"), "{log}");
}

/// Locks, stale pages and a near cache need no more than bytes.
#[test]
fn what_is_near() {
    let papers = Papers::new();
    let cache = papers.memcached();
    let site = site(&papers.options("\"near_ms\" => 60000"), &cache);
    status(&site, "/a");
    find(&site, "/a");
    eventually("it is near", || status(&site, "/a") == "near");
    site.stop();
}

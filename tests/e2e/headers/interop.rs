//! Items that are shared with other programs: nginx with its modules srcache
//! and memc, and scripts.

use std::process::Command;

use testkit::{Backend, Memcached, Nginx, Response, Site, eventually_some};

use super::{backend, config, values};

struct Both {
    site: Site,
    nginx: Nginx,
    cache: Memcached,
    backend: Backend,
}

const ANSWERS: &[(&str, &str, &str)] = &[
    (
        "/json",
        "200 OK|Content-Type: application/json|ETag: \"v1\"|X-Own: 1|X-Own: 2\
         |Last-Modified: Mon, 23 Nov 2026 12:00:00 GMT|Cache-Control: max-age=200",
        "{\"a\": 1}",
    ),
    (
        "/moved",
        "301 Moved Permanently|Location: https://example.test/new",
        "",
    ),
    (
        "/gone",
        "404 Not Found|Content-Type: text/plain; charset=utf-8",
        "not here",
    ),
];

impl Both {
    fn start() -> Self {
        let cache = Memcached::start();
        let backend = backend(ANSWERS);
        let nginx = Nginx::start(&cache, &backend);
        let names: [(&str, &dyn std::fmt::Display); 2] = [("CACHE", &cache), ("BACKEND", &backend)];
        let site = Site::start(&config(r#""status" => [200, 301, 404]"#, ""), &names);
        Self {
            site,
            nginx,
            cache,
            backend,
        }
    }

    fn nginx(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        testkit::request(self.nginx.addr, "GET", path, headers)
    }

    fn await_item(&self, path: &str) -> String {
        let item = eventually_some(&format!("{path} is stored"), || self.cache.get(path));
        String::from_utf8_lossy(&item.data).into_owned()
    }
}

/// Whether a hit is what the backend had answered.
fn assert_same(hit: &Response, path: &str, stored: &str) {
    let (_, head, body) = ANSWERS
        .iter()
        .find(|(known, ..)| *known == path)
        .expect("known");
    let mut lines = head.split('|');
    let status = lines.next().expect("a status line");
    assert!(
        status.starts_with(&hit.status.to_string()),
        "{path}: {stored}"
    );
    assert_eq!(hit.text(), *body, "{path}: {stored}");
    for (name, value) in lines.map(|line| line.split_once(": ").expect("a header")) {
        assert!(
            values(hit, name).contains(&value),
            "{name}: {hit:?}\n{stored}"
        );
    }
    for name in [
        "Content-Type",
        "Location",
        "ETag",
        "Date",
        "Content-Length",
        "Server",
    ] {
        assert!(values(hit, name).len() <= 1, "{name}: {hit:?}\n{stored}");
    }
}

#[test]
fn nginx_stores_and_we_hit() {
    let both = Both::start();
    for (path, ..) in ANSWERS {
        let missed = both.nginx(path, &[]);
        assert_eq!(
            missed.header("X-Fetch"),
            Some("MISS"),
            "{}",
            both.nginx.log()
        );
        let stored = both.await_item(path);
        let hit = both.site.get(path);
        assert_eq!(hit.cache(), "Hit", "{path}: {stored}");
        assert_same(&hit, path, &stored);
    }
    let again = both
        .site
        .request("GET", "/json", &[("If-None-Match", "\"v1\"")]);
    assert_eq!((again.status, again.cache()), (304, "Hit"));
    assert_eq!(both.backend.requests(), ANSWERS.len());
    both.site.stop();
}

#[test]
fn we_store_and_nginx_hits() {
    let both = Both::start();
    for (path, ..) in ANSWERS {
        assert_eq!(both.site.get(path).cache(), "Miss");
        let stored = both.await_item(path);
        let hit = both.nginx(path, &[]);
        assert_eq!(
            hit.header("X-Fetch"),
            Some("HIT"),
            "{path}: {stored}\n{}",
            both.nginx.log()
        );
        assert_same(&hit, path, &stored);
    }
    assert_eq!(both.backend.requests(), ANSWERS.len());
    both.site.stop();
}

/// Runs a Python script with the memcached's address as its argument. It is the
/// system's Python, which has the system's packages.
fn python(script: &str, cache: &Memcached) -> String {
    let output = Command::new("/usr/bin/python3")
        .args(["-c", script, &cache.to_string()])
        .output()
        .expect("python3 is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// As the documentation shows it.
#[test]
fn a_script_writes_and_deletes_items() {
    let cache = Memcached::start();
    let config = crate::looked_up(r#""headers" => true"#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let write = r#"
import sys
from email.utils import formatdate
from pymemcache.client.base import Client

client = Client(sys.argv[1])
body = '{"greeting": "Grüße"}'.encode()
head = (
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json\r\n"
    'ETag: "7"\r\n'
    "Date: " + formatdate(usegmt=True) + "\r\n"
    "\r\n"
)
client.set("/greeting", head.encode() + body, expire=60)
"#;
    python(write, &cache);
    let hit = site.get("/greeting");
    assert_eq!((hit.status, hit.cache()), (200, "Hit"));
    assert_eq!(hit.text(), "{\"greeting\": \"Grüße\"}");
    assert_eq!(hit.header("Content-Type"), Some("application/json"));
    assert_eq!(hit.header("ETag"), Some("\"7\""));
    assert!(hit.header("Age").is_some());

    let purge = r#"
import hashlib, sys
from pymemcache.client.base import Client

def item_key(key: bytes) -> bytes:
    plain = 1 <= len(key) <= 250 and all(0x21 <= byte <= 0x7E for byte in key)
    return key if plain else hashlib.sha1(key).hexdigest().encode()

client = Client(sys.argv[1])
print(client.delete(item_key(b"/greeting"), noreply=False))
print(item_key(b"/a page").decode())
"#;
    let printed = python(purge, &cache);
    let hashed = testkit::sha1_hex(b"/a page");
    assert_eq!(printed, format!("True\n{hashed}\n"));
    assert_eq!(site.get("/greeting").text(), "missed");
    cache.set(&hashed, 0, b"HTTP/1.1 200 OK\r\n\r\nspace");
    assert_eq!(site.get("/a%20page").text(), "space");
    site.stop();
}

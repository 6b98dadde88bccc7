//! Items that are shared with nginx and its modules srcache and memc.

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

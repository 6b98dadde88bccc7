//! What is stored and what is not.

use testkit::{Backend, Memcached, Site, Tap, eventually};

use crate::cached;

/// A backend whose answer is named by the path, and a site that caches it.
/// `/canary` is always stored: stores of one worker go out in order, so when
/// it has arrived, whatever was asked before it has arrived or never will.
struct Stored {
    cache: Memcached,
    site: Site,
}

impl Stored {
    fn new(options: &str, answers: &'static [(&'static str, &'static str)]) -> Self {
        let cache = Memcached::start();
        let backend = Backend::start(move |request, stream| {
            use std::io::Write;
            let canary = ("/canary", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nc");
            let path = request.target.split('?').next();
            let answer = answers
                .iter()
                .chain([&canary])
                .find(|(name, _)| Some(*name) == path);
            let (_, answer) = answer.unwrap_or_else(|| panic!("no answer to {path:?}"));
            stream
                .write_all(answer.as_bytes())
                .expect("the server reads");
        });
        let config = cached(r#""key" => "%{req.path}""#, r#"proxy "$BACKEND";"#, options);
        let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
        Self { cache, site }
    }

    fn await_canary(&self) {
        self.cache.delete("/canary");
        self.site.get("/canary");
        eventually("the canary is stored", || {
            self.cache.get("/canary").is_some()
        });
    }

    fn is_stored(&self, path: &str) -> bool {
        self.await_canary();
        self.cache.get(path).is_some()
    }
}

#[test]
fn only_status_200_is_stored() {
    let stored = Stored::new(
        "",
        &[
            ("/200", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
            ("/201", "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx"),
            (
                "/301",
                "HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 1\r\n\r\nx",
            ),
            (
                "/404",
                "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx",
            ),
            ("/500", "HTTP/1.1 500 Error\r\nContent-Length: 1\r\n\r\nx"),
            ("/204", "HTTP/1.1 204 No Content\r\n\r\n"),
        ],
    );
    for status in [200, 201, 301, 404, 500, 204] {
        let path = format!("/{status}");
        let response = stored.site.get(&path);
        assert_eq!((response.status, response.cache()), (status, "Miss"));
        assert_eq!(stored.is_stored(&path), status == 200, "{status}");
    }
    stored.site.stop();
}

const SHARED: &[(&str, &str)] = &[
    ("/plain", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
    (
        "/public",
        "HTTP/1.1 200 OK\r\nCache-Control: public, max-age=60\r\nContent-Length: 1\r\n\r\nx",
    ),
    (
        "/vary-encoding",
        "HTTP/1.1 200 OK\r\nVary: Accept-Encoding\r\nContent-Length: 1\r\n\r\nx",
    ),
    (
        "/private",
        "HTTP/1.1 200 OK\r\nCache-Control: private\r\nContent-Length: 1\r\n\r\nx",
    ),
    (
        "/no-store",
        "HTTP/1.1 200 OK\r\ncache-control: NO-STORE\r\nContent-Length: 1\r\n\r\nx",
    ),
    (
        "/no-cache",
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=9, no-cache\r\nContent-Length: 1\r\n\r\nx",
    ),
    (
        "/max-age-0",
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=0\r\nContent-Length: 1\r\n\r\nx",
    ),
    (
        "/s-maxage-0",
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=9, s-maxage=0\r\nContent-Length: 1\r\n\r\nx",
    ),
    (
        "/cookie",
        "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 1\r\n\r\nx",
    ),
    (
        "/vary",
        "HTTP/1.1 200 OK\r\nVary: Accept-Language\r\nContent-Length: 1\r\n\r\nx",
    ),
    (
        "/vary-all",
        "HTTP/1.1 200 OK\r\nVary: *\r\nContent-Length: 1\r\n\r\nx",
    ),
    (
        "/expired",
        "HTTP/1.1 200 OK\r\nExpires: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 1\r\n\r\nx",
    ),
    (
        "/encoded",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
    ),
];

#[test]
fn what_is_not_for_all_is_not_stored() {
    let stored = Stored::new("", SHARED);
    for (path, _) in SHARED {
        let response = stored.site.get(path);
        assert_eq!((response.cache(), response.text().as_str()), ("Miss", "x"));
        let expected = ["/plain", "/public", "/vary-encoding"].contains(path);
        assert_eq!(stored.is_stored(path), expected, "{path}");
    }
    stored.site.stop();
}

#[test]
fn force_stores_all_but_encoded_bodies() {
    let stored = Stored::new(r#""force" => true"#, SHARED);
    for (path, _) in SHARED {
        stored.site.get(path);
        // A hit could not name the encoding.
        assert_eq!(stored.is_stored(path), *path != "/encoded", "{path}");
    }
    stored.site.stop();
}

#[test]
fn authorized_requests_are_stored_only_if_the_response_is_for_all() {
    let stored = Stored::new("", SHARED);
    let login = [("Authorization", "Basic YTpi")];
    for (path, expected) in [("/plain", false), ("/public", true)] {
        stored.site.request("GET", path, &login);
        assert_eq!(stored.is_stored(path), expected, "{path}");
    }
    stored.site.stop();
}

#[test]
fn an_item_lives_no_longer_than_the_response_allows() {
    let stored = Stored::new(
        r#""ttl" => 600"#,
        &[
            ("/600", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
            (
                "/100",
                "HTTP/1.1 200 OK\r\nCache-Control: max-age=100\r\nContent-Length: 1\r\n\r\nx",
            ),
            (
                "/200",
                "HTTP/1.1 200 OK\r\nCache-Control: max-age=100, s-maxage=200\r\nContent-Length: 1\r\n\r\nx",
            ),
        ],
    );
    for ttl in [600, 100, 200] {
        let path = format!("/{ttl}");
        stored.site.get(&path);
        assert!(stored.is_stored(&path));
        let found = stored.cache.ttl(&path).expect("stored");
        assert!((ttl - 20..=ttl).contains(&found), "{path}: {found}");
    }
    stored.site.stop();
}

/// What comes after the store can still change the status.
#[test]
fn a_status_that_changes_later_is_not_stored() {
    let cache = Memcached::start();
    let config = r#"
if req.path == "/page" {
	respond 200 => "page";
	memcached.store ["server" => "$CACHE"];
	set_status 404;
} else {
	respond 200 => "canary";
	memcached.store ["server" => "$CACHE"];
}
"#;
    let site = Site::start(config, &[("CACHE", &cache)]);
    assert_eq!(site.get("/page").status, 404);
    site.get("/canary");
    eventually("the canary is stored", || cache.get("/canary").is_some());
    assert_eq!(cache.get("/page"), None);
    site.stop();
}

#[test]
fn head_and_other_methods_are_not_stored() {
    let stored = Stored::new(
        "",
        &[("/page", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")],
    );
    stored.site.request("HEAD", "/page", &[]);
    assert!(!stored.is_stored("/page"));
    stored
        .site
        .request("POST", "/page", &[("Content-Length", "0")]);
    assert!(!stored.is_stored("/page"));
    stored.site.get("/page");
    assert!(stored.is_stored("/page"));
    stored.site.stop();
}

#[test]
fn maxsize_to_the_byte() {
    let cache = Memcached::start();
    let config = cached("", r#"docroot "$DIR/www"; static;"#, r#""maxsize" => 5000"#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let www = site.dir().join("www");
    std::fs::create_dir(&www).expect("a folder");
    for size in [4999_usize, 5000, 5001, 100_000] {
        let page = testkit::random_bytes(size as u64, size);
        std::fs::write(www.join(size.to_string()), &page).expect("a file");
        assert!(site.get(&format!("/{size}")).body == page, "{size}");
    }
    for size in [5000, 4999] {
        let path = format!("/{size}");
        eventually("the page is stored", || cache.get(&path).is_some());
    }
    assert_eq!(cache.get("/5001"), None);
    assert_eq!(cache.get("/100000"), None);
    site.stop();
}

/// Backends that end a body by closing cannot tell otherwise that they broke
/// off, so the length that they announced counts.
#[test]
fn a_body_of_another_length_than_announced_is_not_stored() {
    let cache = Memcached::start();
    let tap = Tap::start(cache.addr());
    let config = r#"
if req.path == "/short" {
	respond 200 => "page";
	header.add "Content-Length" => "10";
} else if req.path == "/long" {
	respond 200 => "page";
	header.add "Content-Length" => "3";
} else {
	respond 200 => "page";
	header.add "Content-Length" => "4";
}
memcached.store ["server" => "$CACHE"];
"#;
    let site = Site::start(config, &[("CACHE", &tap)]);
    for path in ["/short", "/long", "/whole"] {
        assert_eq!(site.get(path).text(), "page", "{path}");
    }
    eventually("the page is stored", || cache.get("/whole").is_some());
    tap.expect_sent(b"set /whole 0 30 4\r\npage\r\n");
    site.stop();
}

/// The same with a protocol whose bodies end by closing.
#[test]
fn what_an_scgi_backend_cuts_short_is_not_stored() {
    if !testkit::Host::find().is_real() {
        // The stand-in has no such backend.
        return;
    }
    let cache = Memcached::start();
    let backend = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let addr = backend.local_addr().expect("an address");
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for mut stream in backend.incoming().flatten() {
            let mut request = Vec::new();
            // Headers in a netstring, of which the comma is the end.
            while !request.ends_with(b"\0,") {
                let mut byte = [0];
                stream.read_exact(&mut byte).expect("the server writes");
                request.push(byte[0]);
            }
            let is_whole = request.windows(6).any(|part| part == b"/whole");
            let body = if is_whole { "0123456789" } else { "01234" };
            // The server may be gone before it has read all.
            drop(write!(
                stream,
                "Status: 200\r\nContent-Length: 10\r\n\r\n{body}"
            ));
        }
    });
    let config = r#"
debug.log_request_handling true;
scgi "$BACKEND";
memcached.store ["server" => "$CACHE"];
"#;
    let site = Site::builder()
        .module("mod_scgi")
        .setup(r#"log [default => "stderr"];"#)
        .start(config, &[("CACHE", &cache), ("BACKEND", &addr)]);
    let mut client = site.connect();
    client.send_request("GET", "/short", &[]);
    site.await_log("memcached.store: not stored: body cut short");
    assert_eq!(site.get("/whole").text(), "0123456789");
    eventually("the page is stored", || cache.get("/whole").is_some());
    assert_eq!(cache.get("/short"), None);
    site.stop();
}

/// A page that came from the cache would otherwise never expire.
#[test]
fn a_hit_is_not_stored_again() {
    let cache = Memcached::start();
    let tap = Tap::start(cache.addr());
    cache.set("k", 0, b"x");
    // The store is reached after a hit as well.
    let config = r#"
memcached.lookup (["server" => "$CACHE", "key" => "k"], none, { respond 200 => "made"; });
memcached.store ["server" => "$CACHE", "key" => "k"];
"#;
    let site = Site::start(config, &[("CACHE", &tap)]);
    for _ in 0..3 {
        assert_eq!(site.get("/").text(), "x");
    }
    cache.delete("k");
    assert_eq!(site.get("/").text(), "made");
    eventually("the page is stored", || cache.get("k").is_some());
    tap.expect_sent(b"get k\r\nget k\r\nget k\r\nget k\r\nset k 0 30 4\r\nmade\r\n");
    site.stop();
}

#[test]
fn the_reason_is_in_the_debug_log() {
    let stored = Stored::new("", SHARED);
    stored.site.stop();
    let cache = Memcached::start();
    let handler = r#"header.add "Set-Cookie" => "a=b"; respond 200 => "x";"#;
    let config = format!(
        "debug.log_request_handling true;\n{}",
        cached("", handler, "")
    );
    let site = Site::builder()
        .setup(r#"log [default => "stderr"];"#)
        .start(&config, &[("CACHE", &cache)]);
    site.get("/");
    site.await_log("memcached.store: not stored: Set-Cookie");
    site.stop();
}

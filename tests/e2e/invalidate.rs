//! `invalidate => true`: a request that may have changed something deletes items
//! before its response comes.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::{Backend, Faulty, Memcached, Peer, Response, Site, eventually};

use crate::options;

const KEY: &str = r#""key" => "%{req.scheme}://%{req.host}%{req.path}""#;

/// Lookup, proxy and store with these options; a response shows what was
/// published.
fn config(both: &str, store: &str) -> String {
    let lookup = options(&[both]);
    let store = options(&[both, r#""invalidate" => true"#, store]);
    format!(
        r#"
debug.log_request_handling true;
memcached.lookup ({lookup}, {{
	header.overwrite "X-Memcached" => "Hit";
}}, {{
	header.overwrite "X-Memcached" => "Miss";
	proxy "$BACKEND";
	memcached.store {store};
	header.overwrite "X-Store" => "%{{req.environment[MEMCACHED_STORE]}}";
}});
"#
    )
}

/// Answers a request that is safe with how many that are not there were. To one
/// that is not, the answer is what its own `X-Answer` says: a status and header
/// lines, separated by `|`.
fn changing_backend() -> Backend {
    let version = AtomicUsize::new(0);
    Backend::start(move |request, stream| {
        let is_safe = matches!(&*request.method, "GET" | "HEAD" | "OPTIONS" | "PROPFIND");
        if !is_safe {
            version.fetch_add(1, Ordering::SeqCst);
        }
        let answer = request.headers.iter().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("X-Answer").then_some(value)
        });
        let head = answer.unwrap_or("200 OK").replace('|', "\r\n");
        let body = version.load(Ordering::SeqCst).to_string();
        let length = body.len();
        let text = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n{body}");
        // The server may be gone before it has read all.
        drop(stream.write_all(text.as_bytes()));
    })
}

struct Changing {
    cache: Memcached,
    site: Site,
}

impl Changing {
    fn start(both: &str) -> Self {
        Self::configured(&config(both, ""))
    }

    fn configured(config: &str) -> Self {
        let cache = Memcached::start();
        let site = site(config, &cache);
        Self { cache, site }
    }

    /// Puts items into the cache, as they are.
    fn fill(&self, keys: &[&str]) {
        for key in keys {
            self.cache.set(key, 0, b"old");
        }
    }

    fn left<'k>(&self, keys: &[&'k str]) -> Vec<&'k str> {
        let keys = keys.iter().copied();
        keys.filter(|key| self.cache.get(key).is_some()).collect()
    }

    fn send(&self, method: &str, target: &str, answer: &str) -> Response {
        send(&self.site, method, target, answer)
    }
}

fn site(config: &str, cache: &dyn std::fmt::Display) -> Site {
    Site::builder()
        .module("mod_rewrite")
        .setup(r#"log [default => "stderr"];"#)
        .start(
            config,
            &[("CACHE", cache), ("BACKEND", &changing_backend())],
        )
}

fn send(site: &Site, method: &str, target: &str, answer: &str) -> Response {
    let headers = [("X-Answer", answer), ("Content-Length", "0")];
    site.request(method, target, &headers)
}

fn outcome(response: &Response) -> &str {
    response.header("X-Store").unwrap_or("none")
}

#[test]
fn the_page_is_gone_when_the_response_comes() {
    let changing = Changing::start(KEY);
    let Changing { cache, site } = &changing;
    for (version, method) in ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH"]
        .into_iter()
        .enumerate()
    {
        assert_eq!(site.get("/page").text(), version.to_string(), "{method}");
        assert_eq!(site.get_hit("/page").text(), version.to_string());
        let response = changing.send(method, "/page", "200 OK");
        assert_eq!(response.status, 200);
        assert_eq!(outcome(&response), "invalidated", "{method}");
        assert_eq!(cache.get("http://example.test/page"), None, "{method}");
    }
    site.await_log("memcached.store: invalidated");
    let log = changing.site.stop();
    assert!(log.contains("deletes 5,"), "{log}");
    assert!(!log.contains("deletes_failed"), "{log}");
}

#[test]
fn only_what_has_changed_something_deletes() {
    let changing = Changing::start(KEY);
    let keys = ["http://example.test/page"];
    for (method, answer, is_deleted) in [
        ("POST", "201 Created", true),
        ("POST", "204 No Content", true),
        ("POST", "303 See Other", true),
        ("POST", "400 Bad Request", false),
        ("DELETE", "404 Not Found", false),
        ("POST", "500 Error", false),
        ("POST", "503 Unavailable", false),
        ("OPTIONS", "200 OK", false),
        ("PROPFIND", "207 Multi-Status", false),
    ] {
        changing.fill(&keys);
        let response = changing.send(method, "/page", answer);
        let expected = if is_deleted {
            "invalidated"
        } else {
            "no: method"
        };
        assert_eq!(outcome(&response), expected, "{method} {answer}");
        assert_eq!(
            changing.left(&keys).is_empty(),
            is_deleted,
            "{method} {answer}"
        );
    }
    changing.site.stop();
}

#[test]
fn nothing_is_deleted_unless_it_is_asked_for() {
    let config = config(KEY, "").replace(r#""invalidate" => true"#, r#""invalidate" => false"#);
    let changing = Changing::configured(&config);
    let keys = ["http://example.test/page"];
    changing.fill(&keys);
    let response = changing.send("POST", "/page", "200 OK");
    assert_eq!(outcome(&response), "no: method");
    assert_eq!(changing.left(&keys), keys);
    changing.site.stop();
}

#[test]
fn what_the_response_names_is_deleted_too() {
    let changing = Changing::start(KEY);
    let (own, other) = ("http://example.test/a/b", "http://example.test/a/new page");
    let other = testkit::sha1_hex(other.as_bytes());
    let keys = [own, other.as_str()];
    for (header, is_deleted) in [
        ("Location: http://example.test/a/new%20page", true),
        ("Location: HTTP://Example.TEST:80/a/new%20page?x#y", true),
        ("Location: //example.test/a/new%20page", true),
        ("Location: /a/new%20page", true),
        ("Location: new%20page", true),
        ("location: ../a/./new%20page", true),
        ("Content-Location: /a/new%20page", true),
        ("Location: /x|Content-Location: new%20page", true),
        ("Location: https://example.test/a/new%20page", false),
        ("Location: http://other.test/a/new%20page", false),
        ("Location: http://example.test:81/a/new%20page", false),
        (
            "Location: http://example.test@other.test/a/new%20page",
            false,
        ),
        ("Link: </a/new%20page>", false),
        ("Location: /a/new page", false),
        ("Location: b", false),
    ] {
        changing.fill(&keys);
        let response = changing.send("POST", "/a/b", &format!("201 Created|{header}"));
        assert_eq!(outcome(&response), "invalidated", "{header}");
        let expected = if is_deleted { &[][..] } else { &keys[1..] };
        assert_eq!(changing.left(&keys), expected, "{header}");
    }
    changing.site.stop();
}

#[test]
fn all_codings_of_a_page_are_deleted() {
    let vary = r#""headers" => true, "vary" => ["accept-language", "accept-encoding"],
		"encodings" => ["br", "gzip"], "key" => "%{req.path}""#;
    let changing = Changing::start(vary);
    let key = |path: &str, language: &str, set: &str| {
        format!("{path}#accept-language{language}#accept-encoding={set}")
    };
    let sets = ["identity", "br", "gzip", "br+gzip"];
    let own = sets.map(|set| key("/page", "=de", set));
    let named = sets.map(|set| key("/new", "=de", set));
    // Of other languages only the visitor's own is known.
    let others = [
        key("/page", "=en", "br"),
        key("/page", "", "identity"),
        key("/other", "=de", "gzip"),
    ];
    let all: Vec<&str> = own
        .iter()
        .chain(&named)
        .chain(&others)
        .map(String::as_str)
        .collect();
    changing.fill(&all);
    let response = changing.site.request(
        "POST",
        "/page",
        &[
            ("X-Answer", "201 Created|Location: /new"),
            ("Content-Length", "0"),
            ("Accept-Language", "de"),
            ("Accept-Encoding", "gzip, identity;q=0"),
        ],
    );
    assert_eq!(outcome(&response), "invalidated");
    assert_eq!(changing.left(&all), others);
    changing.site.stop();
}

/// The key is that of a GET: what would keep the request itself from the cache, or
/// give it an item of its own, makes no difference.
#[test]
fn the_request_itself_need_not_be_one_for_the_cache() {
    let both = r#""key" => "%{req.raw_path}", "guard" => true,
		"bypass_cookies" => ["session"], "bypass" => "%{req.header[X-Preview]}""#;
    let changing = Changing::start(both);
    let keys = ["/page?x=%20", "/page", "/new?y"];
    changing.fill(&keys);
    let headers = [
        (
            "X-Answer",
            "303 See Other|Location: ?y|Content-Location: new?y",
        ),
        ("Content-Length", "0"),
        ("Cookie", "session=1"),
        ("X-Preview", "1"),
        ("X-HTTP-Method-Override", "PUT"),
        ("Authorization", "Basic eDp5"),
    ];
    let target = "http://example.test/page?x=%20";
    let response = changing.site.request("POST", target, &headers);
    assert_eq!(outcome(&response), "invalidated");
    assert_eq!(changing.left(&keys), ["/page"]);
    changing.site.stop();
}

/// A pattern with anything that only a request has tells the key of no address.
#[test]
fn a_key_that_an_address_does_not_tell() {
    let changing = Changing::start(r#""key" => "%{req.header[Host]}%{req.path}""#);
    let keys = ["example.test/page", "example.test/new"];
    changing.fill(&keys);
    let response = changing.send("POST", "/page", "201 Created|Location: /new");
    assert_eq!(outcome(&response), "invalidated");
    assert_eq!(changing.left(&keys), ["example.test/new"]);
    changing.site.stop();
}

/// As with a store, it is the lookup's key that counts.
#[test]
fn a_path_that_is_changed_in_between() {
    let config = config(KEY, "").replace("proxy", "rewrite \"^/.*$\" => \"/index.php\";\n\tproxy");
    let changing = Changing::configured(&config);
    let keys = ["http://example.test/blog/two", "http://example.test/new"];
    changing.fill(&keys);
    let response = changing.send("POST", "/blog/two", "303 See Other|Location: /new");
    assert_eq!(outcome(&response), "invalidated");
    assert_eq!(changing.left(&keys), [""; 0]);
    changing.site.stop();
}

#[test]
fn captures_of_the_pattern_are_those_of_the_beginning() {
    let store = options(&[r#""key" => "page-%1", "invalidate" => true"#]);
    let config = format!(
        "if req.path =~ \"^/(.*)$\" {{\n\tproxy \"$BACKEND\";\n\tmemcached.store {store};\n}}"
    );
    let changing = Changing::configured(&config);
    changing.fill(&["page-one", "page-two"]);
    assert_eq!(changing.send("POST", "/one", "200 OK").status, 200);
    assert_eq!(changing.left(&["page-one", "page-two"]), ["page-two"]);
    changing.site.stop();
}

/// What a method in `methods` gets is stored, once the old items are gone; and what
/// comes from memcached has changed nothing.
#[test]
fn methods_that_are_cached() {
    let changing = Changing::start(
        r#""key" => "%{req.path}", "methods" => ["GET", "POST"], "timeout_ms" => 600000"#,
    );
    let first = changing.send("POST", "/page", "200 OK");
    assert_eq!((first.cache(), outcome(&first)), ("Miss", "storing"));
    eventually("the page is stored", || {
        changing.cache.get("/page").is_some()
    });
    let second = changing.send("POST", "/page", "200 OK");
    assert_eq!((second.cache(), second.text()), ("Hit", "1".into()));
    assert!(changing.cache.get("/page").is_some());
    changing.site.stop();
}

/// Requests that follow each other, on one connection and on several, see what
/// changed before, whether the page was stored in between or still is to be.
#[test]
fn nobody_sees_the_old_page_afterwards() {
    let changing = Changing::start(KEY);
    let mut client = changing.site.connect();
    for version in 0..100 {
        assert_eq!(client.get("/page").text(), version.to_string());
        if version % 3 == 0 {
            changing.site.get_hit("/page");
        }
        if version % 2 == 0 {
            changing.send("POST", "/page", "200 OK");
        } else {
            client.request("PUT", "/page", &[("Content-Length", "0")]);
        }
    }
    drop(client);
    changing.site.stop();
}

/// A lookup that began before the change, or while it was under way, may find the
/// old page; nobody who comes later shares its answer.
#[test]
fn nobody_joins_a_lookup_from_before_the_change() {
    let cache = Faulty::start();
    // Which requests are answered: as many as this.
    let allowed = Arc::new(AtomicUsize::new(0));
    let gate = Arc::clone(&allowed);
    let key = "http://example.test/page";
    cache.set(key, b"old");
    cache.behave(move |peer: &mut Peer| {
        while let Some(request) = peer.request() {
            let needed = match &*request.verb {
                "delete" => 1,
                _ => 2,
            };
            // The page as it is when the request comes.
            let is_deleted = gate.load(Ordering::SeqCst) > 0;
            eventually("the request may be answered", || {
                peer.is_over() || gate.load(Ordering::SeqCst) >= needed
            });
            match &*request.verb {
                "get" if is_deleted => peer.send(&testkit::value_reply(&request.key, b"new")),
                "get" => peer.send(&testkit::value_reply(&request.key, b"old")),
                _ => peer.answer(&request),
            }
        }
    });
    let patient = format!(r#"{KEY}, "timeout_ms" => 600000"#);
    let site = site(&config(&patient, ""), &cache);
    let gets = || {
        let requests = cache.requests();
        requests.iter().filter(|it| it.verb == "get").count()
    };
    let ask = || {
        let mut client = site.connect();
        client.send_request("GET", "/page", &[]);
        client
    };
    let before = ask();
    eventually("the first lookup", || gets() == 1);
    let mut changing = site.connect();
    changing.send_request("POST", "/page", &[("Content-Length", "0")]);
    eventually("the delete", || {
        cache.requests().iter().any(|it| it.verb == "delete")
    });
    // A second lookup begins, on a connection where the first has no answer yet.
    let meanwhile = ask();
    site.await_read();
    allowed.store(1, Ordering::SeqCst);
    let response = changing.response("POST").expect("an answer");
    assert_eq!(outcome(&response), "invalidated");
    let after = ask();
    site.await_read();
    allowed.store(2, Ordering::SeqCst);
    for mut client in [before, meanwhile] {
        assert_eq!(client.response("GET").expect("an answer").cache(), "Hit");
    }
    let mut after = after;
    assert_eq!(after.response("GET").expect("an answer").text(), "new");
    site.stop();
}

/// The response does not wait for longer than `timeout_ms`, and the log tells why
/// the old page may still be there.
#[test]
fn a_memcached_that_says_nothing() {
    let both = format!(r#"{KEY}, "timeout_ms" => 100, "connect_timeout_ms" => 600000"#);
    let changing = Changing::start(&both);
    changing.fill(&["http://example.test/page"]);
    changing.send("POST", "/other", "200 OK");
    changing.cache.suspend();
    let response = changing.send("POST", "/page", "200 OK");
    assert_eq!(
        (response.status, outcome(&response)),
        (200, "no: timed out")
    );
    let line = format!("memcached {}: ", changing.cache);
    changing.site.await_log(&line);
    changing
        .site
        .await_log("memcached.store: not invalidated: timed out");
    changing.cache.resume();
    // It was only late.
    eventually("the page is gone", || {
        changing.left(&["http://example.test/page"]).is_empty()
    });
    changing.site.stop();
}

#[test]
fn a_memcached_that_takes_no_connection() {
    let cache = Faulty::with_full_queue();
    let both = format!(r#"{KEY}, "timeout_ms" => 100, "connect_timeout_ms" => 600000"#);
    let site = site(&config(&both, ""), &cache);
    let response = send(&site, "POST", "/page", "200 OK");
    assert_eq!(
        (response.status, outcome(&response)),
        (200, "no: timed out")
    );
    site.await_log(&format!("memcached {cache}: not invalidated: timed out"));
    site.stop();
}

#[test]
fn a_memcached_that_is_gone_or_refuses() {
    let mut changing = Changing::start(&format!(r#"{KEY}, "retry_ms" => 600000"#));
    changing.cache.kill();
    let response = changing.send("POST", "/page", "200 OK");
    assert_eq!(outcome(&response), "no: cannot connect");
    let response = changing.send("POST", "/page", "200 OK");
    assert_eq!(response.status, 200);
    assert!(outcome(&response).starts_with("no: "));
    let log = changing.site.stop();
    assert!(log.contains("deletes 2, deletes_failed 2"), "{log}");

    let cache = Faulty::start();
    cache.behave(|peer: &mut Peer| {
        while peer.request().is_some() {
            peer.send(b"SERVER_ERROR out of memory\r\n");
        }
    });
    let site = site(&config(KEY, ""), &cache);
    let response = send(&site, "POST", "/page", "200 OK");
    assert_eq!(outcome(&response), "no: out of memory");
    site.await_log(&format!(
        "memcached {cache}: not invalidated: out of memory"
    ));
    site.stop();
}

/// A delete on a connection that memcached had closed is sent once more.
#[test]
fn a_connection_that_was_closed_meanwhile() {
    let cache = Faulty::start();
    cache.set("http://example.test/page", b"old");
    cache.behave(|peer: &mut Peer| {
        while let Some(request) = peer.request() {
            if request.verb == "delete" && request.key.ends_with("/page") && peer.number == 0 {
                return;
            }
            peer.answer(&request);
        }
    });
    let site = site(&config(KEY, ""), &cache);
    // Makes the connection, which works.
    let response = send(&site, "POST", "/other", "200 OK");
    assert_eq!(outcome(&response), "invalidated");
    let response = send(&site, "POST", "/page", "200 OK");
    assert_eq!(outcome(&response), "invalidated");
    assert_eq!(cache.item("http://example.test/page"), None);
    site.stop();
}

/// What a client began that does not wait for the end is done nevertheless.
#[test]
fn a_client_that_goes_away() {
    let cache = Faulty::start();
    let is_gone = Arc::new(AtomicUsize::new(0));
    let gate = Arc::clone(&is_gone);
    cache.set("http://example.test/page", b"old");
    cache.behave(move |peer: &mut Peer| {
        while let Some(request) = peer.request() {
            eventually("the client is gone", || {
                peer.is_over() || gate.load(Ordering::SeqCst) > 0
            });
            peer.answer(&request);
        }
    });
    let site = site(
        &config(&format!(r#"{KEY}, "timeout_ms" => 600000"#), ""),
        &cache,
    );
    let mut client = site.connect();
    client.send_request("POST", "/page", &[("Content-Length", "0")]);
    cache.await_requests(1);
    client.reset();
    let response = site.request("OPTIONS", "/", &[]);
    assert_eq!(outcome(&response), "no: method");
    is_gone.store(1, Ordering::SeqCst);
    eventually("the page is gone", || {
        cache.item("http://example.test/page").is_none()
    });
    let response = send(&site, "POST", "/page", "200 OK");
    assert_eq!(outcome(&response), "invalidated");
    site.stop();
}

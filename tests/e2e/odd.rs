//! Configurations and requests of unusual forms.

use testkit::{Memcached, Site, eventually};

use crate::looked_up;

/// What a raw request without keep-alive brings, until the server closes.
fn raw(site: &Site, request: &str) -> String {
    use std::io::Read;
    let mut client = site.connect();
    client.send(request.as_bytes());
    let mut bytes = Vec::new();
    // A reset after the answer would be one of the server's own.
    let _ = client.socket().read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn clients_of_http_1_0() {
    let cache = Memcached::start();
    cache.set("/full", 0, b"body");
    cache.set("/empty", 0, b"");
    let site = Site::start(&looked_up(""), &[("CACHE", &cache)]);
    let text = raw(&site, "GET /full HTTP/1.0\r\n\r\n");
    assert!(text.contains("X-Memcached: Hit\r\n"), "{text}");
    assert!(text.contains("Content-Length: 4\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\nbody"), "{text}");
    let both = "GET /empty HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /full HTTP/1.0\r\n\r\n";
    let text = raw(&site, both);
    assert_eq!(text.matches("X-Memcached: Hit\r\n").count(), 2, "{text}");
    let first = text.split("\r\n\r\n").next().unwrap_or_default();
    assert!(first.contains("Content-Length: 0\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\nbody"), "{text}");
    site.stop();
}

/// An empty body and one that is not sent leave the connection in step.
#[test]
fn empty_hits_and_heads_on_one_connection() {
    let cache = Memcached::start();
    cache.set("/full", 0, b"body");
    cache.set("/empty", 0, b"");
    let site = Site::start(&looked_up(""), &[("CACHE", &cache)]);
    let mut client = site.connect();
    let all = [
        ("GET", "/empty", "0", ""),
        ("HEAD", "/empty", "0", ""),
        ("HEAD", "/full", "4", ""),
        ("GET", "/none", "6", "missed"),
        ("GET", "/empty", "0", ""),
        ("GET", "/full", "4", "body"),
    ];
    for (method, path, _, _) in all {
        client.send_request(method, path, &[]);
    }
    for (method, path, length, body) in all {
        let response = client.response(method).expect("an answer");
        let found = (response.header("Content-Length"), response.text());
        assert_eq!(found, (Some(length), body.into()), "{method} {path}");
    }
    site.stop();
}

#[test]
fn targets_and_headers_of_every_form() {
    let cache = Memcached::start();
    cache.set("/page", 0, b"body");
    let site = Site::start(&looked_up(""), &[("CACHE", &cache)]);
    for (target, expected) in [
        ("/%70age", "body"),
        ("/page?query", "body"),
        ("/x/../page", "missed"),
        ("http://example.test/page", "missed"),
        ("/page?query#fragment", "missed"),
    ] {
        assert_eq!(site.get(target).text(), expected, "{target}");
    }
    let long = "x".repeat(50_000);
    let huge = site.request("GET", "/page", &[("X-Long", &long)]);
    assert_eq!(huge.text(), "body");
    // Of a key of any length comes a key that memcached takes.
    let path = format!("/{}", "y".repeat(6000));
    assert_eq!(site.get(&path).text(), "missed");
    cache.set(&testkit::sha1_hex(path.as_bytes()), 0, b"long");
    assert_eq!(site.get(&path).text(), "long");
    site.stop();
}

#[test]
fn a_body_that_is_announced_and_asked_for() {
    let cache = Memcached::start();
    cache.set("k", 0, b"x");
    let config = looked_up(r#""key" => "k", "methods" => ["POST"]"#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let text = raw(
        &site,
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n\
         Content-Length: 5\r\n\r\nhello",
    );
    assert!(text.contains("HTTP/1.1 200 OK\r\n"), "{text}");
    assert!(text.contains("X-Memcached: Hit\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\nx"), "{text}");
    site.stop();
}

#[test]
fn lookups_inside_conditions() {
    let cache = Memcached::start();
    cache.set("part-hit", 0, b"item");
    let config = r#"
if req.path =~ "^/part/(.*)$" {
	if req.query == "skip" {
		respond 200 => "skipped";
	} else {
		memcached.lookup (["server" => "$CACHE", "key" => "part-%1"], {
			header.add "X-Memcached" => "Hit";
		}, {
			respond 200 => "made %1";
			memcached.store ["server" => "$CACHE", "key" => "part-%1"];
		});
	}
} else {
	respond 404 => "other";
}
"#;
    let site = Site::start(config, &[("CACHE", &cache)]);
    assert_eq!(site.get("/part/hit").text(), "item");
    assert_eq!(site.get("/part/hit?skip").text(), "skipped");
    assert_eq!(site.get("/other").text(), "other");
    assert_eq!(site.get("/part/new").text(), "made new");
    assert_eq!(site.get_hit("/part/new").text(), "made new");
    site.stop();
}

#[test]
fn three_servers_one_of_them_down() {
    let (down, first, second) = (Memcached::reserve(), Memcached::start(), Memcached::start());
    first.set("/1", 0, b"first");
    second.set("/1", 0, b"not this");
    second.set("/2", 0, b"second");
    let config = r#"
memcached.lookup ["server" => "$DOWN"];
memcached.lookup ["server" => "$FIRST"];
memcached.lookup (["server" => "$SECOND"], none, {
	respond 200 => "none";
});
"#;
    let names: [(&str, &dyn std::fmt::Display); 3] =
        [("DOWN", &down), ("FIRST", &first), ("SECOND", &second)];
    let site = Site::start(config, &names);
    for _ in 0..5 {
        for (path, text) in [("/1", "first"), ("/2", "second"), ("/3", "none")] {
            assert_eq!(site.get(path).text(), text, "{path}");
        }
    }
    site.stop();
}

/// The hit action runs, nothing else of all that stands around it.
#[test]
fn lookups_inside_lookups() {
    let cache = Memcached::start();
    cache.set("there", 0, b"item");
    let config = r#"
memcached.lookup (["server" => "$CACHE", "key" => "absent"], none, {
	memcached.lookup (["server" => "$CACHE", "key" => "absent2"], none, {
		memcached.lookup (["server" => "$CACHE", "key" => "there"], {
			header.add "X-By" => "inner";
			memcached.lookup (["server" => "$CACHE", "key" => "there"], {
				header.add "X-By" => "handled";
			}, {
				header.add "X-By" => "missed";
			});
		});
	});
});
"#;
    let site = Site::start(config, &[("CACHE", &cache)]);
    for _ in 0..2 {
        let response = site.get("/");
        let by: Vec<_> = response.headers.iter().filter(|h| h.0 == "X-By").collect();
        assert_eq!((by.len(), by[0].1.as_str()), (1, "inner"));
        assert_eq!(response.text(), "item");
    }
    site.stop();
}

#[test]
fn one_response_stored_twice() {
    let (one, other) = (Memcached::start(), Memcached::start());
    let config = r#"
respond 200 => "page";
memcached.store ["server" => "$ONE", "key" => "a"];
memcached.store ["server" => "$ONE", "key" => "b"];
memcached.store ["server" => "$OTHER", "key" => "a", "headers" => true];
"#;
    let site = Site::start(config, &[("ONE", &one), ("OTHER", &other)]);
    assert_eq!(site.get("/").text(), "page");
    eventually("all items", || {
        one.get("a").is_some() && one.get("b").is_some() && other.get("a").is_some()
    });
    for key in ["a", "b"] {
        assert_eq!(one.get(key).expect("an item").data, b"page", "{key}");
    }
    let whole = other.get("a").expect("an item").data;
    let whole = String::from_utf8_lossy(&whole);
    assert!(whole.starts_with("HTTP/1.1 200 OK\r\n"), "{whole}");
    assert!(whole.ends_with("\r\n\r\npage"), "{whole}");
    site.stop();
}

/// A near cache before a far one: what the far one has gets into the near one for
/// the rest of its time, though it is under the same key.
#[test]
fn a_hit_goes_from_one_server_to_another() {
    let (near, far) = (Memcached::start(), Memcached::start());
    let item = format!("HTTP/1.1 200 OK\r\n{}\r\n\r\nitem", crate::date(0));
    far.set("/", 0, item.as_bytes());
    let config = r#"
near = ["server" => "$NEAR", "headers" => true, "ttl" => 600];
far = ["server" => "$FAR", "headers" => true, "ttl" => 600];
memcached.lookup (near, { header.add "X-Memcached" => "Hit"; }, {
	memcached.lookup (far, {
		memcached.store near;
		memcached.store far;
	});
});
"#;
    let site = Site::start(config, &[("NEAR", &near), ("FAR", &far)]);
    assert_eq!(site.get("/").text(), "item");
    assert_eq!(site.get_hit("/").text(), "item");
    site.stop();
}

#[test]
fn one_list_for_both_actions() {
    let cache = Memcached::start();
    let config = r#"
shared = ["server" => "$CACHE", "key" => "shared%{req.path}", "ttl" => 60, "maxsize" => 100, "flags" => 7];
memcached.lookup (shared, { header.add "X-Memcached" => "Hit"; }, {
	respond 200 => "page";
	memcached.store shared;
});
"#;
    let site = Site::start(config, &[("CACHE", &cache)]);
    assert_eq!(site.get("/").text(), "page");
    assert_eq!(site.get_hit("/").text(), "page");
    assert_eq!(cache.get("shared/").expect("an item").flags, 7);
    site.stop();
}

/// Requests of one connection wait for their turn, not for each other's servers.
#[test]
fn pipelined_requests_to_a_silent_server_and_a_good_one() {
    let (good, silent) = (Memcached::start(), Memcached::start());
    good.set("/full", 0, b"body");
    good.set("/empty", 0, b"");
    silent.suspend();
    let config = r#"
if req.path =^ "/silent" {
	memcached.lookup (["server" => "$SILENT", "timeout_ms" => 100], none, { respond 200 => "silent"; });
} else {
	memcached.lookup (["server" => "$GOOD"], none, { respond 200 => "missed"; });
}
"#;
    let site = Site::start(config, &[("SILENT", &silent), ("GOOD", &good)]);
    let mut client = site.connect();
    let all = [
        ("/full", "body"),
        ("/silent/1", "silent"),
        ("/empty", ""),
        ("/silent/2", "silent"),
        ("/none", "missed"),
        ("/full", "body"),
    ];
    for (path, _) in all {
        client.send_request("GET", path, &[]);
    }
    for (path, body) in all {
        let response = client.response("GET").expect("an answer");
        assert_eq!(response.text(), body, "{path}");
    }
    silent.resume();
    site.stop();
}

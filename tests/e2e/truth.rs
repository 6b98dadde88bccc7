//! What the plugin says of a request is what became of it.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Mutex, mpsc};

use testkit::{
    Backend, BackendRequest, Faulty, Host, Memcached, Peer, Site, SiteBuilder, eventually,
    eventually_some,
};

use crate::{cached, looked_up};

const DEBUG: &str = "debug.log_request_handling true;\n";

fn builder() -> SiteBuilder {
    Site::builder().setup(r#"log [default => "stderr"];"#)
}

#[test]
fn lines_name_action_key_and_server() {
    let (one, two) = (Memcached::start(), Memcached::start());
    one.set("a/1", 0, b"x");
    let config = format!(
        r#"{DEBUG}
memcached.lookup ["server" => "$ONE", "key" => "a%{{req.path}}"];
memcached.lookup ["server" => "$TWO", "key" => "b%{{req.path}} "];
if !req.is_handled {{ respond 200 => "page"; }}
memcached.store ["server" => "$ONE", "key" => "a%{{req.path}}"];
memcached.store ["server" => "$TWO", "key" => "c%{{req.path}}", "methods" => ["POST"]];
"#
    );
    let site = builder().start(&config, &[("ONE", &one), ("TWO", &two)]);
    site.get("/2");
    // A key that is no valid one is shown as it is sent.
    let hashed = testkit::sha1_hex(b"b/2 ");
    for line in [
        format!("memcached.lookup: not found; key a/2 at {one}"),
        format!("memcached.lookup: not found; key {hashed} at {two}"),
        format!("memcached.store: queued for memcached; key a/2 at {one}"),
        format!("memcached.store: not stored: method; key c/2 at {two}"),
    ] {
        site.await_log(&line);
    }
    site.get("/1");
    site.await_log(&format!("memcached.lookup: hit; key a/1 at {one}"));
    site.await_log(&format!(
        "memcached.store: not stored: comes from this item; key a/1 at {one}"
    ));
    site.request("POST", "/3", &[("Content-Length", "0")]);
    site.await_log(&format!(
        "memcached.lookup: not for this method; key a/3 at {one}"
    ));
    site.stop();
}

#[test]
fn the_key_is_in_the_environment_if_it_is_asked_for() {
    let cache = Memcached::start();
    let shown = r#"header.overwrite "X-Key" => "%{req.environment[MEMCACHED_KEY]}";"#;
    for (option, expected) in [
        (r#""environment" => "all""#, Some("k/x")),
        (r#""environment" => true"#, Some("")),
    ] {
        let both = format!(r#""key" => "k%{{req.path}}", {option}"#);
        let cached = cached(&both, r#"respond 200 => "page";"#, "");
        let site = Site::start(&format!("{cached}{shown}"), &[("CACHE", &cache)]);
        assert_eq!(site.get("/x").header("X-Key"), expected);
        assert_eq!(site.get_hit("/x").header("X-Key"), expected);
        let head = site.request("POST", "/x", &[("Content-Length", "0")]);
        assert_eq!(head.header("X-Key"), expected);
        site.stop();
        cache.delete("k/x");
    }
}

/// The site of `config` with an access log on a server that has one: what the
/// environment says at the end of a request.
fn with_access_log(config: &str, cache: &Memcached, backend: &Backend) -> Site {
    if !Host::find().is_real() {
        return builder().start(config, &[("CACHE", cache), ("BACKEND", backend)]);
    }
    let config = format!(
        "accesslog.format \"%r|%{{MEMCACHED_STORE}}e|\";\naccesslog \"$DIR/access\";\n{config}"
    );
    builder()
        .module("mod_accesslog")
        .start(&config, &[("CACHE", cache), ("BACKEND", backend)])
}

/// What the access log says of a path, once it does.
fn store_in_access_log(site: &Site, path: &str) -> Option<String> {
    if !Host::find().is_real() {
        return None;
    }
    Some(eventually_some("a line in the access log", || {
        let text = fs::read_to_string(site.dir().join("access")).unwrap_or_default();
        let line = text.lines().find(|line| line.contains(path))?;
        line.split('|').nth(1).map(str::to_owned)
    }))
}

/// Whatever ends a response early, `storing` is not the last word.
#[test]
fn what_ends_early_is_said_to_be_not_stored() {
    let cache = Memcached::start();
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let backend = Backend::start(move |request: &BackendRequest, stream: &mut TcpStream| {
        let begin = b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n";
        stream.write_all(begin).expect("the server reads");
        stream.write_all(&[b'x'; 10_000]).expect("the server reads");
        if request.target == "/left" {
            wait.lock().expect("one at a time").recv().expect("a word");
        }
    });
    let config = format!(
        "{DEBUG}{}if req.path == \"/304\" {{ set_status 304; }}\n",
        cached("", r#"proxy "$BACKEND";"#, "")
    );
    let site = with_access_log(&config, &cache, &backend);
    for (path, reason) in [
        ("/left", "body cut short"),
        ("/cut", "body cut short"),
        ("/304", "status 304"),
    ] {
        let mut client = site.connect();
        client.send_request("GET", path, &[]);
        if path == "/left" {
            let mut first = [0; 2000];
            std::io::Read::read_exact(&mut client.socket(), &mut first).expect("a beginning");
            client.reset();
        } else {
            // lighttpd2 leaves the client waiting for the rest.
            let a_while = Some(std::time::Duration::from_millis(200));
            client
                .socket()
                .set_read_timeout(a_while)
                .expect("a time-out");
            drop(client.response("GET"));
            drop(client);
        }
        site.await_log(&format!(
            "memcached.store: not stored: {reason}; key {path} at"
        ));
        if path == "/left" {
            go_on.send(()).expect("the backend waits");
        }
        let last = store_in_access_log(&site, path);
        assert!(
            last.as_ref()
                .is_none_or(|last| *last == format!("no: {reason}")),
            "{path}: {last:?}"
        );
    }
    let log = site.stop();
    assert!(log.contains("not_stored 3"), "{log}");
    assert_eq!(cache.get("/left"), None);
}

#[test]
fn a_response_that_was_handed_over_is_queued() {
    let cache = Memcached::start();
    let backend = Backend::constant("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    let config = format!("{DEBUG}{}", cached("", r#"proxy "$BACKEND";"#, ""));
    let site = with_access_log(&config, &cache, &backend);
    site.get("/x");
    site.await_log("memcached.store: queued for memcached; key /x at");
    eventually("it is stored", || cache.get("/x").is_some());
    let last = store_in_access_log(&site, "/x");
    assert!(
        last.as_deref().is_none_or(|last| last == "queued"),
        "{last:?}"
    );
    let log = site.stop();
    assert!(log.contains("stores 1, stored 1"), "{log}");
}

/// A visitor's page may be looked for under one key and stored under another.
#[test]
fn a_key_that_is_not_the_lookups_is_said() {
    let shown = r#"header.overwrite "X-Store" => "%{req.environment[MEMCACHED_STORE]}";"#;
    let handler = r#"proxy "$BACKEND";"#;
    let other = cached("", handler, r#""key" => "other:%{req.path}""#);
    // The same key, of an item in another form.
    let same = cached("", handler, r#""headers" => true"#);
    let alone = r#"proxy "$BACKEND"; memcached.store ["server" => "$CACHE"];"#.to_owned();
    for (config, key, note) in [
        (other, "other:/x", ": key differs from the lookup's"),
        (same, "/x", ""),
        (alone, "/x", ""),
    ] {
        let cache = Memcached::start();
        let backend = Backend::constant("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
        let site = with_access_log(&format!("{DEBUG}{config}{shown}"), &cache, &backend);
        let said = format!("storing{note}");
        assert_eq!(site.get("/x").header("X-Store"), Some(&*said));
        site.await_log(&format!("queued for memcached; key {key} at"));
        let last = store_in_access_log(&site, "/x");
        let said = format!("queued{note}");
        assert!(last.as_ref().is_none_or(|last| *last == said), "{last:?}");
        site.stop();
    }
}

#[test]
fn what_memcached_does_not_store_is_logged_and_counted() {
    let cache = Faulty::start();
    cache.behave(|peer: &mut Peer| {
        while let Some(request) = peer.request() {
            if request.verb == "set" {
                peer.send(b"NOT_STORED\r\n");
            } else {
                peer.answer(&request);
            }
        }
    });
    let config = cached("", r#"respond 200 => "page";"#, "");
    let site = builder().start(&config, &[("CACHE", &cache)]);
    site.get("/x");
    site.await_log(": not stored: NOT_STORED");
    let log = site.stop();
    assert!(log.contains("stores 1, stores_refused 1"), "{log}");
}

/// Actions after such a store run as if it were not there.
#[test]
fn a_store_behind_which_nothing_handled_the_request_passes_on() {
    let cache = Memcached::start();
    let config = r#"
memcached.store ["server" => "$CACHE"];
if req.path == "/page" {
	respond 200 => "page";
}
"#;
    let site = Site::start(config, &[("CACHE", &cache)]);
    for _ in 0..3 {
        assert_eq!(site.get("/page").text(), "page");
        assert_eq!(site.get("/nothing").status, 404);
    }
    let log = site.stop();
    let line = "(error) memcached.store: no response to store; \
                a content handler must stand before memcached.store";
    assert_eq!(log.matches(line).count(), 1, "{log}");
}

#[test]
fn a_maxsize_that_leaves_responses_out_is_told_without_debug() {
    let cache = Memcached::start();
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n";
    let backend = Backend::constant(format!("{head}{}", "x".repeat(200)));
    let config = cached("", r#"proxy "$BACKEND";"#, r#""maxsize" => 100"#);
    let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    for path in ["/a", "/b", "/c"] {
        site.get(path);
    }
    let log = site.stop();
    let line = format!(
        "(warning) memcached.store: not stored: larger than \"maxsize\" => 100; \
         a larger one stores such responses too; key /a at {cache}"
    );
    assert!(log.contains(&line), "{log}");
    assert_eq!(log.matches("larger than").count(), 1, "{log}");
}

/// What a client library wrote in a form of its own is not a page.
#[test]
fn items_that_a_client_compressed_are_told_of() {
    let cache = Memcached::start();
    for path in ["/a", "/b"] {
        cache.set(path, 16, b"x\x9cK\x4c\x4a\x06\0\x02M\x01'");
    }
    let lookup = looked_up(r#""headers" => true"#);
    let shown = r#"header.overwrite "X-Status" => "%{req.environment[MEMCACHED_STATUS]}";"#;
    let site = Site::start(&format!("{lookup}{shown}"), &[("CACHE", &cache)]);
    let reason = "no response head, but flags 16: some client compressed or serialized it";
    for path in ["/a", "/b"] {
        let missed = site.get(path);
        let expected = format!("miss: {reason}");
        assert_eq!(missed.header("X-Status"), Some(expected.as_str()));
    }
    let log = site.stop();
    let line =
        format!("(warning) memcached.lookup: not a stored response: {reason}; key /a at {cache}");
    assert!(log.contains(&line), "{log}");
    assert_eq!(log.matches(reason).count(), 1, "{log}");
}

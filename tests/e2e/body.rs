//! Bodies that come in parts, break off, or have no taker.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use testkit::{Backend, Memcached, Site, eventually, random_bytes};

use crate::cached;

fn head(framing: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n").into_bytes()
}

fn reset(stream: &mut TcpStream) {
    rustix::net::sockopt::set_socket_linger(&*stream, Some(Duration::ZERO))
        .expect("a socket option");
}

/// Asks for a page that can be stored, and waits until it is: stores of one
/// worker go out in order, so what was asked before has arrived or never will.
fn await_canary(site: &Site, cache: &Memcached) {
    cache.delete("/canary");
    site.get("/canary");
    eventually("the canary is stored", || cache.get("/canary").is_some());
}

#[test]
fn bodies_of_every_framing_are_stored_whole() {
    let cache = Memcached::start();
    let body = random_bytes(5, 40_000);
    let sent = body.clone();
    let backend = Backend::start(move |request, stream| {
        let mut out = Vec::new();
        match request.target.as_str() {
            "/chunked" => {
                out.extend(head("Transfer-Encoding: chunked"));
                for part in sent.chunks(7001) {
                    out.extend(format!("{:x}\r\n", part.len()).into_bytes());
                    out.extend_from_slice(part);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(b"0\r\n\r\n");
            }
            "/length" => {
                out.extend(head(&format!("Content-Length: {}", sent.len())));
                out.extend_from_slice(&sent);
            }
            _ => {
                out.extend(head("Connection: close"));
                out.extend_from_slice(&sent);
            }
        }
        // In several writes, so that the server sees parts.
        for part in out.chunks(3001) {
            stream.write_all(part).expect("the server reads");
        }
    });
    let config = cached("", r#"proxy "$BACKEND";"#, "");
    let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    for path in ["/chunked", "/length", "/close"] {
        let made = site.get(path);
        assert_eq!(made.cache(), "Miss");
        assert!(made.body == body, "{path}");
        let hit = site.get_hit(path);
        assert!(hit.body == body, "{path}");
    }
    site.stop();
}

/// What the backend cuts short is not a page.
#[test]
fn cut_bodies_are_not_stored() {
    let cache = Memcached::start();
    let backend = Backend::start(|request, stream| {
        let answer: &[&[u8]] = match request.target.as_str() {
            "/canary" => &[b"Content-Length: 1", b"c"],
            "/none" => &[b"Content-Length: 10", b""],
            "/chunk" => &[b"Transfer-Encoding: chunked", b"a\r\n12345"],
            "/no-last-chunk" => &[b"Transfer-Encoding: chunked", b"5\r\n12345\r\n"],
            "/bad-chunk" => &[b"Transfer-Encoding: chunked", b"5\r\n12345\r\nzzz\r\n"],
            // /short and /reset
            _ => &[b"Content-Length: 10", b"12345"],
        };
        let mut out = head(std::str::from_utf8(answer[0]).expect("text"));
        out.extend_from_slice(answer[1]);
        stream.write_all(&out).expect("the server reads");
        if request.target == "/reset" {
            reset(stream);
        }
    });
    let config = cached("", r#"proxy "$BACKEND";"#, "");
    let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    for path in [
        "/short",
        "/none",
        "/chunk",
        "/no-last-chunk",
        "/bad-chunk",
        "/reset",
    ] {
        let mut client = site.connect();
        client.send_request("GET", path, &[]);
        // Whether the client learns it from an error page, a broken body or not
        // at all is the server's business: lighttpd2 itself leaves it waiting
        // for the rest of a body whose length it was told.
        let a_while = Some(Duration::from_millis(200));
        let socket = client.socket();
        socket.set_read_timeout(a_while).expect("a time-out");
        let _ = client.response("GET");
        await_canary(&site, &cache);
        assert_eq!(cache.get(path), None, "{path}");
    }
    site.stop();
}

/// What cut the body for the first of two stores ends it for the second.
#[test]
fn no_store_of_several_takes_a_cut_body_for_whole() {
    let cache = Memcached::start();
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let backend = Backend::start(move |request, stream| {
        if request.target == "/canary" {
            let mut out = head("Content-Length: 1");
            out.push(b'c');
            return stream.write_all(&out).expect("the server reads");
        }
        let mut out = head("Transfer-Encoding: chunked");
        // Between two chunks, or within one.
        let is_between = request.target.ends_with("between");
        let start = if is_between {
            "5\r\n12345\r\n"
        } else {
            "a\r\n12345"
        };
        out.extend_from_slice(start.as_bytes());
        stream.write_all(&out).expect("the server reads");
        if request.target.starts_with("/late") {
            wait.lock().expect("one at a time").recv().expect("a word");
        }
    });
    let first = crate::options(&[r#""key" => "first:%{req.path}""#]);
    let handler = format!(r#"proxy "$BACKEND"; memcached.store {first};"#);
    let config = cached("", &handler, "");
    let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    for path in ["/late-between", "/late-within", "/between", "/within"] {
        let mut client = site.connect();
        client.send_request("GET", path, &[]);
        if path.starts_with("/late") {
            // The head has gone out, and the connection stays open till then.
            let mut byte = [0];
            client.socket().read_exact(&mut byte).expect("a head");
            go_on.send(()).expect("the backend waits");
        }
        await_canary(&site, &cache);
        for key in [path, &format!("first:{path}")] {
            assert_eq!(cache.get(key), None, "{key}");
        }
    }
    site.stop();
}

/// A page whose reader leaves in the middle is not stored as if it were whole.
#[test]
fn a_client_that_leaves_does_not_spoil_the_cache() {
    let cache = Memcached::start();
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let ended = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&ended);
    let backend = Backend::start(move |request, stream| {
        if request.target == "/canary" {
            let mut out = head("Content-Length: 1");
            out.push(b'c');
            return stream.write_all(&out).expect("the server reads");
        }
        let mut out = head("Content-Length: 20000");
        out.extend_from_slice(&[b'x'; 10_000]);
        stream.write_all(&out).expect("the server reads");
        wait.lock().expect("one at a time").recv().expect("a word");
        // The server may have left as well.
        let _ = stream.write_all(&[b'x'; 10_000]);
        *counted.lock().expect("a counter") += 1;
    });
    let config = cached("", r#"proxy "$BACKEND";"#, "");
    let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    for turn in 1..=2 {
        // A page of its own: the server may have read the first one to its end.
        let path = format!("/left{turn}");
        let mut client = site.connect();
        client.send_request("GET", &path, &[]);
        let mut first = [0; 2000];
        let mut socket = client.socket();
        socket.read_exact(&mut first).expect("the page's beginning");
        if turn == 1 {
            client.reset();
        } else {
            drop(client);
        }
        go_on.send(()).expect("the backend waits");
        eventually("the backend is done", || {
            *ended.lock().expect("a counter") == turn
        });
        await_canary(&site, &cache);
        let item = cache.get(&path);
        assert!(
            item.is_none_or(|item| item.data.len() == 20_000),
            "a part of a page was stored"
        );
    }
    site.stop();
}

/// A body that is too large passes through without being kept.
#[test]
fn a_large_body_passes_unharmed() {
    let cache = Memcached::start();
    let body = random_bytes(6, 5 << 20);
    let sent = body.clone();
    let backend = Backend::start(move |_, stream| {
        stream
            .write_all(&head("Connection: close"))
            .expect("the server reads");
        stream.write_all(&sent).expect("the server reads");
    });
    let config = cached("", r#"proxy "$BACKEND";"#, r#""maxsize" => 100000"#);
    let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    for _ in 0..2 {
        let made = site.get("/large");
        assert_eq!(made.cache(), "Miss");
        assert!(made.body == body);
    }
    assert_eq!(cache.get("/large"), None);
    site.stop();
}

/// The host writes the head of a response once the body has gone through all filters: what
/// has come to its end by then is not chunked, which would make its length a lie.
#[test]
fn a_length_has_no_coding_beside_it() {
    let cache = Memcached::start();
    let backend = Backend::start(|_, stream| {
        let mut page = head("Content-Length: 4");
        page.extend(b"page");
        stream.write_all(&page).expect("the server reads");
    });
    let both = crate::options(&[r#""headers" => true, "vary" => ["accept-encoding"]"#]);
    let in_cache = crate::options(&[]);
    let config = format!(
        r#"
if req.path =^ "/cache" {{
	memcached.cache ({in_cache}, {{ proxy "$BACKEND"; }});
}} else {{
	memcached.lookup ({both}, none, {{
		proxy "$BACKEND";
		memcached.store {both};
		memcached.store ["server" => "$CACHE", "key" => "second"];
	}});
}}
"#
    );
    let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    for path in ["/cache", "/lookup"] {
        for (turn, accepted) in ["identity", "gzip, deflate, br", "br"].iter().enumerate() {
            for _ in 0..2 {
                let headers = [("Accept-Encoding", *accepted)];
                let page = site.request("GET", &format!("{path}{turn}"), &headers);
                assert_eq!(page.text(), "page");
                assert_eq!(
                    page.header("Content-Length"),
                    Some("4"),
                    "{path} {accepted}"
                );
                assert_eq!(page.header("Transfer-Encoding"), None, "{path} {accepted}");
            }
        }
    }
    site.stop();
}

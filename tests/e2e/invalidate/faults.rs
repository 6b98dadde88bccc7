//! What goes wrong, or on at the same time, while something is deleted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::{Faulty, Peer, eventually};

use super::{Changing, KEY, config, outcome, send, site};

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

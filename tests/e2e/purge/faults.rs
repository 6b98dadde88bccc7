//! Purges while memcached does not do as it should.

use testkit::{Faulty, Peer, eventually};

use super::{Pages, builder, cached, deleting, is, outcome, shown};

#[test]
fn a_memcached_that_cannot_be_asked() {
    let bump = deleting(r#""namespace" => "site", "methods" => ["BUMP"]"#);
    let item = deleting(r#""namespace" => "site", "key" => none, "methods" => ["ITEM"]"#);
    let soft = deleting(r#""soft" => 5, "methods" => ["SOFT"]"#);
    let mut pages = Pages::start(&(deleting("") + &bump + &item + &soft + &cached("")));
    pages.cache.kill();
    for method in ["PURGE", "BUMP", "ITEM", "SOFT"] {
        let (status, published) = outcome(&pages.send(method, "/page"));
        assert_eq!(status, 503, "{method}");
        assert!(published.starts_with("no: "), "{method}: {published}");
    }
    pages.cache.restart();
    for (method, expected) in [("PURGE", 404), ("BUMP", 204), ("ITEM", 404), ("SOFT", 404)] {
        eventually("it works again", || {
            pages.send(method, "/page").status == expected
        });
    }
    pages.site.stop();
}

#[test]
fn a_memcached_that_says_nothing() {
    let timeout = r#""timeout_ms" => 100, "connect_timeout_ms" => 600000"#;
    let bump = deleting(&format!(
        r#""namespace" => "site", "methods" => ["BUMP"], {timeout}"#
    ));
    let pages = Pages::start(&(deleting(timeout) + &bump + &cached("")));
    pages.purge("/other");
    pages.cache.suspend();
    for method in ["PURGE", "BUMP"] {
        let (status, published) = outcome(&pages.send(method, "/page"));
        assert_eq!(status, 503, "{method}");
        assert!(published.starts_with("no: "), "{method}: {published}");
    }
    pages.site.await_log("not purged: timed out");
    pages.cache.resume();
    pages.site.stop();
}

#[test]
fn a_memcached_that_refuses() {
    let cache = Faulty::start();
    cache.behave(|peer: &mut Peer| {
        while peer.request().is_some() {
            peer.send(b"SERVER_ERROR out of memory\r\n");
        }
    });
    let site = builder().start(&shown(&deleting("")), &[("CACHE", &cache)]);
    let answer = site.request("PURGE", "/page", &[]);
    assert_eq!(outcome(&answer), is(503, "no: out of memory"));
    site.await_log(&format!("memcached {cache}: not purged: out of memory"));
    site.stop();
}

/// What a client began that does not wait for the end is done nevertheless, also where
/// the key is not known yet.
#[test]
fn a_client_that_goes_away() {
    let item = r#""namespace" => "site", "key" => none, "timeout_ms" => 600000"#;
    let pages = Pages::start(&(deleting(item) + &cached(r#""namespace" => "site""#)));
    pages.fill("/page");
    pages.cache.suspend();
    let mut client = pages.site.connect();
    client.send_request("PURGE", "/page", &[]);
    pages.site.await_read();
    client.reset();
    pages.cache.resume();
    eventually("the page is gone", || {
        pages.site.get("/page").cache() == "Miss"
    });
    pages.site.stop();
}

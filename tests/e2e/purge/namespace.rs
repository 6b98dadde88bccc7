//! Namespaces: keys that begin with a count, which memcached keeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::{Faulty, Memcached, Peer, eventually};

use super::{
    Pages, builder, cached, deleting, is, looked_up_and_stored, numbering, outcome, shown,
};

const COUNT: &str = "#namespace:site";
const SITE: &str = r#""namespace" => "site""#;

fn count(cache: &Memcached) -> Option<String> {
    let item = cache.get(COUNT)?;
    Some(String::from_utf8(item.data).expect("digits"))
}

/// The item of `/page` in the namespace as it is now.
fn item(cache: &Memcached) -> String {
    let count = count(cache).expect("a count");
    format!("{count}:http://example.test/page#accept-encoding=identity")
}

#[test]
fn a_bump_gives_up_all_pages_of_a_namespace() {
    let bump = deleting(&format!(r#"{SITE}, "methods" => ["BUMP"]"#));
    let other = cached(r#""namespace" => "other", "key" => "%{req.path}""#);
    let config = format!(
        "{bump}if req.path =^ \"/other\" {{\n{other}}}\n{}",
        cached(SITE)
    );
    let pages = Pages::start(&config);
    let targets = ["/page", "/page?a=1", "/else"];
    for round in 0..3 {
        let before = targets.map(|target| pages.fill(target));
        pages.fill("/other");
        assert!(pages.cache.get(&item(&pages.cache)).is_some(), "{round}");
        let old = count(&pages.cache);
        assert_eq!(outcome(&pages.send("BUMP", "/")), is(204, "purged"));
        assert_ne!(count(&pages.cache), old);
        for (target, before) in targets.iter().zip(before) {
            let after = pages.site.get(target);
            assert_eq!(after.cache(), "Miss", "{round} {target}");
            assert_ne!(after.text(), before, "{round} {target}");
        }
        pages.site.get_hit("/other");
    }
    let secs = pages.cache.ttl(COUNT);
    assert_eq!(secs, Some(-1), "a count does not expire");
    pages.site.stop();
}

/// Lookup and store, whichever of them runs first, and a store alone.
#[test]
fn lookup_and_store() {
    let list = format!(r#""key" => "%{{req.path}}", {SITE}"#);
    let both = looked_up_and_stored(&list);
    // The very first request waits for the count.
    let pages = Pages::start(&both);
    pages.fill("/page");
    pages.site.stop();
    let options = crate::options(&[&list]);
    let config = format!(
        "if req.path =^ \"/alone\" {{\nproxy \"$BACKEND\";\nmemcached.store {options};\n}} \
         else {{\n{both}}}\n"
    );
    let pages = Pages::start(&config);
    // The very first request is one to store.
    pages.site.get("/alone");
    let key = |path: &str| count(&pages.cache).map(|count| format!("{count}:{path}"));
    eventually("it is stored", || {
        key("/alone").is_some_and(|key| pages.cache.get(&key).is_some())
    });
    pages.fill("/page");
    assert!(pages.cache.get(&key("/page").expect("a count")).is_some());
    pages.site.stop();
}

/// One page of a namespace: by its key, and by a request that changes it.
#[test]
fn one_page_of_a_namespace() {
    let item = deleting(&format!(r#"{SITE}, "key" => none"#));
    let pages = Pages::start(&(item + &cached(SITE)));
    pages.fill("/page");
    pages.fill("/other");
    assert_eq!(pages.purge("/page"), is(204, "purged"));
    assert_eq!(pages.purge("/page"), is(404, "not found"));
    assert_eq!(pages.site.get("/page").cache(), "Miss");
    pages.site.get_hit("/page");
    // `invalidate` is on in memcached.cache.
    assert_eq!(pages.send("POST", "/page").status, 200);
    assert_eq!(pages.site.get("/page").cache(), "Miss");
    pages.site.get_hit("/other");
    pages.site.stop();
}

/// Other servers see a bump after a second, for which they remember the count, and so do
/// other workers; a purge sees it at once.
#[test]
fn who_else_bumps() {
    let purge = deleting(&format!(r#"{SITE}, "key" => none"#));
    let pages = Pages::start(&(purge + &cached(SITE)));
    pages.fill("/page");
    let old = item(&pages.cache);
    // As a script on another machine does it.
    pages.cache.set(COUNT, 0, b"1234567");
    pages.cache.set(
        "1234567:http://example.test/page#accept-encoding=identity",
        0,
        b"x",
    );
    assert_eq!(pages.purge("/page"), is(204, "purged"));
    let new = "1234567:http://example.test/page#accept-encoding=identity";
    assert_eq!(pages.cache.get(new), None);
    assert!(
        pages.cache.get(&old).is_some(),
        "nobody asks for that any more"
    );
    eventually("the new count is used", || {
        pages.site.get("/page");
        pages.cache.get(new).is_some()
    });
    pages.site.stop();
}

/// What memcached forgets does not bring old pages back.
#[test]
fn a_count_that_is_lost() {
    let pages = Pages::start(&cached(SITE));
    pages.fill("/page");
    let (old, first) = (count(&pages.cache), item(&pages.cache));
    assert!(pages.cache.delete(COUNT));
    eventually("there is a new count", || {
        pages.site.get("/page");
        count(&pages.cache).is_some()
    });
    assert!(count(&pages.cache) > old);
    assert!(pages.cache.get(&first).is_some());
    pages.site.get_hit("/page");
    pages.site.stop();
}

#[test]
fn what_is_no_count() {
    for value in [
        &b"many"[..],
        b"",
        b"-1",
        b"18446744073709551616",
        &[b'1'; 500],
    ] {
        let pages = Pages::start(&cached(SITE));
        pages.cache.set(COUNT, 0, value);
        for _ in 0..2 {
            let response = pages.site.get("/page");
            assert_eq!(response.status, 200);
            assert_eq!(response.header("X-Status"), Some("bypass: namespace"));
        }
        pages.site.await_log("#namespace:site: not a number");
        assert_eq!(pages.cache.stat("curr_items"), 1, "nothing is stored");
        pages.site.stop();
    }
}

#[test]
fn a_memcached_that_is_gone_or_says_nothing() {
    let options = format!(r#"{SITE}, "timeout_ms" => 200, "connect_timeout_ms" => 600000"#);
    let mut pages = Pages::start(&cached(&options));
    pages.fill("/page");
    pages.cache.suspend();
    eventually("the count is too old", || {
        let response = pages.site.get("/page");
        assert_eq!(response.status, 200);
        response.header("X-Status") == Some("bypass: namespace")
    });
    pages.cache.resume();
    pages.site.get_hit("/page");
    pages.cache.kill();
    eventually("the count is too old", || {
        let response = pages.site.get("/page");
        assert_eq!(response.status, 200);
        response.header("X-Status") == Some("bypass: namespace")
    });
    pages.site.stop();
}

/// Requests that need the count at the same time share its reading; a request that
/// comes with what bypasses the cache needs none.
#[test]
fn the_count_is_read_once() {
    let cache = Faulty::start();
    let is_open = Arc::new(AtomicUsize::new(0));
    let gate = Arc::clone(&is_open);
    cache.behave(move |peer: &mut Peer| {
        while let Some(request) = peer.request() {
            eventually("the request may be answered", || {
                peer.is_over() || gate.load(Ordering::SeqCst) > 0
            });
            peer.answer(&request);
        }
    });
    let patient = format!(r#"{SITE}, "timeout_ms" => 600000"#);
    let names: [(&str, &dyn std::fmt::Display); 2] = [("CACHE", &cache), ("BACKEND", &numbering())];
    let site = builder().start(&shown(&cached(&patient)), &names);
    let cookie = site.request("GET", "/page", &[("Cookie", "session=1")]);
    assert_eq!(cookie.header("X-Status"), Some("bypass: cookie session"));
    assert_eq!(cache.requests().len(), 0);
    let mut clients: Vec<_> = (0..20).map(|_| site.connect()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send_request("GET", &format!("/{number}"), &[]);
    }
    site.await_read();
    is_open.store(1, Ordering::SeqCst);
    for client in &mut clients {
        let response = client.response("GET").expect("an answer");
        assert_eq!(response.cache(), "Miss");
    }
    let counts = cache.requests().into_iter().filter(|it| it.key == COUNT);
    let verbs: Vec<_> = counts.map(|request| request.verb).collect();
    assert_eq!(verbs, ["get", "add", "get"]);
    site.stop();
}

/// A lookup that waits while the worker bumps uses the new count.
#[test]
fn a_bump_while_the_count_is_read() {
    let cache = Faulty::start();
    let is_open = Arc::new(AtomicUsize::new(0));
    let gate = Arc::clone(&is_open);
    cache.set(COUNT, b"42");
    cache.behave(move |peer: &mut Peer| {
        while let Some(request) = peer.request() {
            let is_reading = request.verb == "get" && request.key == COUNT;
            // The count as it is when the request comes.
            let reply = cache_reply(&request.key);
            eventually("the request may be answered", || {
                !is_reading || peer.is_over() || gate.load(Ordering::SeqCst) > 0
            });
            if is_reading {
                peer.send(&reply);
            } else {
                peer.answer(&request);
            }
        }
    });
    let patient = r#""timeout_ms" => 600000"#;
    let bump = deleting(&format!(r#"{SITE}, "methods" => ["BUMP"], {patient}"#));
    let config = shown(&(bump + &cached(&format!("{SITE}, {patient}"))));
    let names: [(&str, &dyn std::fmt::Display); 2] = [("CACHE", &cache), ("BACKEND", &numbering())];
    let site = builder().start(&config, &names);
    let mut client = site.connect();
    client.send_request("GET", "/page", &[]);
    cache.await_requests(1);
    assert_eq!(outcome(&site.request("BUMP", "/", &[])), is(204, "purged"));
    // The old reading is still under way.
    let response = client.response("GET").expect("an answer");
    assert_eq!(response.cache(), "Miss");
    let count = cache.item(COUNT).expect("a count");
    let count = String::from_utf8(count).expect("digits");
    let asked = cache.requests();
    let asked = asked.iter().find(|it| it.key.ends_with("identity"));
    let key = &asked.expect("a lookup").key;
    assert!(key.starts_with(&format!("{count}:")), "{key}, {count}");
    is_open.store(1, Ordering::SeqCst);
    site.stop();
}

fn cache_reply(key: &str) -> Vec<u8> {
    testkit::value_reply(key, b"42")
}

//! Which requests delete something, and who sees it.

use testkit::eventually;

use super::{Changing, KEY, config, outcome};

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

//! Items that are deleted.

use testkit::eventually;

use super::{Pages, cached, deleting, is, looked_up_and_stored, outcome};

#[test]
fn a_page_of_cache_is_gone() {
    let pages = Pages::start(&(deleting("") + &cached("")));
    for method in ["PURGE", "DELETE"] {
        let before = pages.fill("/page?a=1");
        pages.fill("/page");
        let answer = pages.send(method, "/page?a=1");
        assert_eq!(outcome(&answer), is(204, "purged"), "{method}");
        let after = pages.site.get("/page?a=1");
        assert_eq!(after.cache(), "Miss");
        assert_ne!(after.text(), before);
        pages.site.get_hit("/page");
    }
    assert_eq!(pages.purge("/nothing"), is(404, "not found"));
    pages.site.await_log("memcached.delete: purged");
    let log = pages.site.stop();
    assert!(log.contains("deletes "), "{log}");
}

/// The visitor's way of writing an address does not matter to who purges it.
#[test]
fn all_codings_and_every_way_to_say_the_host() {
    let pages = Pages::start(&(deleting("") + &cached("")));
    let codings = ["gzip", "br, gzip", "identity", "zstd, br, gzip"];
    for coding in codings {
        let headers = [("Accept-Encoding", coding)];
        pages.site.request("GET", "/page", &headers);
        eventually("it is stored", || {
            pages.site.request("GET", "/page", &headers).cache() == "Hit"
        });
    }
    assert_eq!(pages.purge("/page"), is(204, "purged"));
    for coding in codings {
        let response = pages
            .site
            .request("GET", "/page", &[("Accept-Encoding", coding)]);
        assert_eq!(response.cache(), "Miss", "{coding}");
    }
    // A port, and headers that choose the page, have items of their own.
    for headers in [
        [("Host", "example.test:8443"), ("Accept", "*/*")],
        [("Host", "example.test"), ("X-Forwarded-Host", "other.test")],
    ] {
        let get = || pages.site.request("GET", "/own", &headers);
        get();
        eventually("it is stored", || get().cache() == "Hit");
        let answer = pages.site.request("PURGE", "/own", &headers);
        assert_eq!(outcome(&answer), is(204, "purged"));
        assert_eq!(get().cache(), "Miss");
    }
    pages.site.stop();
}

#[test]
fn other_methods_pass() {
    let pages = Pages::start(&(deleting(r#""methods" => ["BAN"]"#) + &cached("")));
    pages.fill("/page");
    for method in ["PURGE", "DELETE", "POST", "OPTIONS"] {
        let answer = pages.send(method, "/page");
        assert_eq!(outcome(&answer), is(200, ""), "{method}");
    }
    assert_eq!(outcome(&pages.send("BAN", "/other")), is(404, "not found"));
    pages.site.stop();
}

/// Items of lookup and store: whole responses and bodies, by their own list.
#[test]
fn items_of_lookup_and_store() {
    let key = r#""key" => "%{req.scheme}://%{req.host}%{req.path}""#;
    for more in [
        "",
        r#", "headers" => true"#,
        r#", "headers" => true, "vary" => ["accept-encoding"]"#,
        r#", "headers" => true, "vary" => ["accept-language"], "guard" => true"#,
    ] {
        let list = format!("{key}{more}");
        let config = deleting(&list) + &looked_up_and_stored(&list);
        let pages = Pages::start(&config);
        pages.fill("/page");
        assert_eq!(pages.purge("/page"), is(204, "purged"), "{more}");
        assert_eq!(pages.site.get("/page").cache(), "Miss", "{more}");
        pages.site.stop();
    }
}

#[test]
fn the_key_can_be_made_of_anything() {
    let key = r#""key" => "http://%{req.host}%1""#;
    let config = format!(
        "if req.path =~ \"^/purge(/.*)\" {{\n{}}}\n{}",
        deleting(&format!(r#"{key}, "methods" => ["GET"]"#)),
        cached("")
    );
    let pages = Pages::start(&config);
    pages.fill("/page");
    let answer = pages.site.get("/purge/page");
    assert_eq!(outcome(&answer), is(204, "purged"));
    assert_eq!(pages.site.get("/page").cache(), "Miss");
    pages.site.stop();
}

/// Behind a handler it deletes once that has succeeded, before the response comes; the
/// key is made before.
#[test]
fn behind_a_handler() {
    let publish = deleting(r#""key" => "http://%{req.host}/%1""#);
    let config = format!(
        "if req.path =~ \"^/publish/(.*)\" {{\nproxy \"$BACKEND\";\n\
         if req.path =~ \"^/(.*)\" {{ }}\n{publish}}}\n{}",
        cached("")
    );
    let pages = Pages::start(&config);
    for (answer, is_deleted) in [
        ("200 OK", true),
        ("201 Created", true),
        ("303 See Other", true),
        ("404 Not Found", false),
        ("500 Error", false),
    ] {
        pages.fill("/news");
        let headers = [("X-Answer", answer), ("Content-Length", "0")];
        let response = pages.site.request("POST", "/publish/news", &headers);
        let published = if is_deleted { "purged" } else { "" };
        let status = answer[..3].parse().expect("a status");
        assert_eq!(outcome(&response), is(status, published), "{answer}");
        assert!(response.text().starts_with("page "), "{answer}");
        let expected = if is_deleted { "Miss" } else { "Hit" };
        assert_eq!(pages.site.get("/news").cache(), expected, "{answer}");
    }
    // That there is nothing to delete is no error of the request's.
    let response = pages
        .site
        .request("POST", "/publish/x", &[("Content-Length", "0")]);
    assert_eq!(outcome(&response), is(200, "not found"));
    pages.site.stop();
}

/// A target in absolute form means the page that it names the path of; one that no item
/// can have is not found.
#[test]
fn odd_targets() {
    let pages = Pages::start(&(deleting("") + &cached("")));
    pages.fill("/page");
    assert_eq!(pages.purge("http://example.test/page"), is(204, "purged"));
    let (status, published) = pages.purge("/page#top");
    assert_eq!(status, 404);
    assert!(published.starts_with("no: bypass: "), "{published}");
    pages.site.stop();
}

/// Several actions that answer other methods each: what one has answered is no success
/// of something else for the next.
#[test]
fn one_after_the_other() {
    let methods =
        |method: &str, more: &str| deleting(&format!(r#""methods" => ["{method}"]{more}"#));
    let soft = methods("SOFT", r#", "soft" => 60"#);
    let cache = cached("").replace(
        r#""stale_while_revalidate" => 0"#,
        r#""stale_while_revalidate" => 60"#,
    );
    let config = soft + &methods("PURGE", "") + &cache;
    let pages = Pages::start(&config);
    let before = pages.fill("/page");
    assert_eq!(outcome(&pages.send("SOFT", "/page")), is(204, "purged"));
    // It is only out of date.
    assert_eq!(pages.site.get("/page").text(), before);
    assert_eq!(pages.purge("/page").0, 204);
    assert_eq!(pages.site.get("/page").cache(), "Miss");
    let log = pages.site.stop();
    assert!(!log.contains("share items"), "{log}");
}

//! Requests for a part of a page, or for none if the client has it: the whole page
//! is made.

use std::thread;

use testkit::eventually;

use super::{Fleet, key, status, store};

const RANGE: (&str, &str) = ("Range", "bytes=0-3");

/// The page is made by a copy, and they are answered from it.
#[test]
fn a_missing_page() {
    let fleet = Fleet::two("");
    for (path, header, code, body) in [
        ("/a", RANGE, 206, "page"),
        ("/b", ("If-None-Match", "\"x\""), 304, ""),
        ("/c", ("If-None-Match", "\"y\""), 200, "page 0"),
        (
            "/d",
            ("If-Modified-Since", "Wed, 01 Jan 2025 00:00:00 GMT"),
            304,
            "",
        ),
    ] {
        let head = "200 OK|ETag: \"x\"|Last-Modified: Wed, 01 Jan 2025 00:00:00 GMT";
        fleet.origin.head(path, head);
        let all = thread::scope(|scope| {
            let sites = fleet.sites.iter().cycle().take(8);
            let ask = |site: &'_ testkit::Site| site.request("GET", path, &[header]);
            let clients: Vec<_> = sites.map(|site| scope.spawn(move || ask(site))).collect();
            let ends = clients.into_iter().map(thread::ScopedJoinHandle::join);
            ends.map(|end| end.expect("a response")).collect::<Vec<_>>()
        });
        for page in all {
            assert_eq!((page.status, page.text().as_str()), (code, body), "{path}");
            assert_eq!(status(&page), "hit", "{path}");
        }
        assert_eq!(fleet.origin.count(path), 1, "{path}");
        assert_eq!(fleet.origin.seen(path)[0].header(header.0), None);
        fleet.await_page(path);
    }
    fleet.stop();
}

/// What its copy gets, and may not store, is for the client that waited for it. Later ones
/// ask for themselves.
#[test]
fn a_page_that_may_not_be_stored() {
    let fleet = Fleet::two("");
    for (path, head, code, body, why) in [
        (
            "/a",
            "200 OK|Cache-Control: no-store|X-Own: 1|ETag: \"x\"",
            200,
            "page 0",
            "no: Cache-Control: no-store",
        ),
        ("/b", "503 Down|X-Own: 1", 503, "page 0", "no: status 503"),
        (
            "/c",
            "418 Teapot|X-Own: 1|Age: 7|Connection: X-Hop|X-Hop: 1",
            418,
            "page 0",
            "no: status 418",
        ),
    ] {
        fleet.origin.head(path, head);
        let page = fleet.sites[0].request("GET", path, &[RANGE]);
        assert_eq!((page.status, page.text().as_str()), (code, body), "{path}");
        assert_eq!(page.header("X-Own"), Some("1"), "{path}");
        assert_eq!(page.header("X-Hop"), None, "{path}");
        assert_eq!(page.header("Accept-Ranges"), None, "{path}");
        let age = head.contains("Age: 7").then_some("7");
        assert_eq!(page.header("Age"), age, "{path}");
        let expected = if code == 503 { "miss" } else { "uncacheable" };
        assert_eq!((status(&page), store(&page)), (expected, why), "{path}");
        assert_eq!(fleet.origin.count(path), 1, "{path}");
        assert_eq!(fleet.origin.seen(path)[0].header(RANGE.0), None, "{path}");
        let page = fleet.sites[0].request("GET", path, &[RANGE]);
        assert_eq!(page.text(), "page 1", "{path}");
        assert_eq!(status(&page), "uncacheable", "{path}");
        assert_eq!(fleet.origin.seen(path)[1].header(RANGE.0), Some(RANGE.1));
    }
    fleet.stop();
}

/// The backend was not asked for a part of it, and whether it would have given one nobody
/// knows: what is past its end, too, is no error. That the client has it already counts.
#[test]
fn a_part_of_what_may_not_be_stored() {
    let fleet = Fleet::one("");
    for (path, header, code, body) in [
        ("/past", ("Range", "bytes=100-200"), 200, "page 0"),
        ("/none", ("If-None-Match", "\"x\""), 304, ""),
    ] {
        let head = "200 OK|Cache-Control: private|ETag: \"x\"";
        fleet.origin.head(path, head);
        let page = fleet.sites[0].request("GET", path, &[header]);
        assert_eq!((page.status, page.text().as_str()), (code, body), "{path}");
        assert_eq!(status(&page), "uncacheable", "{path}");
        assert_eq!(fleet.origin.count(path), 1, "{path}");
    }
    fleet.stop();
}

/// Where that might not be what the client itself would get, or is too large, its own
/// request goes on as it is.
#[test]
fn what_is_not_handed_over() {
    let not_for_all = "200 OK|Cache-Control: no-store";
    for (options, head, header) in [
        ("", "200 OK|Set-Cookie: a=b", None),
        ("", "206 Partial Content|Content-Range: bytes 0-5/6", None),
        (r#""maxsize" => 5"#, not_for_all, None),
        (
            r#""bypass_cookies" => []"#,
            not_for_all,
            Some(("Cookie", "id=1")),
        ),
    ] {
        let fleet = Fleet::one(options);
        fleet.origin.head("/a", head);
        let headers: Vec<_> = header.into_iter().chain([RANGE]).collect();
        let page = fleet.sites[0].request("GET", "/a", &headers);
        assert!(store(&page).starts_with("no: "), "{head}: {page:?}");
        let seen = fleet.origin.seen("/a");
        let ranges: Vec<_> = seen.iter().map(|one| one.header(RANGE.0)).collect();
        assert_eq!(ranges, [None, Some(RANGE.1)], "{options} {head}");
        if let Some((name, value)) = header {
            let cookies: Vec<_> = seen.iter().map(|one| one.header(name)).collect();
            assert_eq!(cookies, [None, Some(value)]);
        }
        fleet.stop();
    }
}

/// The client leaves while the body comes that is for it alone.
#[test]
fn the_client_leaves() {
    let fleet = Fleet::one("");
    fleet.origin.head("/a", "200 OK|Cache-Control: no-store");
    fleet.origin.hold_in_the_middle("/a", 1);
    let mut client = fleet.sites[0].connect();
    client.send_request("GET", "/a", &[RANGE]);
    fleet.origin.await_count("/a", 1);
    client.reset();
    fleet.origin.let_go("/a");
    eventually("others get theirs", || fleet.get("/a").text() != "page 0");
    fleet.stop();
}

/// Without the option their own requests go on, and take nothing from others.
#[test]
fn switched_off() {
    let fleet = Fleet::two(r#""whole_on_miss" => false"#);
    let page = fleet.sites[0].request("GET", "/a", &[RANGE]);
    assert_eq!((page.text().as_str(), status(&page)), ("page 0", "miss"));
    assert_eq!(fleet.origin.seen("/a")[0].header(RANGE.0), Some(RANGE.1));
    assert!(
        fleet
            .cache
            .get(&key("/a"))
            .is_none_or(|item| item.flags != 65538)
    );
    assert_eq!(fleet.get("/a").text(), "page 1");
    fleet.await_page("/a");
    fleet.stop();
}

/// Methods and protocols for which nothing can be stored take no lock.
#[test]
fn requests_that_can_store_nothing() {
    let fleet = Fleet::one("");
    for (method, headers) in [
        ("HEAD", &[][..]),
        ("GET", &[("Upgrade", "websocket")]),
        ("GET", &[("If-Match", "\"x\"")]),
        ("GET", &[("Cookie", "id=1")]),
    ] {
        fleet.sites[0].request(method, "/a", headers);
        assert!(
            fleet.cache.get(&key("/a")).is_none(),
            "{method} {headers:?}"
        );
    }
    fleet.stop();
}

/// Nobody waits for the whole of what is too large to be stored.
#[test]
fn a_page_that_is_too_large() {
    let fleet = Fleet::two("");
    fleet.origin.large("/a", 400_000);
    fleet.origin.hold_in_the_middle("/a", 1);
    let page = fleet.sites[0].request("GET", "/a", &[RANGE]);
    assert_eq!(status(&page), "uncacheable");
    assert_eq!(page.text().len(), 400_000);
    assert_eq!(fleet.origin.count("/a"), 2);
    fleet.stop();
}

/// Nor longer than others would wait for it.
#[test]
fn a_page_that_is_slow_to_come() {
    let fleet = Fleet::two(r#""lock_wait_ms" => 200"#);
    fleet.origin.hold_first("/a", 1);
    let page = fleet.sites[0].request("GET", "/a", &[RANGE]);
    assert_eq!(
        (page.text().as_str(), status(&page)),
        ("page 1", "miss: waited in vain")
    );
    assert!(store(&page).starts_with("no: "), "{page:?}");
    // What was begun is stored all the same.
    fleet.origin.let_go("/a");
    fleet.await_page("/a");
    fleet.stop();
}

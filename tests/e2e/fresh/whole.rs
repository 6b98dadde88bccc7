//! Requests for a part of a page, or for none if the client has it: the whole page
//! is made.

use std::thread;

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

/// What may not be stored is asked for as it is.
#[test]
fn a_page_that_may_not_be_stored() {
    let fleet = Fleet::two("");
    for (path, head) in [
        ("/a", "200 OK|Cache-Control: no-store"),
        ("/b", "200 OK|Set-Cookie: a=b"),
        ("/c", "503 Down"),
    ] {
        fleet.origin.head(path, head);
        for count in [2, 3] {
            // An error may be over by the next request.
            let was_error = count == 2 && head.starts_with('5');
            let expected = if was_error { "miss" } else { "uncacheable" };
            let page = fleet.sites[0].request("GET", path, &[RANGE]);
            let number = format!("page {}", count - 1);
            assert_eq!(page.text(), number, "{path}");
            assert_eq!(status(&page), expected, "{path}");
            assert!(store(&page).starts_with("no: "), "{page:?}");
            assert_eq!(fleet.origin.count(path), count, "{path}");
        }
        let seen = fleet.origin.seen(path);
        let ranges: Vec<_> = seen.iter().map(|one| one.header(RANGE.0)).collect();
        assert_eq!(ranges, [None, Some(RANGE.1), Some(RANGE.1)], "{path}");
    }
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

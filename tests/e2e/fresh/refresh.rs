//! A page that is out of date is served while one makes it anew.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use testkit::eventually;

use super::{Fleet, SOON, key, number, status};

/// The page is made anew once for all servers, and no client waits for that.
#[test]
fn one_refresh_for_each_expiry() {
    let fleet = Fleet::two(SOON);
    assert_eq!(fleet.fill("/a").text(), "page 0");
    fleet.origin.hold("/a");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (fleet, is_over) = (&fleet, &is_over);
        for n in 0..8 {
            let site = &fleet.sites[n % 2];
            scope.spawn(move || {
                let mut client = site.connect();
                let mut newest = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let page = client.get("/a");
                    assert!(matches!(status(&page), "hit" | "stale"), "{page:?}");
                    let number = number(&page);
                    assert!(number >= newest, "page {number} after page {newest}");
                    newest = number;
                }
            });
        }
        for expiry in 1..=2 {
            fleet.origin.await_count("/a", expiry + 1);
            // Everybody has seen the page meanwhile.
            for site in &fleet.sites {
                for _ in 0..20 {
                    let page = site.get("/a");
                    assert_eq!(status(&page), "stale");
                    assert_eq!(page.text(), format!("page {}", expiry - 1));
                }
            }
            assert_eq!(fleet.origin.count("/a"), expiry + 1);
            fleet.origin.let_go_first("/a", expiry + 1);
            eventually("the new page is there", || {
                number(&fleet.get("/a")) == expiry
            });
        }
        is_over.store(true, Ordering::Relaxed);
    });
    fleet.origin.let_go("/a");
    fleet.stop();
}

/// It asks for the whole page and for nobody in particular, and whether what there
/// is is still right.
#[test]
fn what_the_backend_is_asked() {
    let date = "Wed, 01 Jan 2025 00:00:00 GMT";
    let options = format!("{SOON}, \"bypass_cookies\" => []");
    let fleet = Fleet::one(&options);
    let head = format!("200 OK|ETag: \"x\"|Last-Modified: {date}|X-Old: old|X-New: old");
    fleet.origin.head("/a", &head);
    let visitor = [
        ("Cookie", "id=1"),
        ("X-Own", "x"),
        ("Accept-Encoding", "identity"),
        ("Accept-Language", "en"),
    ];
    let page = fleet.sites[0].request("GET", "/a", &visitor);
    assert_eq!(page.text(), "page 0");
    fleet.await_page("/a");
    let first = fleet.origin.seen("/a").remove(0);
    assert_eq!(first.header("Cookie"), Some("id=1"));
    fleet
        .origin
        .head("/a", "304 Not Modified|X-New: new|ETag: \"x\"");
    let asks = [("Range", "bytes=0-3"), ("If-None-Match", "\"y\"")];
    let stale = loop {
        let page = fleet.sites[0].request("GET", "/a", &[visitor.as_slice(), &asks].concat());
        assert_eq!((page.status, page.text().as_str()), (206, "page"));
        if status(&page) == "stale" {
            break page;
        }
    };
    assert_eq!(stale.header("X-New"), Some("old"));
    // The answer was that it is.
    let renewed = fleet.await_status("/a", "hit");
    assert_eq!((renewed.status, renewed.text().as_str()), (200, "page 0"));
    assert_eq!(renewed.header("X-New"), Some("new"));
    assert_eq!(renewed.header("X-Old"), Some("old"));
    let seen = fleet.origin.seen("/a");
    let refresh = &seen[1];
    for (name, value) in [
        ("If-None-Match", Some("\"x\"")),
        ("If-Modified-Since", Some(date)),
        ("Range", None),
        ("Cookie", None),
        ("X-Own", Some("x")),
        ("Accept-Language", Some("en")),
        ("Accept-Encoding", Some("identity")),
    ] {
        assert_eq!(refresh.header(name), value, "{name}");
    }
    fleet.stop();
}

/// Headers that the key names do reach it.
#[test]
fn cookies_that_the_key_names() {
    let options = format!(r#"{SOON}, "bypass_cookies" => [], "vary" => ["cookie"]"#);
    let fleet = Fleet::one(&options);
    let ask = || fleet.sites[0].request("GET", "/a", &[("Cookie", "id=1")]);
    ask();
    eventually("it is made anew", || {
        ask();
        fleet.origin.count("/a") > 1
    });
    assert_eq!(fleet.origin.seen("/a")[1].header("Cookie"), Some("id=1"));
    fleet.stop();
}

/// A 304 that may not renew it, and other answers that may not be stored.
#[test]
fn answers_that_do_not_renew() {
    let fleet = Fleet::one(SOON);
    let answers = [
        ("/a", "304 Not Modified|Set-Cookie: a=b"),
        ("/b", "304 Not Modified|ETag: \"y\""),
        ("/c", "200 OK|Set-Cookie: a=b"),
        ("/d", "302 Found|Location: /"),
        ("/e", "304 Not Modified|Cache-Control: no-store"),
        ("/f", "200 OK|Cache-Control: private"),
    ];
    for (path, _) in answers {
        fleet.origin.head(path, "200 OK|ETag: \"x\"");
        fleet.fill(path);
    }
    for (path, head) in answers {
        fleet.origin.head(path, head);
        fleet.await_status(path, "stale");
        fleet.origin.await_count(path, 2);
        let is_there = || {
            fleet
                .cache
                .get(&key(path))
                .is_some_and(|it| it.flags == 65536)
        };
        // What must not be kept is not.
        if path >= "/e" {
            eventually("the page is gone", || !is_there());
        } else {
            let page = fleet.get(path);
            assert_eq!(
                (status(&page), page.text().as_str()),
                ("stale", "page 0"),
                "{path}"
            );
            assert!(is_there(), "{path}");
        }
    }
    fleet.stop();
}

/// So many run at a time; the pages of others stay as they are meanwhile.
#[test]
fn no_more_than_so_many() {
    let fleet = Fleet::one(&format!("{SOON}, \"refresh_max\" => 1"));
    for path in ["/a", "/b"] {
        fleet.fill(path);
    }
    fleet.origin.hold("/a");
    fleet.await_status("/a", "stale");
    fleet.origin.await_count("/a", 2);
    fleet.await_status("/b", "stale");
    for _ in 0..10 {
        assert_eq!(status(&fleet.get("/b")), "stale");
    }
    assert_eq!(fleet.origin.count("/b"), 1);
    fleet.origin.let_go("/a");
    eventually("it is its turn", || number(&fleet.get("/b")) > 0);
    fleet.stop();
}

/// It asks for the codings that the key names, as the first request did.
#[test]
fn codings_that_the_key_names() {
    let fleet = Fleet::one(SOON);
    let header = "Accept-Encoding";
    let ask = || fleet.sites[0].request("GET", "/a", &[(header, "gzip;q=0.3, deflate, br")]);
    ask();
    eventually("it is made anew", || {
        ask();
        fleet.origin.count("/a") > 1
    });
    for seen in fleet.origin.seen("/a") {
        assert_eq!(seen.header(header), Some("br, gzip"));
    }
    fleet.stop();
}

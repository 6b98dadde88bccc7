//! Where no copy of a request can make a page, its client does.

use std::thread;

use testkit::eventually;

use super::{Fleet, PATIENT, PUBLISHED, SOON, config, number, status, store};

/// The one who makes the page anew waits for it, others are served what there is.
fn one_waits(fleet: &Fleet) {
    assert_eq!(fleet.fill("/a").text(), "page 0");
    fleet.origin.hold("/a");
    thread::scope(|scope| {
        let site = &fleet.sites[0];
        let client = scope.spawn(move || {
            let pages = std::iter::repeat_with(|| site.get("/a"));
            let mut new = pages.skip_while(|page| page.text() == "page 0");
            new.next().expect("one")
        });
        fleet.origin.await_count("/a", 2);
        for site in fleet.sites.iter().cycle().take(10) {
            let page = site.get("/a");
            assert_eq!((status(&page), page.text().as_str()), ("stale", "page 0"));
        }
        assert_eq!(fleet.origin.count("/a"), 2);
        fleet.origin.let_go("/a");
        let page = client.join().expect("a response");
        assert_eq!((page.status, page.text().as_str()), (200, "page 1"));
    });
    eventually("the new page is stored", || {
        let page = fleet.get("/a");
        status(&page) == "hit" && number(&page) > 0
    });
}

#[test]
fn not_in_the_background() {
    let fleet = Fleet::two(&format!("{SOON}, \"background\" => false"));
    one_waits(&fleet);
    // It waits for a copy, so that the backend may fail.
    fleet.origin.head("/a", "503 Down");
    let before = fleet.origin.count("/a");
    eventually("it was tried", || {
        let page = fleet.get("/a");
        assert_eq!(page.status, 200);
        fleet.origin.count("/a") > before
    });
    assert_eq!(status(&fleet.get("/a")), "stale");
    fleet.stop();
}

#[test]
fn captures_on_the_stack() {
    let config = config(SOON, r#"proxy "$ORIGIN";"#);
    let (action, published) =
        config.split_at(config.find("header.overwrite").expect("it is there"));
    let config = format!("if req.path =~ \"^/(.*)$\" {{ {action} }}\n{published}");
    let fleet = Fleet::configured(&config, 2, 1);
    one_waits(&fleet);
    fleet.stop();
}

#[test]
fn credentials() {
    let visitor = [("Authorization", "Basic eA==")];
    let head = "200 OK|Cache-Control: public, max-age=1";
    // A page that may be served meanwhile is left to others: what they get may be
    // for themselves alone.
    let fleet = Fleet::two(SOON);
    fleet.origin.head("/a", head);
    fleet.fill("/a");
    let is_stale = || {
        let page = fleet.sites[0].request("GET", "/a", &visitor);
        status(&page) == "stale"
    };
    eventually("it is out of date", is_stale);
    assert!(is_stale());
    assert_eq!(fleet.origin.count("/a"), 1);
    let seen = || {
        fleet.get("/a");
        fleet.origin.count("/a") > 1
    };
    eventually("others have it made anew", seen);
    assert_eq!(fleet.origin.seen("/a")[1].header("Authorization"), None);
    fleet.stop();
    // Past that they wait for the backend like all others.
    let fleet =
        Fleet::two(r#""stale_while_revalidate" => 0, "stale_if_error" => 60, "ttl_jitter" => 0"#);
    fleet.origin.head("/a", head);
    fleet.fill("/a");
    let seen = || {
        fleet.sites[0].request("GET", "/a", &visitor);
        fleet.origin.count("/a") > 1
    };
    eventually("it is made anew", seen);
    let asked = &fleet.origin.seen("/a")[1];
    assert_eq!(asked.header("Authorization"), Some(visitor[0].1));
    fleet.stop();
}

/// Lookup and store that stand one behind the other.
fn flat(options: &str, miss: &str) -> String {
    let key = "\"headers\" => true, \"key\" => \"%{req.path}\"";
    let options = crate::options(&[PATIENT, key, options]);
    format!(
        r#"
memcached.lookup ({options}{miss});
if !req.is_handled {{ proxy "$ORIGIN"; }}
memcached.store {options};
{PUBLISHED}"#
    )
}

/// Also with a miss action that handles nothing.
#[test]
fn lookup_and_store_in_a_row() {
    thread::scope(|scope| {
        scope.spawn(|| in_a_row(""));
        in_a_row(r#", none, { header.add "X-Missed" => "yes"; }"#);
    });
}

fn in_a_row(miss: &str) {
    let options = format!("{SOON}, \"lock\" => true, \"lock_wait_ms\" => 20000");
    let fleet = Fleet::configured(&flat(&options, miss), 2, 2);
    fleet.origin.hold("/a");
    let all = super::crowd(&fleet, "/a", 8, || {
        fleet.origin.await_count("/a", 1);
        fleet.origin.let_go("/a");
    });
    for one in all {
        assert_eq!(one.response.text(), "page 0");
    }
    assert_eq!(fleet.origin.count("/a"), 1);
    eventually("it is made anew, and again", || {
        let number = number(&fleet.get("/a"));
        assert_eq!(fleet.origin.count("/a"), number + 1);
        number >= 2
    });
    fleet.stop();
}

/// Lookup around its handlers and store.
#[test]
fn lookup_around_store() {
    let lookup = crate::options(&[PATIENT, "\"headers\" => true, \"lock\" => true", SOON]);
    let config = format!(
        r#"memcached.lookup ({lookup}, none, {{ proxy "$ORIGIN"; memcached.store {lookup}; }}); {PUBLISHED}"#
    );
    let fleet = Fleet::configured(&config, 2, 2);
    let page = fleet.get("/a");
    assert_eq!((status(&page), store(&page)), ("miss", "storing"));
    fleet.await_status("/a", "hit");
    fleet.origin.hold("/a");
    for site in fleet.sites.iter().cycle().take(10) {
        assert_eq!(site.get("/a").text(), "page 0");
    }
    fleet.await_status("/a", "stale");
    fleet.origin.await_count("/a", 2);
    assert_eq!(status(&fleet.get("/a")), "stale");
    assert_eq!(fleet.origin.count("/a"), 2);
    fleet.origin.let_go("/a");
    assert!(number(&fleet.await_status("/a", "hit")) > 0);
    fleet.stop();
}

/// A lookup within what the page is made by has a page of its own, and leaves that of
/// the outer one alone.
#[test]
fn caches_within_caches() {
    let far =
        r#"["server" => "$CACHE", "headers" => true, "key" => "far:%{req.path}", "ttl" => 1]"#;
    let inner = format!(
        r#"memcached.lookup ({far}, none, {{ proxy "$ORIGIN"; memcached.store {far}; }});"#
    );
    let fleet = Fleet::configured(&config(SOON, &inner), 1, 1);
    fleet.origin.head("/a", "200 OK|ETag: \"x\"");
    fleet.fill("/a");
    fleet.origin.head("/a", "304 Not Modified|ETag: \"x\"");
    fleet.await_status("/a", "stale");
    let page = fleet.await_status("/a", "hit");
    assert_eq!(
        (page.text().as_str(), fleet.origin.count("/a")),
        ("page 0", 2)
    );
    fleet.stop();
    // Lookup and store with a lock, around the same.
    let near = r#"["server" => "$CACHE", "headers" => true, "key" => "near:%{req.path}", "lock" => true, "lock_wait_ms" => 5000]"#;
    let outer = format!(
        "memcached.lookup ({near}, none, {{ {inner} memcached.store {near}; }});{PUBLISHED}"
    );
    let fleet = Fleet::configured(&outer, 1, 1);
    assert_eq!(fleet.get("/a").text(), "page 0");
    let is_there = || {
        fleet
            .cache
            .get("near:/a")
            .is_some_and(|item| !item.data.is_empty())
    };
    eventually("it is stored", is_there);
    assert_eq!(
        (status(&fleet.get("/a")), fleet.origin.count("/a")),
        ("hit", 1)
    );
    fleet.stop();
}

/// One within another one that asks for the same page does not wait for itself, nor does a
/// copy.
#[test]
fn a_cache_within_itself() {
    let patience = r#""lock_wait_ms" => 3600000"#;
    let options = format!("{SOON}, {patience}");
    let all = crate::options(&[PATIENT, &options]);
    let inner = format!("memcached.cache ({all}, {{ proxy \"$ORIGIN\"; }});");
    let fleet = Fleet::configured(&config(&options, &inner), 1, 1);
    assert_eq!(fleet.fill("/a").text(), "page 0");
    fleet.await_status("/a", "stale");
    eventually("it is made anew", || number(&fleet.get("/a")) > 0);
    fleet.stop();
}

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
    let fleet = Fleet::two(SOON);
    fleet
        .origin
        .head("/a", "200 OK|Cache-Control: public, max-age=1");
    fleet.fill("/a");
    let visitor = [("Authorization", "Basic eA==")];
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

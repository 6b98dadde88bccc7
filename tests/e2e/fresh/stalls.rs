//! Backends that send a head, and then nothing for a long time.

use testkit::{Response, eventually_some};

use super::{Fleet, PROXY, PUBLISHED, config, status};

/// A page that is there for failures alone once it is out of date. A copy would run for an
/// hour.
const FOR_ERRORS: &str = r#""stale_while_revalidate" => 0, "stale_if_error" => 60,
	"ttl_jitter" => 0, "refresh_timeout_ms" => 3600000"#;

const PAGE: &str = "200 OK|ETag: \"x\"|Cache-Control: max-age=1";

/// What the one gets whose request finds the page out of date, when the backend says this
/// and goes on with no body for the first `stalled` requests.
fn once_out_of_date(fleet: &Fleet, path: &str, head: &str, stalled: usize) -> Response {
    fleet.origin.head(path, PAGE);
    fleet.fill(path);
    fleet.origin.head(path, head);
    fleet.origin.hold_in_the_middle(path, stalled);
    eventually_some("the backend is asked", || {
        let page = fleet.get(path);
        (fleet.origin.count(path) > 1).then_some(page)
    })
}

#[test]
fn nobody_waits_for_the_end_of_what_is_not_sent_on() {
    for (head, code, text, expected) in [
        // The body is in memcached.
        (
            "304 Not Modified|ETag: \"x\"|Cache-Control: max-age=60",
            200,
            "page 0",
            "hit",
        ),
        // The old page is served in its place.
        ("503 Down", 200, "page 0", "stale"),
        // There is none.
        ("204 No Content", 204, "", "uncacheable"),
    ] {
        let fleet = Fleet::one(FOR_ERRORS);
        let page = once_out_of_date(&fleet, "/a", head, usize::MAX);
        assert_eq!((page.status, page.text().as_str()), (code, text), "{head}");
        assert_eq!(status(&page), expected, "{head}");
        assert_eq!(fleet.origin.count("/a"), 2, "{head}");
        fleet.origin.let_go("/a");
        fleet.stop();
    }
}

/// What a backend takes long to send goes to the client as it comes.
#[test]
fn what_is_handed_over_is_waited_for_a_while() {
    let options = crate::options(&[r#""timeout_ms" => 1000"#, FOR_ERRORS]);
    let config = format!("memcached.cache ({options}, {{ {PROXY} }});\n{PUBLISHED}");
    let fleet = Fleet::configured(&config, 1, 1);
    // The copy's is held, that of the client is not.
    let page = once_out_of_date(&fleet, "/a", "403 No", 2);
    assert_eq!((page.status, page.text().as_str()), (403, "page 2"));
    assert_eq!(status(&page), "uncacheable");
    fleet.origin.let_go("/a");
    fleet.stop();
}

/// An answer that is no failure is no reason to serve the old page, to whoever it came.
#[test]
fn who_is_refused_makes_nobody_wait_or_get_what_is_old() {
    let fleet = Fleet::configured(&config(FOR_ERRORS, PROXY), 2, 2);
    fleet.origin.head("/a", PAGE);
    fleet.fill("/a");
    let refused = [("X-Fail", "406 Not Acceptable")];
    let site = &fleet.sites[0];
    let attack = eventually_some("it is out of date", || {
        let page = site.request("GET", "/a", &refused);
        (page.status == 406).then_some(page)
    });
    assert_eq!(status(&attack), "uncacheable");
    // Nobody is served the old page from now on, on any server, and the next one that may
    // be stored is.
    for site in &fleet.sites {
        for _ in 0..3 {
            let page = site.request("GET", "/a", &refused);
            assert_eq!((page.status, status(&page)), (406, "uncacheable"));
        }
    }
    let page = fleet.get("/a");
    assert_ne!(page.text(), "page 0");
    fleet.await_status("/a", "hit");
    fleet.stop();
}

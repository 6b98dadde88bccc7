//! The client for which a page is made leaves, or reads slowly: that delays nobody.

use std::io::Read;
use std::thread;

use rustix::net::sockopt;
use testkit::{Client, Site, eventually};

use super::{Fleet, PATIENT, PUBLISHED, key, status};

const LEN: usize = 6_000_000;

/// A client that has sent a request which the backend makes the page for.
fn winner(fleet: &Fleet, path: &str, headers: &[(&str, &str)]) -> Client {
    let mut client = fleet.sites[0].connect();
    // So that the system does not take a large body for it.
    sockopt::set_socket_recv_buffer_size(client.socket(), 4096).expect("a socket option");
    client.send_request("GET", path, headers);
    fleet.origin.await_count(path, 1);
    client
}

/// Both servers' clients that wait have the page when `go_on` has run.
fn others_have(fleet: &Fleet, path: &str, page: &str, go_on: impl FnOnce()) {
    thread::scope(|scope| {
        let ask = |site: &'_ Site| site.get(path);
        let sites = [0, 1, 0, 1].map(|n| &fleet.sites[n]);
        let waiting = sites.map(|site| scope.spawn(move || ask(site)));
        for site in &fleet.sites {
            site.await_read();
        }
        go_on();
        for waiting in waiting {
            let response = waiting.join().expect("a response");
            assert_eq!((response.status, status(&response)), (200, "hit"));
            assert!(response.text().starts_with(page), "{path} is not {page}");
        }
    });
    fleet.await_page(path);
}

/// A copy of its request goes on.
#[test]
fn it_leaves_before_the_head() {
    let fleet = Fleet::two("");
    fleet.origin.hold("/a");
    let cookie = [("Cookie", "_ga=1"), ("X-Own", "x")];
    let client = winner(&fleet, "/a", &cookie);
    others_have(&fleet, "/a", "page 1", || {
        client.reset();
        fleet.origin.await_count("/a", 2);
        fleet.origin.let_go("/a");
    });
    assert_eq!(fleet.origin.count("/a"), 2);
    let copy = &fleet.origin.seen("/a")[1];
    assert_eq!(
        (copy.header("X-Own"), copy.header("Cookie")),
        (Some("x"), None)
    );
    fleet.stop();
}

#[test]
fn it_leaves_in_the_body() {
    let fleet = Fleet::two(r#""maxsize" => 7000000"#);
    fleet.origin.large("/a", 100_000);
    fleet.origin.hold_in_the_middle("/a", 1);
    let client = winner(&fleet, "/a", &[]);
    let head = client
        .socket()
        .read(&mut [0; 10_000])
        .expect("its beginning");
    assert!(head > 0);
    others_have(&fleet, "/a", "page 1", || client.reset());
    assert_eq!(fleet.origin.count("/a"), 2);
    fleet.origin.let_go("/a");
    fleet.stop();
}

/// Its page is read from the backend all the same.
#[test]
fn it_reads_slowly() {
    let fleet = Fleet::two(r#""maxsize" => 7000000"#);
    fleet.origin.large("/a", LEN);
    let client = winner(&fleet, "/a", &[]);
    others_have(&fleet, "/a", "page 0", || {
        let begun = client.socket().read(&mut [0; 1000]).expect("its beginning");
        assert!(begun > 0);
    });
    assert_eq!(fleet.origin.count("/a"), 1);
    fleet.stop();
}

/// Of requests with captures on the stack there are no copies.
fn without_copies() -> String {
    let options = crate::options(&[PATIENT]);
    format!(
        r#"if req.path =~ "^/(.*)$" {{ memcached.cache ({options}, {{ proxy "$ORIGIN"; }}); }}
{PUBLISHED}"#
    )
}

/// Where no copy can go on, one of those who wait does.
#[test]
fn no_copy_can_go_on() {
    let fleet = Fleet::configured(&without_copies(), 2, 1);
    fleet.origin.hold("/a");
    let client = winner(&fleet, "/a", &[]);
    thread::scope(|scope| {
        let waiting = [0, 1, 0, 1].map(|n| {
            let site = &fleet.sites[n];
            scope.spawn(move || site.get("/a"))
        });
        for site in &fleet.sites {
            site.await_read();
        }
        client.reset();
        fleet.origin.await_count("/a", 2);
        fleet.origin.let_go("/a");
        for waiting in waiting {
            assert_eq!(waiting.join().expect("a response").text(), "page 1");
        }
    });
    assert_eq!(fleet.origin.count("/a"), 2);
    fleet.await_page("/a");
    fleet.stop();
}

/// Where nobody waits either, the next one makes it at once.
#[test]
fn nobody_goes_on() {
    let fleet = Fleet::configured(&without_copies(), 2, 1);
    fleet.origin.hold_first("/a", 1);
    let client = winner(&fleet, "/a", &[]);
    client.reset();
    let is_free = || fleet.cache.get(&key("/a")).is_none();
    eventually("the right is given back", is_free);
    let page = fleet.sites[1].get("/a");
    assert_eq!((status(&page), page.text().as_str()), ("miss", "page 1"));
    fleet.stop();
}

/// A client that waits for a copy.
#[test]
fn the_copy_goes_on_without_it() {
    let fleet = Fleet::two("");
    fleet.origin.hold("/a");
    let client = winner(&fleet, "/a", &[("Range", "bytes=0-3")]);
    client.reset();
    others_have(&fleet, "/a", "page 0", || fleet.origin.let_go("/a"));
    assert_eq!(fleet.origin.count("/a"), 1);
    fleet.stop();
}

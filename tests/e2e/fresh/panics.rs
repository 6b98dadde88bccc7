//! A panic inside the plugin: the server lives on, and so do its clients.

use std::fmt::Display;
use std::thread;

use testkit::{Memcached, Response, panicking_library};

use super::origin::Origin;
use super::{PROXY, SOON, builder, config};

/// Pages that are made for several clients, anew, for a part of them and for one who
/// leaves, with a panic at each passing of a point; gives the log.
fn serve(point: &str) -> String {
    let options = format!("{SOON}, \"lock\" => 2, \"lock_wait_ms\" => 1000");
    let (cache, origin) = (Memcached::start(), Origin::start());
    let names: [(&str, &dyn Display); 2] = [("CACHE", &cache), ("ORIGIN", &origin)];
    let site = builder()
        .plugin(&panicking_library())
        .environment("MOD_MEMCACHED_PANIC_AT", point)
        .start(&config(&options, PROXY), &names);
    let check = |page: &Response| {
        assert!(matches!(page.status, 200 | 206), "{point}: {page:?}");
        assert!(page.text().starts_with("page"), "{point}: {page:?}");
    };
    check(&site.get("/a"));
    origin.hold("/b");
    let mut leaving = site.connect();
    leaving.send_request("GET", "/b", &[]);
    origin.await_count("/b", 1);
    leaving.reset();
    origin.let_go("/b");
    check(&site.request("GET", "/c", &[("Range", "bytes=0-3")]));
    // Once it is out of date it is made anew.
    while origin.count("/a") < 2 {
        check(&site.get("/a"));
    }
    for path in ["/a", "/b", "/c", "/d"] {
        for _ in 0..4 {
            check(&site.get(path));
        }
    }
    site.stop()
}

#[test]
fn a_panic_never_stops_the_server() {
    let points = [
        "action",
        "cleanup",
        "copy-end",
        "event-drop",
        "filter",
        "filter-drop",
        "request-closed",
        "driver-submit",
        "driver-ready",
        "worker-release",
        "stop-worker",
    ];
    thread::scope(|scope| {
        for point in points {
            scope.spawn(move || {
                let log = serve(point);
                let reached = format!("deliberate panic at {point}");
                assert!(log.contains(&reached), "{point} was never reached:\n{log}");
                // What a request gives up while it ends in a panic does no harm to the
                // server that it is given back to.
                let is_given_up = log.contains("not used any more");
                assert_eq!(is_given_up, point.starts_with("driver-"), "{point}:\n{log}");
            });
        }
    });
}

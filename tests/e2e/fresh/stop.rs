//! The server stops while pages are being made and waited for.

use std::fmt::Display;
use std::thread;

use testkit::{Client, Memcached, Site, SiteBuilder, eventually};

use super::origin::Origin;
use super::{PROXY, SOON, builder, config, key, status};

/// Sends a request without reading its response.
fn ask(site: &Site, path: &str, headers: &[(&str, &str)]) -> Client {
    let mut client = site.connect();
    client.send_request("GET", path, headers);
    client
}

/// Uses all kinds of copies and waiting, and stops while some of each are under way.
fn use_and_stop(builder: SiteBuilder) {
    let options = format!("{SOON}, \"lock_wait_ms\" => 60000");
    let (cache, origin) = (Memcached::start(), Origin::start());
    let names: [(&str, &dyn Display); 2] = [("CACHE", &cache), ("ORIGIN", &origin)];
    let site = builder.start(&config(&options, PROXY), &names);
    let is_page = |path: &str| cache.get(&key(path)).is_some_and(|it| it.flags == 65536);
    let range = [("Range", "bytes=0-3")];
    // Whatever ends before that does.
    for path in ["/stale", "/again"] {
        site.get(path);
        eventually("the page is stored", || is_page(path));
    }
    site.request("GET", "/part", &range);
    origin.head("/private", "200 OK|Cache-Control: no-store");
    site.request("GET", "/private", &range);
    origin.close("/close");
    ask(&site, "/close", &[]).reset();
    let coded = [("Accept-Encoding", "br, gzip"), ("Cookie", "_ga=1")];
    eventually("it is made anew", || {
        site.get("/again");
        site.request("GET", "/coded", &coded);
        origin.count("/again") > 1 && origin.count("/coded") > 1
    });
    let held = ["/stale", "/left", "/left-alone", "/made", "/range"];
    for path in held {
        origin.hold(path);
    }
    eventually("it is stale", || status(&site.get("/stale")) == "stale");
    origin.await_count("/stale", 2);
    let mut clients = Vec::new();
    for (path, headers) in [("/made", &coded[..]), ("/range", &range)] {
        clients.extend([(); 3].map(|()| ask(&site, path, headers)));
        origin.await_count(path, 1);
    }
    for path in ["/left", "/left-alone"] {
        let winner = ask(&site, path, &coded);
        origin.await_count(path, 1);
        if path == "/left" {
            clients.push(ask(&site, path, &coded));
        }
        winner.reset();
        origin.await_count(path, 2);
    }
    site.await_read();
    site.stop();
}

#[test]
fn valgrind_sees_no_invalid_access_and_nothing_lost() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = folder.path().join("report.xml");
    let wrapper = crate::valgrind::wrapper(&report);
    let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
    use_and_stop(
        builder()
            .workers(2)
            .environment("G_SLICE", "always-malloc")
            .wrapper(&wrapper),
    );
    let errors = crate::valgrind::errors_in(&report);
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

/// A memcached that goes away while pages are made and waited for.
#[test]
fn memcached_goes_away() {
    let mut fleet = super::Fleet::two(r#""lock" => 2, "retry_ms" => 20"#);
    for path in ["/a", "/b"] {
        fleet.origin.hold(path);
        thread::scope(|scope| {
            let sites = fleet.sites.iter().cycle().take(8);
            let clients: Vec<_> = sites.map(|site| scope.spawn(|| site.get(path))).collect();
            fleet.origin.await_count(path, 1);
            if path == "/a" {
                fleet.cache.restart();
            } else {
                fleet.cache.kill();
            }
            // Those who wait go on by themselves.
            fleet.origin.await_count(path, 2);
            fleet.origin.let_go(path);
            for client in clients {
                let page = client.join().expect("a response");
                assert_eq!(page.status, 200, "{path}");
            }
        });
    }
    fleet.cache.restart();
    fleet.await_status("/a", "hit");
    fleet.stop();
}

//! Purges while the server stops, while clients leave, and after panics.

use testkit::{Memcached, Site, eventually, panicking_library, plugin_library};

use super::{builder, cached, deleting, numbering, outcome, shown};
use crate::valgrind::{errors_in, wrapper};

/// Purges of every kind, each by a method of its own, and pages of a namespace.
fn config(more: &str) -> String {
    let site = format!(r#""namespace" => "site", {more}"#);
    [
        deleting(&format!(r#"{more}, "methods" => ["PURGE"]"#)),
        deleting(&format!(r#"{more}, "soft" => 9, "methods" => ["SOFT"]"#)),
        deleting(&format!(r#"{site}, "methods" => ["BUMP"]"#)),
        deleting(&format!(r#"{site}, "key" => none, "methods" => ["ITEM"]"#)),
        format!(
            "if req.path =^ \"/plain\" {{ {} }}\n",
            cached(&format!(r#""invalidate" => 9, {more}"#))
        ),
        cached(&site),
    ]
    .concat()
}

const METHODS: [&str; 6] = ["PURGE", "SOFT", "BUMP", "ITEM", "POST", "GET"];

fn send(site: &Site, method: &str, target: &str) {
    site.request(method, target, &[("Content-Length", "0")]);
}

/// The client leaves without an answer.
fn send_and_leave(site: &Site, method: &str, target: &str) {
    let mut client = site.connect();
    client.send_request(method, target, &[("Content-Length", "0")]);
    site.await_read();
    client.reset();
}

#[test]
fn valgrind_finds_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = folder.path().join("report.xml");
    let wrapper = wrapper(&report);
    let mut cache = Memcached::start();
    let patient = r#""timeout_ms" => 20000, "connect_timeout_ms" => 20000, "retry_ms" => 20"#;
    let names: [(&str, &dyn std::fmt::Display); 2] = [("CACHE", &cache), ("BACKEND", &numbering())];
    let site = builder()
        .plugin(&plugin_library())
        .environment("G_SLICE", "always-malloc")
        .wrapper(&wrapper.iter().map(String::as_str).collect::<Vec<_>>())
        .start(&shown(&config(patient)), &names);
    let targets = ["/plain/page", "/page"];
    for _ in 0..3 {
        for target in targets {
            send(&site, "GET", target);
            send(&site, "GET", target);
            for method in METHODS {
                send(&site, method, target);
            }
        }
    }
    cache.suspend();
    for method in METHODS {
        send_and_leave(&site, method, "/page");
    }
    cache.resume();
    send(&site, "GET", "/page");
    cache.kill();
    for method in METHODS {
        send(&site, method, "/page");
    }
    cache.restart();
    eventually("it works again", || {
        outcome(&site.request("BUMP", "/", &[])).0 == 204
    });
    // All of them wait when the server stops.
    cache.suspend();
    let mut waiting: Vec<_> = METHODS.iter().map(|_| site.connect()).collect();
    for (client, method) in waiting.iter_mut().zip(METHODS) {
        client.send_request(method, "/page", &[("Content-Length", "0")]);
    }
    site.await_read();
    site.stop();
    let errors = errors_in(&report);
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn a_panic_is_an_answer_of_503() {
    for point in ["action", "driver-submit", "driver-flush", "driver-ready"] {
        let cache = Memcached::start();
        let names: [(&str, &dyn std::fmt::Display); 2] =
            [("CACHE", &cache), ("BACKEND", &numbering())];
        let site = builder()
            .plugin(&panicking_library())
            .environment("MOD_MEMCACHED_PANIC_AT", point)
            .start(&shown(&config(r#""timeout_ms" => 100"#)), &names);
        for method in ["PURGE", "SOFT", "BUMP", "ITEM"] {
            let (status, _) = outcome(&site.request(method, "/page", &[]));
            assert_eq!(status, 503, "{point} {method}");
        }
        assert_eq!(site.get("/page").status, 200, "{point}");
        let log = site.stop();
        let reached = format!("deliberate panic at {point}");
        assert!(log.contains(&reached), "{point} was never reached:\n{log}");
    }
}

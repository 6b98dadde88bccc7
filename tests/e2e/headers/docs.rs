//! What the documentation shows works.

use std::process::Command;

use testkit::{Memcached, Site};

use crate::docs;

/// Runs a Python script that uses a memcached at the usual address on another
/// one. It is the system's Python, which has the system's packages.
fn python(script: &str, cache: &Memcached) {
    let output = Command::new("/usr/bin/python3")
        .args(["-c", &script.replace("127.0.0.1:11211", &cache.to_string())])
        .output()
        .expect("python3 is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

#[test]
fn a_script_writes_and_deletes_items() {
    let cache = Memcached::start();
    let config = crate::looked_up(r#""headers" => true"#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let scripts = docs::blocks(&docs::page("docs/whole-responses.md"), "python");
    let [(_, write), (_, purge)] = &scripts[..] else {
        panic!("{scripts:?}");
    };
    python(write, &cache);
    let hit = site.get("/greeting");
    assert_eq!((hit.status, hit.cache()), (200, "Hit"));
    assert_eq!(hit.text(), "{\"greeting\": \"Grüße\"}");
    assert_eq!(hit.header("Content-Type"), Some("application/json"));
    assert_eq!(hit.header("ETag"), Some("\"7\""));
    assert!(hit.header("Age").is_some());

    let variants = ["identity", "gzip", "br+gzip", "zstd+br+gzip"]
        .map(|accepted| format!("/greeting#accept-encoding={accepted}"));
    for variant in &variants {
        cache.set(variant, 0, b"x");
    }
    let hashed = testkit::sha1_hex(b"/a page");
    cache.set(&hashed, 0, b"HTTP/1.1 200 OK\r\n\r\nspace");
    assert_eq!(site.get("/a%20page").text(), "space");
    let purge_all = format!("{purge}\nclient.delete(item_key(b\"/a page\"), noreply=False)\n");
    python(&purge_all, &cache);
    for variant in &variants {
        assert_eq!(cache.get(variant), None, "{variant}");
    }
    assert_eq!(site.get("/greeting").text(), "missed");
    assert_eq!(site.get("/a%20page").text(), "missed");
    site.stop();
}

//! The scripts of `examples/lua`, as they are.

use testkit::{Memcached, Site, eventually, project_root};

use super::assert_quiet;

/// A site with an example in front of a page.
fn site(name: &str, cache: &Memcached) -> Site {
    let file = project_root().join("examples/lua").join(name);
    let config = format!(
        "lua.handler (\"{}\", [], \"$CACHE\");\nrespond 200 => \"behind it\";",
        file.display()
    );
    let builder = Site::builder().module("mod_lua");
    builder.start(&config, &[("CACHE", cache)])
}

#[test]
fn lookup() {
    let cache = Memcached::start();
    cache.set("/here", 0, b"an item");
    cache.set("/empty", 0, b"");
    let site = site("lookup.lua", &cache);
    let page = site.get("/here");
    assert_eq!(page.text(), "an item");
    assert_eq!(page.header("Content-Type"), Some("text/plain"));
    assert_eq!(site.get("/empty").text(), "");
    assert_eq!(site.get("/not-here").text(), "behind it");
    assert_eq!(site.get("/not%20a%20key").text(), "behind it");
    assert_quiet(&site.stop());
}

#[test]
fn cache() {
    let mut cache = Memcached::start();
    let site = site("cache.lua", &cache);
    let first = site.get("/page");
    assert!(first.text().starts_with("made for /page at "));
    let key = format!("cache:{}", testkit::sha1_hex(b"/page"));
    eventually("the page is stored", || cache.get(&key).is_some());
    cache.set(&key, 0, b"from memcached");
    assert_eq!(site.get("/page").text(), "from memcached");
    cache.kill();
    let last = site.get("/page");
    assert!(last.text().starts_with("made for /page at "));
    site.await_log("not cached: ");
    site.stop();
}

#[test]
fn purge() {
    let mut cache = Memcached::start();
    cache.set("/page", 0, b"x");
    let hash = testkit::sha1_hex(b"/a page");
    cache.set(&hash, 0, b"x");
    let site = site("purge.lua", &cache);
    assert_eq!(site.get("/page").text(), "behind it");
    let post = |path: &str| {
        site.request("POST", path, &[("Content-Length", "0")])
            .status
    };
    assert!(cache.get("/page").is_some());
    assert_eq!(post("/page"), 204);
    assert!(cache.get("/page").is_none());
    assert_eq!(post("/page"), 404);
    assert_eq!(post("/a%20page"), 204);
    assert!(cache.get(&hash).is_none());
    cache.kill();
    assert_eq!(post("/page"), 503);
    site.stop();
}

#[test]
fn limit() {
    let mut cache = Memcached::start();
    let site = site("limit.lua", &cache);
    // In two minutes at most, since one may end while the test runs.
    let statuses: Vec<_> = (0..40).map(|_| site.get("/").status).collect();
    assert_eq!(&statuses[..10], [200; 10]);
    assert!(statuses.contains(&429), "{statuses:?}");
    let let_in = statuses.iter().filter(|&&status| status == 200).count();
    assert!(let_in == 10 || let_in == 20, "{statuses:?}");
    let page = (0..12)
        .map(|_| site.get("/"))
        .find(|page| page.status == 429);
    let page = page.expect("one too many");
    assert_eq!(page.text(), "too many requests\n");
    let wait: u32 = page.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    // Without memcached nobody is kept out.
    cache.kill();
    assert_eq!(site.get("/").status, 200);
    site.stop();
}

#[test]
fn several() {
    let cache = Memcached::start();
    cache.set("part:head", 0, b"<h1>head</h1>");
    cache.set("part:foot", 0, b"<p>foot</p>");
    let site = site("several.lua", &cache);
    let before = cache.stat("cmd_get");
    assert_eq!(
        site.get("/").text(),
        "<h1>head</h1><p>missing</p><p>foot</p>"
    );
    assert_eq!(cache.stat("cmd_get"), before + 3);
    assert_quiet(&site.stop());
}

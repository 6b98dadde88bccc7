//! The sample configuration, as the README explains it.

use std::fs;

use testkit::{Memcached, Site, eventually, project_root, random_bytes};

/// The sample without its setup block, which the tests make themselves, and
/// with another memcached and folder.
fn sample() -> String {
    let path = project_root().join("lighttpd2-sample.conf");
    let text = fs::read_to_string(path).expect("the sample");
    let (_, rest) = text.split_once("\n}\n").expect("the setup block's end");
    rest.replace("[\"key\"", "[\"server\" => \"$CACHE\", \"key\"")
        .replace("/var/www", "$DIR/www")
}

#[test]
fn a_page_is_a_miss_then_a_hit_byte_for_byte() {
    let cache = Memcached::start();
    let site = Site::start(&sample(), &[("CACHE", &cache)]);
    let page = random_bytes(1, 50_000);
    fs::create_dir(site.dir().join("www")).expect("a folder");
    fs::write(site.dir().join("www/page.html"), &page).expect("a file");

    let first = site.get("/page.html");
    assert_eq!((first.status, first.cache()), (200, "Miss"));
    assert!(first.body == page);
    let key = "http://example.test/page.html";
    eventually("the page is stored", || cache.get(key).is_some());

    let second = site.get("/page.html");
    assert_eq!((second.status, second.cache()), (200, "Hit"));
    assert!(second.body == page);
    assert_eq!(second.header("Content-Type"), Some("text/html"));
    assert_eq!(second.header("Content-Length"), Some("50000"));

    let head = site.request("HEAD", "/page.html", &[]);
    assert_eq!((head.status, head.cache()), (200, "Hit"));
    assert_eq!(head.header("Content-Length"), Some("50000"));
    site.stop();
}

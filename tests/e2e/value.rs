//! Values of all sizes, byte for byte.

use std::fs;

use testkit::{Memcached, Site, eventually, random_bytes};

use crate::{cached, looked_up};

const SIZES: [usize; 12] = [
    0,
    1,
    2,
    4095,
    4096,
    4097,
    65_535,
    65_536,
    65_537,
    1_000_000,
    1 << 20,
    3 << 20,
];

#[test]
fn hits_of_every_size() {
    let cache = Memcached::start();
    let config = looked_up(r#""key" => "%{req.query}""#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let mut client = site.connect();
    for (seed, size) in (0..).zip(SIZES) {
        let value = random_bytes(seed, size);
        let key = format!("size{size}");
        cache.set(&key, 0, &value);
        let path = format!("/page?{key}");
        let length = size.to_string();

        let whole = client.get(&path);
        assert_eq!((whole.status, whole.cache()), (200, "Hit"), "{size}");
        assert_eq!(whole.header("Content-Length"), Some(length.as_str()));
        assert!(whole.body == value, "{size} bytes came back changed");

        let head = client.request("HEAD", &path, &[]);
        assert_eq!((head.status, head.cache()), (200, "Hit"), "{size}");
        assert_eq!(head.header("Content-Length"), Some(length.as_str()));
    }
    site.stop();
}

#[test]
fn stores_of_every_size_from_files() {
    let cache = Memcached::start();
    let handler = r#"docroot "$DIR/www"; static;"#;
    let config = cached("", handler, r#""maxsize" => 4194304"#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let www = site.dir().join("www");
    fs::create_dir(&www).expect("a folder");
    for (seed, size) in (100..).zip(SIZES) {
        let page = random_bytes(seed, size);
        fs::write(www.join(size.to_string()), &page).expect("a file");
        let path = format!("/{size}");
        let made = site.get(&path);
        assert_eq!(made.cache(), "Miss");
        assert!(made.body == page);
        eventually("the page is stored", || cache.get(&path).is_some());
        assert!(cache.get(&path).is_some_and(|item| item.data == page));
        let hit = site.get(&path);
        assert_eq!(hit.cache(), "Hit", "{size}");
        assert!(hit.body == page);
    }
    site.stop();
}

/// Who stored an item and with what flags does not matter.
#[test]
fn flags_of_an_item_do_not_matter() {
    let cache = Memcached::start();
    cache.set("k", 4_000_000_000, b"by somebody else");
    let config = looked_up(r#""key" => "k""#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let hit = site.get("/page");
    assert_eq!(
        (hit.cache(), hit.text().as_str()),
        ("Hit", "by somebody else")
    );
    site.stop();
}

#[test]
fn a_value_that_looks_like_the_protocol_is_just_bytes() {
    let cache = Memcached::start();
    let value = b"END\r\nVALUE other 0 3\r\nabc\r\nEND\r\n";
    cache.set("k", 0, value);
    let config = looked_up(r#""key" => "k""#);
    let site = Site::start(&config, &[("CACHE", &cache)]);
    for _ in 0..3 {
        assert_eq!(site.get("/").body, value);
    }
    site.stop();
}

#[test]
fn the_type_comes_from_the_path() {
    let cache = Memcached::start();
    cache.set("k", 0, b"x");
    let types = r#"mime_types (".html" => "text/html", ".txt" => "text/plain");"#;
    let config = format!("{types}{}", looked_up(r#""key" => "k""#));
    let site = Site::start(&config, &[("CACHE", &cache)]);
    for (path, expected) in [
        ("/a.html", "text/html"),
        ("/a.txt", "text/plain"),
        ("/a.unknown", "application/octet-stream"),
        ("/", "application/octet-stream"),
    ] {
        let hit = site.get(path);
        assert_eq!(hit.header("Content-Type"), Some(expected), "{path}");
    }
    site.stop();
}

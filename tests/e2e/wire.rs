//! The bytes that memcached is sent.

use testkit::{Memcached, Site, Tap};

use crate::cached;

#[test]
fn get_and_set_byte_for_byte() {
    let cache = Memcached::start();
    let tap = Tap::start(cache.addr());
    let handler = r#"respond 200 => "hello";"#;
    let config = cached(r#""key" => "k""#, handler, r#""flags" => 7, "ttl" => 60"#);
    let site = Site::start(&config, &[("CACHE", &tap)]);
    site.get("/");
    testkit::eventually("the page is stored", || cache.get("k").is_some());
    // Lookups and stores have a connection each.
    tap.expect_sent(b"get k\r\nset k 7 60 5\r\nhello\r\n");
    assert_eq!(tap.connections(), 2);
    let item = cache.get("k").expect("stored");
    assert_eq!((item.flags, item.data.as_slice()), (7, b"hello".as_slice()));
    assert_eq!(cache.ttl("k"), Some(60));

    assert_eq!(site.get("/").cache(), "Hit");
    tap.expect_sent(b"get k\r\n");
    site.stop();
}

#[test]
fn flags_and_ttl_as_configured() {
    let cache = Memcached::start();
    for (options, flags, ttl) in [
        ("", 0, 30),
        (r#""flags" => 4294967295, "ttl" => 0"#, u32::MAX, -1),
        (r#""flags" => 1, "ttl" => 2592000"#, 1, 2_592_000),
        // memcached itself would take more for a date of 1970.
        (r#""ttl" => 2592001"#, 0, 2_592_001),
        (r#""ttl" => 31536000"#, 0, 31_536_000),
    ] {
        let config = cached(r#""key" => "k""#, r#"respond 200 => "hello";"#, options);
        let site = Site::start(&config, &[("CACHE", &cache)]);
        cache.delete("k");
        site.get("/");
        testkit::eventually("the page is stored", || cache.get("k").is_some());
        let found = cache.ttl("k").expect("stored");
        assert!((ttl - 20..=ttl + 1).contains(&found), "{options}: {found}");
        assert_eq!(cache.get("k").expect("stored").flags, flags, "{options}");
        site.stop();
    }
}

//! How much memory it may take.

use testkit::{Memcached, Site, check_config_with};

use super::{LONG, PUBLISHED, bring_near, status};
use crate::looked_up;

#[test]
fn wrong_sizes_are_refused() {
    let expected = "memcached.near_memory: expected a number of bytes, at most 1tbyte, such as \
                    32mbyte, found";
    for (given, found) in [
        (r#""32mbyte""#, "a string"),
        ("2tbyte", "2199023255552"),
        ("(1, 2)", "a list"),
        ("true", "a boolean"),
    ] {
        let builder = Site::builder().setup(&format!("memcached.near_memory {given};"));
        let checked = check_config_with(&builder, "respond 200;");
        assert!(checked.status != Some(0), "{given}");
        let line = format!("{expected} {found}");
        assert!(checked.output.contains(&line), "{}", checked.output);
    }
    for given in ["0", "1", "32mbyte", "(64kbyte)"] {
        let builder = Site::builder().setup(&format!("memcached.near_memory {given};"));
        let checked = check_config_with(&builder, "respond 200;");
        assert!(checked.status == Some(0), "{given}: {}", checked.output);
    }
}

/// Without memory everything works, and nothing is near.
#[test]
fn none() {
    let cache = Memcached::start();
    cache.set("/a", 0, b"x");
    let builder = Site::builder().setup("memcached.near_memory 0;");
    let site = builder.start(&(looked_up(LONG) + PUBLISHED), &[("CACHE", &cache)]);
    for _ in 0..3 {
        assert_eq!(status(&site.get("/a")), "hit");
    }
    site.stop();
}

/// What is asked for again and again stays; what is too large never comes in; all of it
/// together is not more than that.
#[test]
fn a_bound() {
    let cache = Memcached::start();
    let builder =
        Site::builder().setup(r#"memcached.near_memory 1mbyte; log [default => "stderr"];"#);
    let site = builder.start(&(looked_up(LONG) + PUBLISHED), &[("CACHE", &cache)]);
    cache.set("/large", 0, &vec![b'x'; 200_000]);
    for _ in 0..3 {
        assert_eq!(status(&site.get("/large")), "hit");
    }
    cache.set("/hot", 0, b"hot");
    bring_near(&site, "/hot");
    for at in 0..200 {
        cache.set(&format!("/{at}"), 0, &vec![b'x'; 20_000]);
        assert_eq!(status(&site.get(&format!("/{at}"))), "hit");
        assert_eq!(status(&site.get("/hot")), "near", "after {at}");
    }
    let log = site.stop();
    let bytes = log.split("near_bytes ").nth(1).expect("a count");
    let bytes: u64 = bytes
        .split([',', '\n'])
        .next()
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!((1 << 19..=1 << 20).contains(&bytes), "{log}");
    assert!(log.contains("near_evicted "), "{log}");
}

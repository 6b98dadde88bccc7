//! How long items live: with meta commands the server says it, and none is near for longer.

use testkit::{Memcached, Site, Tap, eventually};

use super::{LONG, PUBLISHED, bring_near, status};
use crate::looked_up;

fn config(options: &str) -> String {
    looked_up(&format!("{LONG}, \"protocol\" => \"meta\"{options}")) + PUBLISHED
}

/// Stores an item that lives for so many seconds.
fn set_for(cache: &Memcached, key: &str, secs: u32, value: &str) {
    cache.set(key, 0, value.as_bytes());
    let answer = cache.command(&format!("touch {key} {secs}"));
    assert_eq!(answer.trim_end(), "TOUCHED");
}

#[test]
fn none_is_near_past_its_end() {
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nvalue";
    for (options, value) in [("", "value"), (r#", "headers" => true"#, page)] {
        let cache = Memcached::start();
        let site = Site::start(&config(options), &[("CACHE", &cache)]);
        set_for(&cache, "/a", 6, value);
        assert_eq!(bring_near(&site, "/a").text(), "value");
        eventually("the item is gone", || cache.get("/a").is_none());
        assert_eq!(status(&site.get("/a")), "miss");
        // One that lives for good is near for as long as it may.
        cache.set("/b", 0, value.as_bytes());
        bring_near(&site, "/b");
        site.stop();
    }
}

#[test]
fn what_is_asked() {
    let cache = Memcached::start();
    let tap = Tap::start(cache.addr());
    cache.set("/a", 0, b"value");
    let site = Site::start(&config(""), &[("CACHE", &tap)]);
    bring_near(&site, "/a");
    tap.expect_sent(b"mg /a k f c t v q\r\nmn\r\n");
    site.stop();
}

/// Who asks so does not take the right to make a page anew from those who would.
#[test]
fn a_page_that_was_purged_softly_is_left_to_others() {
    let cache = Memcached::start();
    cache.set("/a", 0, b"value");
    let site = Site::start(&config(""), &[("CACHE", &cache)]);
    assert_eq!(cache.command("md /a I T60").trim_end(), "HD");
    for _ in 0..2 {
        // It is not kept, since it is out of date.
        let hit = site.get("/a");
        assert_eq!((status(&hit), &*hit.text()), ("hit", "value"));
    }
    eventually("the right is free", || {
        let answer = cache.command("mg /a t");
        answer.split_whitespace().any(|word| word == "W")
    });
    site.stop();
}

//! Items that say how long they are fresh, and those that are no page.

use std::time::{SystemTime, UNIX_EPOCH};

use testkit::{Memcached, Site, check_config};

use super::{Cached, backend, config, values};
use crate::{cached, looked_up};

const LINE: &str = "X-Memcached-Fresh-Until";
const STALE: &str = r#""stale_while_revalidate" => 60, "stale_if_error" => 3600"#;
const SHOWN: &str = r#"
header.overwrite "X-Status" => "%{req.environment[MEMCACHED_STATUS]}";
"#;

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("a clock that works").as_secs()
}

/// Both numbers of the line that an item has.
fn line_of(cached: &Cached, key: &str) -> Option<(u64, u64)> {
    let text = cached.stored(key);
    let (head, _) = text.split_once("\r\n\r\n").expect("a head");
    let mut lines = head.lines().filter_map(|line| line.strip_prefix(LINE));
    let line = lines.next()?.strip_prefix(": ").expect("a value");
    assert_eq!(lines.next(), None, "{head}");
    let (until, extra) = line.split_once(' ').expect("two numbers");
    let extra = extra.strip_suffix(" revalidate").unwrap_or(extra);
    Some((
        until.parse().expect("seconds"),
        extra.parse().expect("seconds"),
    ))
}

/// Stores an item whose page is fresh for so many seconds more.
fn set(cached: &Cached, key: &str, flags: u32, fresh_secs: i64) {
    let until = now().saturating_add_signed(fresh_secs);
    let value = format!("HTTP/1.1 200 OK\r\n{LINE}: {until} 3600\r\n\r\nkept");
    cached.cache.set(key, flags, value.as_bytes());
}

#[test]
fn an_item_says_until_when_it_is_fresh_and_lives_on() {
    let own = "200 OK|Cache-Control: max-age=20, stale-while-revalidate=50, stale-if-error=5";
    let answers = [
        (
            "/plain",
            "200 OK|X-Memcached-Fresh-Until: 9999999999 9999",
            "x",
        ),
        ("/own", own, "x"),
        (
            "/must",
            "200 OK|Cache-Control: max-age=20, must-revalidate",
            "x",
        ),
        ("/shared", "200 OK|Cache-Control: s-maxage=20", "x"),
        (
            "/asked",
            "200 OK|Cache-Control: s-maxage=20|ETag: \"x\"",
            "x",
        ),
    ];
    let options = format!(r#""ttl" => 30, {STALE}"#);
    let cached = Cached::start(&options, backend(&answers));
    for (path, fresh, extra) in [
        ("/plain", 30, 3600),
        ("/own", 20, 50),
        ("/must", 20, 0),
        ("/shared", 20, 0),
        // It is kept, to be asked about.
        ("/asked", 20, 3600),
    ] {
        let before = now();
        let (missed, hit) = cached.miss_and_hit(path);
        let after = now();
        let (until, found) = line_of(&cached, path).expect("the line");
        assert!((before + fresh..=after + fresh).contains(&until), "{path}");
        assert_eq!(found, extra, "{path}");
        let item = cached.cache.get(path).expect("it is stored");
        assert_eq!(item.flags, 65536, "{path}");
        let life = cached.cache.ttl(path).expect("it is stored");
        let longest = i64::try_from(fresh + extra).expect("a small number");
        assert!((1..=longest).contains(&life), "{path}: {life}");
        assert!(life > longest - 20 || extra == 0, "{path}: {life}");
        for response in [missed, hit] {
            assert!(values(&response, LINE).is_empty(), "{path}");
        }
    }
    cached.site.stop();
}

#[test]
fn where_nothing_asks_for_it_items_are_as_they_were() {
    for (options, flags) in [
        ("", 0),
        (
            r#""lock" => 0, "ttl_jitter" => 10, "protocol" => "classic""#,
            0,
        ),
        (r#""stale_if_error" => 3600, "flags" => 7"#, 7),
    ] {
        let cached = Cached::start(options, backend(&[("/x", "200 OK", "x")]));
        cached.get("/x", &[]);
        assert_eq!(line_of(&cached, "/x"), None, "{options}");
        assert_eq!(cached.cache.get("/x").map(|item| item.flags), Some(flags));
        let life = cached.cache.ttl("/x");
        assert!(
            life.is_some_and(|life| (1..=30).contains(&life)),
            "{life:?}"
        );
        cached.site.stop();
    }
}

#[test]
fn what_never_expires_has_no_line() {
    let options = format!(r#""ttl" => 0, {STALE}"#);
    let cached = Cached::start(&options, backend(&[("/x", "200 OK", "x")]));
    cached.miss_and_hit("/x");
    assert_eq!(line_of(&cached, "/x"), None);
    assert_eq!(cached.cache.get("/x").map(|item| item.flags), Some(65536));
    assert_eq!(cached.cache.ttl("/x"), Some(-1));
    cached.site.stop();
}

/// A lookup that cannot have it made anew asks the backend.
#[test]
fn a_page_past_its_time_is_a_miss() {
    let options = r#""cache_status" => "c", "ttl" => 600"#;
    let config = format!("{}{SHOWN}", config(options, ""));
    let cached = Cached::configured(&config, backend(&[("/x", "200 OK", "made")]));
    set(&cached, "/x", 65536, 1000);
    let hit = cached.get("/x", &[]);
    assert_eq!(
        (hit.text().as_str(), hit.header("X-Status")),
        ("kept", Some("hit"))
    );
    assert!(values(&hit, LINE).is_empty());
    let status = hit.header("Cache-Status").expect("a status");
    let ttl = status.strip_prefix("c; hit; ttl=").expect("a ttl");
    assert!(
        (900..=1000).contains(&ttl.parse::<u32>().expect("seconds")),
        "{status}"
    );

    // Other items are fresh as long as they are there.
    set(&cached, "/x", 0, -1);
    assert_eq!(cached.get("/x", &[]).text(), "kept");

    set(&cached, "/x", 65536, -1);
    let stale = cached.get("/x", &[]);
    assert_eq!(
        (stale.text().as_str(), stale.header("X-Status")),
        ("made", Some("miss: stale"))
    );
    let status = stale.header("Cache-Status").expect("a status");
    assert!(status.starts_with("c; fwd=stale; stored; ttl="), "{status}");
    cached.site.await_log("memcached.lookup: stale; key /x at");
    cached.site.stop();
}

#[test]
fn empty_items_are_locks_markers_or_pages() {
    let with_status = |config: String| format!("debug.log_request_handling true;\n{config}{SHOWN}");
    let malformed = Some("miss: no empty line after the headers");
    for (options, flags, expected) in [
        (r#""headers" => true"#, 65538, Some("miss")),
        (r#""headers" => true"#, 65537, Some("uncacheable")),
        (r#""headers" => true"#, 0, malformed),
        (r#""headers" => true, "lock" => true"#, 0, malformed),
        (r#""headers" => true, "lock" => true"#, 65536, malformed),
        (
            r#""headers" => true, "lock" => true"#,
            65537,
            Some("uncacheable"),
        ),
        ("", 0, Some("hit")),
        ("", 65537, Some("hit")),
        ("", 65538, Some("hit")),
        (r#""protocol" => "auto""#, 65538, Some("hit")),
        (r#""protocol" => "meta""#, 0, Some("miss")),
        (r#""protocol" => "meta""#, 65537, Some("miss")),
        (r#""protocol" => "meta""#, 65538, Some("miss")),
        (r#""protocol" => "meta""#, 65536, Some("hit")),
    ] {
        let cache = Memcached::start();
        cache.set("/x", flags, b"");
        let site = Site::start(&with_status(looked_up(options)), &[("CACHE", &cache)]);
        let response = site.get("/x");
        assert_eq!(response.header("X-Status"), expected, "{options} {flags}");
        // What is not empty is neither.
        cache.set("/x", flags, b"HTTP/1.1 200 OK\r\n\r\nx");
        assert_eq!(
            site.get("/x").header("X-Status"),
            Some("hit"),
            "{options} {flags}"
        );
        site.stop();
    }
}

#[test]
fn an_empty_body_can_be_told_from_a_lock() {
    let cache = Memcached::start();
    let config = cached(r#""protocol" => "meta""#, "respond 200 => \"\";", "");
    let site = Site::start(&config, &[("CACHE", &cache)]);
    site.get("/x");
    site.get_hit("/x");
    assert_eq!(cache.get("/x").map(|item| item.flags), Some(65536));
    site.stop();
}

#[test]
fn lifetimes_differ_with_jitter() {
    let answers =
        ["/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8"].map(|path| (path, "200 OK", "x"));
    let options = r#""ttl" => 1000000, "ttl_jitter" => 90"#;
    let cached = Cached::start(options, backend(&answers));
    let lives = answers.map(|(path, ..)| {
        cached.get(path, &[]);
        cached.stored(path);
        cached.cache.ttl(path).expect("it is stored")
    });
    assert!(
        lives.iter().all(|life| (99_000..=1_000_000).contains(life)),
        "{lives:?}"
    );
    let apart = |other: &i64| (lives[0] - other).abs() > 1000;
    assert!(lives.iter().any(apart), "{lives:?}");
    cached.site.stop();
}

#[test]
fn options_are_accepted() {
    for options in [
        r#""lock" => true"#,
        r#""lock" => false"#,
        r#""lock" => 0"#,
        r#""lock" => 2"#,
        r#""lock" => 3600, "lock_wait_ms" => 3600000"#,
        r#""stale_while_revalidate" => 86400, "stale_if_error" => 2147483648"#,
        r#""ttl_jitter" => 90, "uncacheable_ttl" => 1, "early" => 5"#,
        r#""background" => false, "refresh_timeout_ms" => 1, "refresh_max" => 1"#,
        r#""whole_on_miss" => true"#,
        r#""protocol" => "auto""#,
        r#""protocol" => "classic""#,
        r#""protocol" => "meta""#,
    ] {
        for action in ["memcached.lookup", "respond 200; memcached.store"] {
            let line = format!("{action} [\"headers\" => true, {options}];");
            let checked = check_config(&line);
            assert_eq!(checked.status, Some(0), "{line}\n{}", checked.output);
        }
    }
}

#[test]
fn options_are_refused() {
    let lock = "true, 0 or a number of seconds from 2 to 3600";
    let seconds = "a number of seconds from 0 to 2147483648";
    let protocol = r#""auto", "classic" or "meta""#;
    for (name, value, expected, found) in [
        ("lock", "1", lock, "1"),
        ("lock", "3601", lock, "3601"),
        ("lock", "- 2", lock, "-2"),
        ("lock", "\"10\"", lock, "a string"),
        (
            "lock_wait_ms",
            "0",
            "a number of milliseconds from 1 to 3600000",
            "0",
        ),
        ("stale_while_revalidate", "true", seconds, "a boolean"),
        ("stale_if_error", "2147483649", seconds, "2147483649"),
        ("ttl_jitter", "91", "a number of percent from 0 to 90", "91"),
        (
            "uncacheable_ttl",
            "0",
            "a number of seconds from 1 to 2147483648",
            "0",
        ),
        ("early", "- 1", seconds, "-1"),
        ("background", "1", "true or false", "a number"),
        (
            "refresh_timeout_ms",
            "0",
            "a number of milliseconds from 1 to 3600000",
            "0",
        ),
        ("refresh_max", "0", "a number from 1 to 10000", "0"),
        ("whole_on_miss", "\"yes\"", "true or false", "a string"),
        ("protocol", "\"Meta\"", protocol, "\"Meta\""),
        ("protocol", "true", protocol, "a boolean"),
    ] {
        for action in ["memcached.lookup", "memcached.store"] {
            let line =
                format!("respond 200; {action} [\"headers\" => true, \"{name}\" => {value}];");
            let checked = check_config(&line);
            let output = &checked.output;
            assert_eq!(checked.status, Some(1), "{line}\n{output}");
            let told = format!("{action}: option \"{name}\" must be {expected}, found {found}");
            assert!(output.contains(&told), "{line}\n{told}\n{output}");
        }
    }
}

#[test]
fn all_but_protocol_need_headers() {
    for (name, value) in [
        ("lock", "true"),
        ("lock_wait_ms", "600"),
        ("stale_while_revalidate", "60"),
        ("stale_if_error", "60"),
        ("ttl_jitter", "10"),
        ("uncacheable_ttl", "60"),
        ("early", "5"),
        ("background", "false"),
        ("refresh_timeout_ms", "60"),
        ("refresh_max", "4"),
        ("whole_on_miss", "true"),
    ] {
        for action in ["memcached.lookup", "memcached.store"] {
            let line = format!("respond 200; {action} [\"{name}\" => {value}];");
            let checked = check_config(&line);
            let output = &checked.output;
            assert_eq!(checked.status, Some(1), "{line}\n{output}");
            let told = format!("{action}: option \"{name}\" needs \"headers\" => true");
            assert!(output.contains(&told), "{line}\n{output}");
        }
    }
    for value in ["auto", "classic", "meta"] {
        let checked = check_config(&format!("memcached.lookup [\"protocol\" => \"{value}\"];"));
        assert_eq!(checked.status, Some(0), "{}", checked.output);
    }
}

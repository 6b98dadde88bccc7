//! The rules of what is stored, and the options that move them.

use std::io::Write;

use memcached_core::http::parse_date;
use testkit::{Backend, check_config};

use super::{Cached, backend, values};

/// Headers of each response, with the words of the reason if it is not stored.
const BY_RULE: &[(&str, &str, &str)] = &[
    (
        "/s-maxage",
        "200 OK|Cache-Control: max-age=0, s-maxage=60",
        "",
    ),
    (
        "/semicolon",
        "200 OK|Cache-Control: private; max-age=60",
        "Cache-Control: private",
    ),
    (
        "/blanks",
        "200 OK|Cache-Control: no-store no-cache",
        "Cache-Control: no-store",
    ),
    (
        "/quoted",
        "200 OK|Cache-Control: \"no-store\"",
        "Cache-Control: no-store",
    ),
    (
        "/colon",
        "200 OK|Cache-Control: max-age:0",
        "Cache-Control: max-age=0",
    ),
    (
        "/blank",
        "200 OK|Cache-Control: public, s-maxage 60, max-age=60",
        "Cache-Control: s-maxage=0",
    ),
    ("/pragma", "200 OK|Pragma: no-cache", "Pragma: no-cache"),
    (
        "/pragma-too",
        "200 OK|Pragma: no-cache|Cache-Control: max-age=60",
        "",
    ),
    ("/cookie2", "200 OK|Set-Cookie2: a=b", "Set-Cookie2"),
    (
        "/part",
        "200 OK|Content-Range: bytes 0-0/5",
        "Content-Range",
    ),
];

fn ttl(cached: &Cached, path: &str) -> i64 {
    cached.stored(path);
    cached.cache.ttl(path).expect("stored")
}

#[test]
fn what_the_response_says() {
    let answers: Vec<_> = BY_RULE
        .iter()
        .map(|(path, head, _)| (*path, *head, "x"))
        .collect();
    let cached = Cached::start(r#""ttl" => 600"#, backend(&answers));
    for (path, _, reason) in BY_RULE {
        cached.get(path, &[]);
        if reason.is_empty() {
            let found = ttl(&cached, path);
            assert!((40..=60).contains(&found), "{path}: {found}");
        } else {
            let line = format!("memcached.store: not stored: {reason}; key {path} at");
            cached.site.await_log(&line);
        }
    }
    cached.site.stop();
}

/// No end of a body comes.
#[test]
fn responses_without_a_body_are_stored_at_once() {
    let backend = Backend::start(|request, stream| {
        let status = &request.target[1..];
        // The server may be gone before it has read all.
        drop(write!(
            stream,
            "HTTP/1.1 {status} None\r\nX-A: {status}\r\n\r\n"
        ));
    });
    let cached = Cached::start(r#""status" => [204, 205]"#, backend);
    for path in ["/204", "/205"] {
        let missed = cached.get(path, &[]);
        assert_eq!(
            (missed.status.to_string().as_str(), missed.cache()),
            (&path[1..], "Miss")
        );
        let stored = cached.stored(path);
        assert!(stored.ends_with("\r\n\r\n"), "{stored}");
        let hit = cached.get(path, &[]);
        assert_eq!(
            (hit.status.to_string().as_str(), hit.cache()),
            (&path[1..], "Hit")
        );
        assert_eq!(values(&hit, "X-A"), [&path[1..]]);
    }
    cached.site.stop();
}

#[test]
fn fields_that_are_meant_for_this_cache() {
    let heads = [
        (
            "/cdn",
            "200 OK|CDN-Cache-Control: max-age=100|Cache-Control: private",
        ),
        (
            "/surrogate",
            "200 OK|Surrogate-Control: max-age=100|Cache-Control: no-cache",
        ),
        (
            "/accel",
            "200 OK|X-Accel-Expires: 100|Cache-Control: no-store",
        ),
        (
            "/accel-0",
            "200 OK|X-Accel-Expires: 0|Cache-Control: max-age=9",
        ),
        (
            "/surrogate-no",
            "200 OK|Surrogate-Control: no-store|Cache-Control: max-age=9",
        ),
    ];
    let answers: Vec<_> = heads
        .iter()
        .map(|(path, head)| (*path, *head, "x"))
        .collect();
    let options = r#""targeted" => true, "ttl" => 600"#;
    let cached = Cached::start(options, backend(&answers));
    for path in ["/cdn", "/surrogate", "/accel"] {
        let missed = cached.get(path, &[]);
        let found = ttl(&cached, path);
        assert!((80..=100).contains(&found), "{path}: {found}");
        let hit = cached.get(path, &[]);
        assert_eq!(hit.cache(), "Hit");
        for response in [missed, hit] {
            for name in ["Surrogate-Control", "X-Accel-Expires"] {
                assert_eq!(response.header(name), None, "{path}");
            }
            let kept = response.header("CDN-Cache-Control").is_some();
            assert_eq!(kept, path == "/cdn");
            assert!(response.header("Cache-Control").is_some());
        }
    }
    for (path, reason) in [
        ("/accel-0", "X-Accel-Expires: 0"),
        ("/surrogate-no", "Surrogate-Control: no-store"),
    ] {
        let missed = cached.get(path, &[]);
        cached
            .site
            .await_log(&format!("not stored: {reason}; key {path} at"));
        assert_eq!(missed.header("X-Accel-Expires"), None);
        assert_eq!(missed.header("Surrogate-Control"), None);
    }
    cached.site.stop();

    // Without the option they are headers like any other.
    let cached = Cached::start("", backend(&[("/x", "200 OK|X-Accel-Expires: 0", "x")]));
    let (missed, hit) = cached.miss_and_hit("/x");
    for response in [missed, hit] {
        assert_eq!(response.header("X-Accel-Expires"), Some("0"));
    }
    cached.site.stop();
}

/// Whatever a backend writes there, it is neither stored nor sent.
#[test]
fn the_private_line_of_items_ends_here() {
    for head in ["200 OK", "200 OK|Cache-Control: private"] {
        let head = format!("{head}|X-Memcached-Fresh-Until: 9999999999 0");
        let cached = Cached::start("", backend(&[("/x", &head, "x")]));
        let missed = cached.get("/x", &[]);
        assert_eq!(missed.header("X-Memcached-Fresh-Until"), None);
        if !head.contains("private") {
            assert!(!cached.stored("/x").contains("Fresh-Until"));
        }
        cached.site.stop();
    }
}

#[test]
fn single_rules_are_left_out() {
    for (rule, head, request) in [
        ("cache-control", "200 OK|Cache-Control: private", &[][..]),
        ("expires", "200 OK|Expires: 0", &[]),
        ("vary", "200 OK|Vary: Cookie", &[]),
        ("authorization", "200 OK", &[("Authorization", "x")]),
        ("set-cookie", "200 OK|Set-Cookie: a=b", &[]),
    ] {
        let answers = [
            ("/x", head, "x"),
            (
                "/no-store",
                "200 OK|Set-Cookie2: a|Cache-Control: no-store",
                "x",
            ),
        ];
        let options = format!(r#""ignore" => ["{rule}"]"#);
        let cached = Cached::start(&options, backend(&answers));
        cached.get("/x", request);
        let stored = cached.stored("/x");
        assert!(!stored.contains("Cookie: a=b"), "{stored}");
        assert_eq!(cached.get("/x", &[]).cache(), "Hit", "{rule}");
        // The other rules stay.
        cached.get("/no-store", &[]);
        cached.site.await_log("; key /no-store at");
        assert_eq!(cached.cache.get("/no-store"), None, "{rule}");
        cached.site.stop();
    }
}

#[test]
fn headers_that_are_not_stored() {
    let head = "200 OK|X-Cache: far|x-served-by: a|X-Kept: 1";
    let options = r#""store_without" => ["x-cache", "X-Served-By", "X-Memcached"]"#;
    let cached = Cached::start(options, backend(&[("/x", head, "x")]));
    let (missed, _) = cached.miss_and_hit("/x");
    assert_eq!(values(&missed, "X-Cache"), ["far"]);
    let stored = cached.stored("/x").to_lowercase();
    for name in ["x-cache", "x-served-by", "x-memcached"] {
        assert!(!stored.contains(name), "{stored}");
    }
    assert!(stored.contains("x-kept: 1"), "{stored}");
    cached.site.stop();
}

#[test]
fn only_what_names_a_lifetime() {
    let answers = [
        ("/none", "200 OK", "x"),
        ("/age", "200 OK|Cache-Control: max-age=60", "x"),
        (
            "/expires",
            "200 OK|Expires: Fri, 01 Jan 2100 00:00:00 GMT",
            "x",
        ),
    ];
    let cached = Cached::start(r#""require_lifetime" => true"#, backend(&answers));
    cached.get("/none", &[]);
    cached
        .site
        .await_log("not stored: no lifetime; key /none at");
    cached.miss_and_hit("/age");
    cached.miss_and_hit("/expires");
    cached.site.stop();

    for action in ["memcached.lookup", "memcached.store"] {
        let line =
            format!(r#"respond 200; {action} ["require_lifetime" => true, "force" => true];"#);
        let checked = check_config(&line);
        assert_eq!(checked.status, Some(1), "{}", checked.output);
        let told =
            format!("{action}: options \"require_lifetime\" and \"force\" exclude each other");
        assert!(checked.output.contains(&told), "{}", checked.output);
    }
}

#[test]
fn the_longest_lifetime() {
    let answers = [
        ("/none", "200 OK", "x"),
        ("/short", "200 OK|Cache-Control: max-age=200", "x"),
        ("/long", "200 OK|Cache-Control: max-age=2000", "x"),
    ];
    let options = r#""ttl" => 100, "max_ttl" => 300"#;
    let cached = Cached::start(options, backend(&answers));
    for (path, expected) in [("/none", 100), ("/short", 200), ("/long", 300)] {
        cached.get(path, &[]);
        let found = ttl(&cached, path);
        assert!(
            (expected - 20..=expected).contains(&found),
            "{path}: {found}"
        );
    }
    cached.site.stop();
}

/// The server does not show plugins how a body is framed.
#[test]
fn only_bodies_of_known_length() {
    let backend = Backend::start(|request, stream| {
        let rest = match request.target.as_str() {
            "/length" => "Content-Length: 1\r\n\r\nx",
            "/chunked" => "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            _ => "Connection: close\r\n\r\nx",
        };
        drop(write!(stream, "HTTP/1.1 200 OK\r\n{rest}"));
    });
    let cached = Cached::start(r#""known_length" => true"#, backend);
    cached.miss_and_hit("/length");
    for path in ["/chunked", "/closed"] {
        assert_eq!(cached.get(path, &[]).text(), "x");
        let line = format!("not stored: unknown length; key {path} at");
        cached.site.await_log(&line);
    }
    cached.site.stop();
}

/// The origin's date goes out unchanged, so that caches behind a hit do not
/// count its age twice.
#[test]
fn a_hit_has_the_date_of_the_origin() {
    let head = "200 OK|Cache-Control: max-age=1000|Age: 100";
    let cached = Cached::start("", backend(&[("/x", head, "x")]));
    let (_, hit) = cached.miss_and_hit("/x");
    let age: u64 = hit.header("Age").expect("an age").parse().expect("seconds");
    assert!((100..130).contains(&age), "{age}");
    let stored = cached.stored("/x");
    let date = |text: &str| parse_date(text.as_bytes()).expect("a date");
    let (_, of_storing) = stored.split_once("\r\nDate: ").expect("a date");
    let of_storing = date(of_storing.split("\r\n").next().expect("its end"));
    assert_eq!(date(hit.header("Date").expect("a date")), of_storing - 100);
    cached.site.stop();
}

#[test]
fn options_of_rules_that_are_refused() {
    for (options, told) in [
        (
            r#""ignore" => "vary""#,
            "option \"ignore\" must be a list of some of cache-control, expires, vary",
        ),
        (r#""ignore" => ["cookies"]"#, "found \"cookies\""),
        (
            r#""ignore" => ["vary", "vary"]"#,
            "option \"ignore\": \"vary\" is given twice",
        ),
        (
            r#""store_without" => ["a b"]"#,
            "must be a list of names of response headers",
        ),
        (
            r#""store_without" => ["X-A", "x-a"]"#,
            "\"x-a\" is given twice",
        ),
        (
            r#""max_ttl" => "1""#,
            "must be none or a number of seconds from 0 to 4294967295, found a string",
        ),
        (r#""targeted" => 1"#, "must be true or false"),
        (r#""known_length" => 1"#, "must be true or false"),
        (r#""require_lifetime" => 1"#, "must be true or false"),
        (
            r#""environment" => "key""#,
            "must be true, false or \"all\", found \"key\"",
        ),
        (
            r#""environment" => 1"#,
            "must be true, false or \"all\", found a number",
        ),
        (
            r#""cache_status" => """#,
            "must be a name of printable ASCII, or none",
        ),
        (
            r#""cache_status" => true"#,
            "must be a name of printable ASCII, or none",
        ),
    ] {
        for action in ["memcached.lookup", "memcached.store"] {
            let line = format!("respond 200; {action} [\"headers\" => true, {options}];");
            let checked = check_config(&line);
            assert_eq!(checked.status, Some(1), "{line}\n{}", checked.output);
            assert!(checked.output.contains(told), "{line}\n{}", checked.output);
        }
    }
}

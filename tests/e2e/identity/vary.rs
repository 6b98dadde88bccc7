//! Headers of which each value has an item of its own.

use std::io::Write;

use testkit::{Backend, Memcached, Site};

use super::echo::{Kind, Page, with_each};
use super::{Echoing, ask, cached, status};

#[test]
fn values_count_byte_for_byte() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, r#""vary" => ["origin"]"#);
        let victim = ask("/a").header("Origin", "https://victim.test");
        for other in [
            "https://victim.test,",
            ",https://victim.test",
            "https://victim.test , x",
            "https://VICTIM.test",
            "https://victim.test/",
            "",
        ] {
            echoing.expect_apart(&ask("/a").header("Origin", other), &victim);
        }
        echoing.expect_apart(&ask("/a").header("Origin", ""), &ask("/a"));
        for key in ["#origin=https://victim.test", "#origin=", "#origin"] {
            echoing.expect_item(&format!("http://victim.test/a{key}"));
        }
        echoing.site.stop();
    });
}

#[test]
fn lists_count_as_lists() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, r#""vary" => ["accept-language"]"#);
        let of = |value: &str| ask("/a").header("Accept-Language", value);
        echoing.expect_shared(&of("de-DE, en;q=0.5"), &of("de-DE ,en;q=0.5"));
        echoing.expect_item("http://victim.test/a#accept-language=de-DE,en%3Bq=0.5");
        // Backends get it as it was sent, and may heed what means nothing.
        for other in ["DE-de,en;q=0.5", ",de-DE,en;q=0.5", "de-DE,en;q=0.5,"] {
            echoing.expect_apart(&of(other), &of("de-DE, en;q=0.5"));
        }
        echoing.expect_apart(&ask("/b"), &ask("/b").header("Accept-Language", ""));
        // Some backends see only one of two lines.
        let lines = ask("/c")
            .header("Accept-Language", "de")
            .header("Accept-Language", "en");
        echoing.own(&lines);
        echoing.settle();
        echoing.own(&ask("/c").header("Accept-Language", "de, en"));
        echoing.site.stop();
    });
}

#[test]
fn names_that_some_backends_take_for_these() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, r#""vary" => ["accept-language"]"#);
        let victim = ask("/a").header("Accept-Language", "de");
        let attack = victim.clone().header("Accept_Language", "en");
        echoing.expect_apart(&attack, &victim);
        let item = "http://victim.test/a#accept-language=de";
        echoing.expect_item(item);
        echoing.expect_item(&format!("{item}#accept_language=en"));
        echoing.site.stop();
    });
}

#[test]
fn long_values_bypass() {
    let echoing = Echoing::start(Kind::Proxy, r#""vary" => ["x-long"]"#);
    let long = "x".repeat(8 * 1024);
    let within = ask("/a").header("X-Long", &long);
    echoing.own(&within);
    echoing.settle();
    echoing.hit(&within);
    echoing.expect_bypass(&ask("/a").header("X-Long", &(long + "x")), "vary");
    echoing.site.stop();
}

/// What browsers and tools send, what a backend is asked instead, and the value
/// in the key.
const BROWSERS: [(&str, Option<&str>, &str, &str); 9] = [
    (
        "Chromium",
        Some("gzip, deflate, br, zstd"),
        "zstd, br, gzip",
        "zstd+br+gzip",
    ),
    (
        "Firefox",
        Some("gzip, deflate, br, zstd"),
        "zstd, br, gzip",
        "zstd+br+gzip",
    ),
    (
        "curl --compressed",
        Some("deflate, gzip, br, zstd"),
        "zstd, br, gzip",
        "zstd+br+gzip",
    ),
    ("Safari", Some("gzip, deflate, br"), "br, gzip", "br+gzip"),
    (
        "a crawler",
        Some("br;q=1.0, gzip;q=0.8, *;q=0.1"),
        "zstd, br, gzip",
        "zstd+br+gzip",
    ),
    ("Python", Some("gzip, deflate"), "gzip", "gzip"),
    ("Go", Some("gzip"), "gzip", "gzip"),
    ("wget", Some("identity"), "identity", "identity"),
    ("curl", None, "identity", "identity"),
];

#[test]
fn browsers_share_what_they_accept() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, r#""vary" => ["accept-encoding"]"#);
        let mut keys = Vec::new();
        for (browser, accepted, asked, key) in BROWSERS {
            let request = match accepted {
                Some(value) => ask("/a").header("Accept-Encoding", value),
                None => ask("/a"),
            };
            for _ in 0..2 {
                let response = echoing.send(&request);
                let page = Page::parse(&response);
                assert_eq!(page.header("accept-encoding"), Some(asked), "{browser}");
                echoing.settle();
            }
            echoing.expect_item(&format!("http://victim.test/a#accept-encoding={key}"));
            keys.push(key);
        }
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(echoing.echo.requests(), keys.len(), "one fill for each set");
        echoing.site.stop();
    });
}

#[test]
fn the_header_is_put_back() {
    let both = format!("{}, \"vary\" => [\"accept-encoding\"]", super::SAMPLE_KEY);
    let config = cached(&both, "$BACKEND")
        + r#"header.overwrite "X-Accepted" => "%{req.header[Accept-Encoding]}";"#;
    let echoing = Echoing::configured(Kind::Proxy, &config);
    let value = "br;q=0.9, gzip, deflate";
    let request = ask("/a").header("Accept-Encoding", value);
    for cache in ["Miss", "Hit"] {
        let response = echoing.send(&request);
        let page = Page::parse(&response);
        assert_eq!(page.header("accept-encoding"), Some("br, gzip"));
        assert_eq!(response.header("X-Accepted"), Some(value));
        assert_eq!(response.cache(), cache);
        echoing.settle();
    }
    echoing.site.stop();
}

#[test]
fn a_request_that_refuses_the_plain_form_bypasses() {
    let echoing = Echoing::start(Kind::Proxy, r#""vary" => ["accept-encoding"]"#);
    for refused in ["gzip, identity;q=0", "br, *;q=0"] {
        let response = echoing.send(&ask("/a").header("Accept-Encoding", refused));
        assert!(status(&response).starts_with("bypass: "), "{refused}");
        // It is the backend's to answer it.
        let page = Page::parse(&response);
        assert_eq!(page.header("accept-encoding"), Some(refused));
    }
    echoing.site.stop();
}

#[test]
fn own_encodings() {
    let both = r#""vary" => ["accept-encoding"], "encodings" => ["gzip", "deflate"]"#;
    let echoing = Echoing::start(Kind::Proxy, both);
    let of = |value: &str| ask("/a").header("Accept-Encoding", value);
    let response = echoing.send(&of("br, deflate, x-gzip"));
    let page = Page::parse(&response);
    assert_eq!(page.header("accept-encoding"), Some("gzip, deflate"));
    echoing.settle();
    assert_eq!(echoing.send(&of("gzip, deflate")).cache(), "Hit");
    echoing.expect_item("http://victim.test/a#accept-encoding=gzip+deflate");
    echoing.site.stop();
}

#[test]
fn only_codings_that_the_key_names_are_stored() {
    // A backend that does not care what it is asked for.
    let backend = Backend::start(|request, stream| {
        let coding = request.target.trim_start_matches('/');
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n");
        drop(write!(stream, "{head}Content-Length: 4\r\n\r\nbody"));
    });
    let cache = Memcached::start();
    let both = r#""vary" => ["accept-encoding"]"#;
    let config = format!(
        "debug.log_request_handling true;\n{}",
        cached(both, "proxy \"$BACKEND\";")
    );
    let site = Site::builder()
        .setup(r#"log [default => "stderr"];"#)
        .start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    let accepted = [("Accept-Encoding", "gzip, deflate, br")];
    for (coding, is_stored) in [
        ("gzip", true),
        ("x-gzip", true),
        ("br", true),
        ("identity", true),
        ("deflate", false),
        ("zstd", false),
        ("unheard-of", false),
    ] {
        let path = format!("/{coding}");
        let get = || site.request("GET", &path, &accepted);
        assert_eq!(get().header("Content-Encoding"), Some(coding));
        if is_stored {
            testkit::eventually(coding, || get().cache() == "Hit");
        } else {
            assert_eq!(get().cache(), "Miss", "{coding}");
        }
    }
    let log = site.stop();
    assert!(log.contains("not stored: Content-Encoding"), "{log}");
}

//! One item for each variant that `vary` makes.

use std::io::Write;

use testkit::{Backend, BackendRequest};

use super::Cached;

/// What a request says in a header.
fn header<'r>(request: &'r BackendRequest, name: &str) -> &'r str {
    let of_name = |line: &'r String| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    };
    request.headers.iter().find_map(of_name).unwrap_or_default()
}

/// Compresses, in a way of its own, for who accepts it.
fn encoding_backend() -> Backend {
    Backend::start(|request, stream| {
        let accepted = header(request, "Accept-Encoding");
        let (coding, body) = if accepted.contains("br") {
            ("Content-Encoding: br\r\n", "small")
        } else if accepted.contains("gzip") {
            ("Content-Encoding: gzip\r\n", "medium")
        } else {
            ("", "plain, large")
        };
        let length = body.len();
        // The server may be gone before it has read all.
        drop(write!(
            stream,
            "HTTP/1.1 200 OK\r\nVary: Accept-Encoding\r\n{coding}Content-Length: {length}\r\n\r\n{body}"
        ));
    })
}

#[test]
fn compressed_and_plain_live_side_by_side() {
    let cached = Cached::start(r#""vary" => ["accept-encoding"]"#, encoding_backend());
    let of = |accepted: &str| cached.get("/x", &[("Accept-Encoding", accepted)]);
    for (accepted, key, coding, body) in [
        ("gzip, br", "br+gzip", Some("br"), "small"),
        ("gzip", "gzip", Some("gzip"), "medium"),
        ("", "identity", None, "plain, large"),
    ] {
        assert_eq!(of(accepted).cache(), "Miss", "{accepted}");
        cached.stored(&format!("/x#accept-encoding={key}"));
        let hit = of(accepted);
        assert_eq!((hit.cache(), hit.text().as_str()), ("Hit", body));
        assert_eq!(hit.header("Content-Encoding"), coding);
        assert_eq!(hit.header("Vary"), Some("Accept-Encoding"));
    }
    // What means the same is the same item.
    for (accepted, body) in [
        ("br;q=1.0, gzip;q=0.5", "small"),
        ("x-gzip", "medium"),
        ("br;q=0, gzip, unheard-of", "medium"),
        ("identity", "plain, large"),
    ] {
        let hit = of(accepted);
        assert_eq!(
            (hit.cache(), hit.text().as_str()),
            ("Hit", body),
            "{accepted}"
        );
    }
    let hit = cached.get("/x", &[]);
    assert_eq!((hit.cache(), hit.text().as_str()), ("Hit", "plain, large"));
    assert_eq!(cached.backend.requests(), 3);
    cached.site.stop();
}

#[test]
fn without_vary_only_the_plain_form_is_stored() {
    let cached = Cached::start("", encoding_backend());
    let compressed = cached.get("/x", &[("Accept-Encoding", "gzip")]);
    assert_eq!(compressed.text(), "medium");
    cached
        .site
        .await_log("memcached.store: not stored: Content-Encoding");
    cached.miss_and_hit("/x");
    cached.site.stop();
}

#[test]
fn pages_per_language() {
    let backend = Backend::start(|request, stream| {
        let german = header(request, "Accept-Language").contains("de");
        let (language, body) = if german { ("de", "ja") } else { ("en", "no") };
        // The server may be gone before it has read all.
        drop(write!(
            stream,
            "HTTP/1.1 200 OK\r\nVary: accept-language\r\nContent-Language: {language}\r\n\
             Content-Length: 2\r\n\r\n{body}"
        ));
    });
    let cached = Cached::start(r#""vary" => ["Accept-Language"]"#, backend);
    let of = |language: &str| cached.get("/x", &[("Accept-Language", language)]);
    of("de-DE, en;q=0.5");
    cached.stored("/x#accept-language=de-DE,en%3Bq=0.5");
    of("en");
    cached.stored("/x#accept-language=en");
    let german = of("de-DE,en;q=0.5");
    assert_eq!((german.cache(), german.text().as_str()), ("Hit", "ja"));
    assert_eq!(german.header("Content-Language"), Some("de"));
    assert_eq!(of("en").text(), "no");
    assert_eq!(of("fr").cache(), "Miss");
    cached.site.stop();
}

/// Another header in `Vary` forbids it still, and a key that gets too long is
/// hashed.
#[test]
fn other_names_and_long_values() {
    let answer = "HTTP/1.1 200 OK\r\nVary: Accept-Language, Cookie\r\nContent-Length: 1\r\n\r\nx";
    let cached = Cached::start(
        r#""vary" => ["accept-language"]"#,
        Backend::constant(answer),
    );
    cached.get("/x", &[]);
    cached
        .site
        .await_log("memcached.store: not stored: Vary: Cookie");
    cached.site.stop();

    let answer = "HTTP/1.1 200 OK\r\nVary: x-own\r\nContent-Length: 1\r\n\r\nx";
    let cached = Cached::start(r#""vary" => ["x-own"]"#, Backend::constant(answer));
    let long = "v".repeat(300);
    cached.get("/x", &[("X-Own", &long)]);
    let raw = format!("/x#x-own={long}");
    cached.stored(&testkit::sha1_hex(raw.as_bytes()));
    assert_eq!(cached.get("/x", &[("x-own", &long)]).cache(), "Hit");
    cached.site.stop();
}

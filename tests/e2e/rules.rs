//! What is not stored as a body alone, because a hit would not be what the
//! response was.

use std::io::Write;

use testkit::{Backend, Memcached, Site, eventually};

use crate::cached;

const TYPES: &str = r#"mime_types (
    ".html" => "text/html; charset=utf-8",
    ".txt" => "text/plain",
    ".xsl" => "text/xsl"
);"#;

/// A backend that answers each path with these headers and a body.
fn backend(answers: &'static [(&'static str, &'static str)]) -> Backend {
    Backend::start(move |request, stream| {
        let found = answers.iter().find(|(path, _)| *path == request.target);
        let (_, head) = found.unwrap_or_else(|| panic!("no answer for {}", request.target));
        let head = head.replace('|', "\r\n");
        // The server may be gone before it has read all.
        drop(write!(
            stream,
            "HTTP/1.1 200 OK\r\n{head}\r\nContent-Length: 4\r\n\r\npage"
        ));
    })
}

const ANSWERS: &[(&str, &str)] = &[
    ("/upload.html", "Content-Type: text/plain"),
    ("/other.html", "Content-Type: application/octet-stream"),
    ("/script.html", "Content-Type: text/javascript"),
    ("/sheet.xsl", "Content-Type: text/plain"),
    ("/page.html", "Content-Type: text/html"),
    ("/page.php", "Content-Type: text/html"),
    ("/none.html", "X-A: b"),
    (
        "/file.txt",
        "Content-Type: text/plain|Content-Disposition: attachment",
    ),
];

fn start(options: &str) -> (Site, Memcached) {
    let cache = Memcached::start();
    let backend = backend(ANSWERS);
    let config = format!("{TYPES}\n{}", cached(options, r#"proxy "$BACKEND";"#, ""));
    let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    (site, cache)
}

#[test]
fn a_hit_does_not_become_a_page_that_the_response_was_not() {
    let (site, cache) = start(r#""environment" => "all""#);
    let kept_out = ["/upload.html", "/other.html", "/script.html", "/sheet.xsl"];
    for path in kept_out.into_iter().chain(["/upload.html"]) {
        assert_eq!(site.get(path).text(), "page");
    }
    for path in ["/page.html", "/none.html"] {
        site.get(path);
        let hit = site.get_hit(path);
        assert_eq!(hit.header("Content-Type"), Some("text/html; charset=utf-8"));
    }
    for path in kept_out {
        assert_eq!(cache.get(path), None);
    }
    let log = site.stop();
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("memcached.store"))
        .collect();
    let [line] = lines[..] else {
        panic!("one line for all that is kept out: {lines:?}");
    };
    for part in [
        "not stored: a hit would be text/html instead of text/plain",
        r#""headers" => true"#,
        r#""ignore" => ["body-only"]"#,
        "/upload.html",
    ] {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn the_rule_can_be_left_out() {
    let (site, cache) = start(r#""ignore" => ["body-only"]"#);
    site.get("/upload.html");
    eventually("it is stored", || cache.get("/upload.html").is_some());
    site.stop();
}

#[test]
fn what_a_hit_loses_is_told_once() {
    for (path, difference) in [
        (
            "/page.php",
            "a hit is application/octet-stream instead of text/html",
        ),
        ("/file.txt", "a hit has no Content-Disposition"),
    ] {
        let (site, cache) = start("");
        for _ in 0..2 {
            site.get(path);
            eventually("it is stored", || cache.get(path).is_some());
            cache.delete(path);
        }
        let log = site.stop();
        let told: Vec<_> = log
            .lines()
            .filter(|line| line.contains(difference))
            .collect();
        assert_eq!(told.len(), 1, "{log}");
        assert!(told[0].contains(r#""headers" => true"#), "{}", told[0]);
    }
}

/// Hits have the type of the path as it is when the lookup runs.
#[test]
fn a_path_that_changes_does_not_hide_the_type_of_a_hit() {
    let cache = Memcached::start();
    let backend = Backend::constant(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\npage",
    );
    let config = format!(
        "{TYPES}\n{}",
        cached(
            r#""key" => "k""#,
            r#"rewrite "^" => "/app.cgi"; proxy "$BACKEND";"#,
            ""
        )
    );
    let site = Site::builder()
        .module("mod_rewrite")
        .start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    site.get("/a.html");
    site.await_log("a hit would be text/html instead of text/plain");
    assert_eq!(cache.get("k"), None);
    site.stop();
}

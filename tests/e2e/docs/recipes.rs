//! The recipes of `docs/recipes` that are for no application of a name; those are in
//! `identity/recipes/applications.rs`.

use std::fs;
use std::io::Write;

use testkit::{Backend, Host, Memcached, Response, Site, eventually};

use super::{configuration, page};

fn recipe(page_name: &str, name: &str) -> String {
    configuration(&page(page_name), name)
        .replace(
            "memcached.cache ([",
            "memcached.cache ([\"server\" => \"$CACHE\", ",
        )
        .replace("[\"key\"", "[\"server\" => \"$CACHE\", \"key\"")
        .replace("127.0.0.1:8000", "$BACKEND")
        .replace("/var/www", "$DIR/www")
}

fn told(response: &Response) -> &str {
    response.header("Cache-Status").unwrap_or_default()
}

/// Asks until the answer is a hit.
fn await_hit(site: &Site, path: &str, headers: &[(&str, &str)]) -> Response {
    eventually("a hit", || {
        told(&site.request("GET", path, headers)).starts_with("memcached; hit")
    });
    site.request("GET", path, headers)
}

#[test]
fn an_api() {
    let cache = Memcached::start();
    let backend = Backend::start(|request, stream| {
        let body = format!("{{\"target\": \"{}\"}}", request.target);
        let status = if request.target.ends_with("/missing") {
            "404 Not Found"
        } else {
            "200 OK"
        };
        drop(write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    });
    let names: [(&str, &dyn std::fmt::Display); 2] = [("CACHE", &cache), ("BACKEND", &backend)];
    let config = recipe("docs/recipes/api.md", "api-cache");
    let site = Site::start(&config, &names);
    for path in ["/api/items?page=1", "/api/items?page=2", "/api/missing"] {
        let hit = await_hit(&site, path, &[]);
        assert!(hit.text().contains(path), "{hit:?}");
        assert!(hit.header("ETag").is_some(), "{hit:?}");
    }
    let before = backend.requests();
    let tag = site.get("/api/items?page=1");
    let tag = tag.header("ETag").expect("one");
    let same = site.request("GET", "/api/items?page=1", &[("If-None-Match", tag)]);
    assert_eq!(same.status, 304);
    assert_eq!(backend.requests(), before);
    // With a key of its own, or credentials, which may have another answer.
    let key = [("X-Api-Key", "secret")];
    assert!(told(&site.request("GET", "/api/items?page=1", &key)).contains("bypass"));
    let user = [("Authorization", "Bearer x")];
    site.request("GET", "/api/own", &user);
    assert!(!told(&site.get("/api/own")).contains("hit"));
    // A change of it is seen at once.
    let length = [("Content-Length", "0")];
    assert_eq!(
        site.request("PUT", "/api/items?page=1", &length).status,
        200
    );
    assert!(told(&site.get("/api/items?page=1")).contains("fwd"));
    site.stop();
}

/// The stand-in has no `deflate`.
#[test]
fn a_static_site() {
    if !Host::find().is_real() {
        return;
    }
    let cache = Memcached::start();
    let config = recipe("docs/recipes/static-site.md", "static-site");
    let config =
        format!("mime_types (\".css\" => \"text/css\", \".html\" => \"text/html\");\n{config}");
    let site = Site::builder()
        .module("mod_deflate")
        .start(&config, &[("CACHE", &cache)]);
    let www = site.dir().join("www");
    fs::create_dir_all(www.join("docs")).expect("a folder");
    let style = "p {}\n".repeat(1000);
    for (name, text) in [
        ("style.css", style.as_str()),
        ("docs/index.html", "docs"),
        ("a.png", "png"),
    ] {
        fs::write(www.join(name), text).expect("a file");
    }
    let gzip = [("Accept-Encoding", "gzip, br")];
    let packed = await_hit(&site, "/style.css?v=2", &gzip);
    assert_eq!(packed.header("Content-Encoding"), Some("gzip"));
    assert!(packed.body.len() < style.len() / 10);
    assert_eq!(await_hit(&site, "/style.css", &[]).text(), style);
    assert_eq!(await_hit(&site, "/docs/", &[]).text(), "docs");
    assert_eq!(told(&site.get("/a.png")), "");
    for path in ["/nothing.css", "/docs"] {
        assert_ne!(site.request("GET", path, &gzip).status, 200, "{path}");
    }
    site.stop();
}

#[test]
fn video() {
    const SEGMENT: usize = 3_000_000;
    let cache = Memcached::start();
    let backend = Backend::start(|request, stream| {
        let body = if request.target.contains(".m3u8") {
            b"#EXTM3U\n".to_vec()
        } else {
            vec![b'v'; SEGMENT]
        };
        drop(write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
            body.len()
        ));
        drop(stream.write_all(&body));
    });
    let names: [(&str, &dyn std::fmt::Display); 2] = [("CACHE", &cache), ("BACKEND", &backend)];
    let site = Site::start(&recipe("docs/recipes/video.md", "video"), &names);
    // A viewer who begins in the middle.
    let range = [("Range", "bytes=1000000-1000009"), ("Cookie", "a=b")];
    let part = site.request("GET", "/live/1.ts", &range);
    assert_eq!((part.status, part.body.len()), (206, 10));
    assert_eq!(await_hit(&site, "/live/1.ts", &[]).body.len(), SEGMENT);
    assert_eq!(backend.requests(), 1);
    assert_eq!(site.get("/live/list.m3u8").text(), "#EXTM3U\n");
    await_hit(&site, "/live/list.m3u8", &[]);
    site.stop();
}

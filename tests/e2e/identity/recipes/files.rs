//! Recipes for files.

use std::fs;

use testkit::{Host, Memcached, Site, eventually};

use super::super::echo::Kind;
use super::super::{Echoing, ask, status};
use super::recipe;

/// A site of files: the first request for a target, and the second.
fn expect_file(site: &Site, cache: &Memcached, ask: (&str, &str), key: &str, text: &str) {
    let (host, target) = ask;
    let get = || {
        let mut client = site.connect();
        client.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        client.response("GET").expect("a response")
    };
    assert_eq!(get().text(), text);
    eventually(key, || cache.get(key).is_some());
    let hit = get();
    assert_eq!(hit.text(), text);
    assert_eq!(hit.header("X-Status"), Some("hit"));
    assert_eq!(hit.header("Content-Type"), Some("text/html"));
}

fn start_files(name: &str, cache: &Memcached) -> Site {
    let config = format!(
        "mime_types (\".html\" => \"text/html\");\n{}\n\
         header.overwrite \"X-Status\" => \"%{{req.environment[MEMCACHED_STATUS]}}\";",
        recipe(name)
    );
    let site = Site::start(&config, &[("CACHE", cache)]);
    for folder in ["", "one.test", "two.test", "docs"] {
        let folder = site.dir().join("www").join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        let name = folder.file_name().expect("a name").to_string_lossy();
        for file in ["index.html", "page.html"] {
            fs::write(folder.join(file), format!("{file} of {name}")).expect("a file");
        }
    }
    site
}

#[test]
fn files() {
    let cache = Memcached::start();
    let site = start_files("files", &cache);
    for (target, key, text) in [
        ("/", "http://one.test/index.html", "index.html of www"),
        (
            "/docs/",
            "http://one.test/docs/index.html",
            "index.html of docs",
        ),
        (
            "/page.html",
            "http://one.test/page.html",
            "page.html of www",
        ),
        (
            "/page.html?v=2",
            "http://one.test/page.html",
            "page.html of www",
        ),
        (
            "/p%61ge.html",
            "http://one.test/page.html",
            "page.html of www",
        ),
    ] {
        expect_file(&site, &cache, ("one.test", target), key, text);
    }
    let log = site.stop();
    assert!(!log.contains("(warning)"), "{log}");
}

#[test]
fn sites() {
    let cache = Memcached::start();
    let site = start_files("sites", &cache);
    for host in ["one.test", "two.test"] {
        let key = format!("http://{host}/page.html");
        let text = format!("page.html of {host}");
        expect_file(&site, &cache, (host, "/page.html"), &key, &text);
        let upper = host.to_uppercase();
        expect_file(&site, &cache, (&upper, "/page.html"), &key, &text);
    }
    site.stop();
}

/// The stand-in has no `auth`.
#[test]
fn a_site_with_passwords() {
    if !Host::find().is_real() {
        return;
    }
    // It is read at the start.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let users = folder.path().join("users");
    fs::write(&users, "bob:secret\n").expect("a file");
    let config = recipe("auth").replace("/etc/lighttpd2/users", &users.to_string_lossy());
    let builder = Site::builder().module("mod_auth");
    let echoing = Echoing::built(builder, Kind::Proxy, &config);
    // "bob:secret" and "bob:wrong" in Base64.
    let bob = ask("/a").header("Authorization", "Basic Ym9iOnNlY3JldA==");
    let other = ask("/a").header("Authorization", "Basic Ym9iOndyb25n");
    assert_eq!(echoing.send(&bob).status, 200);
    echoing.settle();
    assert_eq!(status(&echoing.send(&bob)), "hit");
    for stranger in [ask("/a"), other] {
        assert_eq!(echoing.send(&stranger).status, 401);
    }
    echoing.site.stop();
}

/// The stand-in has no `deflate`.
#[test]
fn compressed_assets() {
    if !Host::find().is_real() {
        return;
    }
    let builder = Site::builder().module("mod_deflate");
    let config = format!(
        "mime_types (\".css\" => \"text/css\");\n{}",
        recipe("deflate")
    );
    let echoing = Echoing::built(builder, Kind::Proxy, &config);
    let www = echoing.site.dir().join("www");
    fs::create_dir_all(www.join("folder")).expect("a folder");
    fs::write(www.join("style.css"), "p {}\n".repeat(1000)).expect("a file");
    fs::write(www.join("logo.png"), "not really").expect("a file");
    for (target, accepted, coding, expected) in [
        ("/style.css", "gzip, br", Some("gzip"), 200),
        ("/style.css", "br", None, 200),
        ("/logo.png", "gzip", None, 200),
        ("/missing.css", "gzip", None, 404),
    ] {
        let asked = ask(target).header("Accept-Encoding", accepted);
        for _ in 0..2 {
            let response = echoing.send(&asked);
            assert_eq!(response.status, expected, "{target}");
            let found = response.header("Content-Encoding");
            assert_eq!(found, coding, "{target} {accepted}");
            echoing.settle();
        }
    }
    let compressed = echoing.send(&ask("/style.css").header("Accept-Encoding", "gzip"));
    assert_eq!(status(&compressed), "hit");
    echoing.expect_item("http://victim.test/style.css#accept-encoding=gzip");
    echoing.expect_item("http://victim.test/style.css#accept-encoding=identity");
    echoing.site.stop();
}

//! The recipes of the documentation's pages do what they say.

mod applications;
mod files;
mod fresh;

use std::fs;

use testkit::{Memcached, eventually, project_root};

use super::echo::Kind;
use super::{Ask, Echoing, ask, status};

/// The pages that show some.
fn pages() -> String {
    let read = |name| fs::read_to_string(project_root().join(name)).expect("our own page");
    [
        "docs/keys.md",
        "docs/whole-responses.md",
        "docs/freshness.md",
        "docs/security.md",
    ]
    .map(read)
    .concat()
}

/// The recipe of this name.
fn recipe(name: &str) -> String {
    let (pages, fence) = (pages(), format!("```lighttpd {name}\n"));
    let (_, rest) = pages.split_once(&fence).expect("the recipe");
    let (block, _) = rest.split_once("```").expect("its end");
    block
        .replace("[\"key\"", "[\"server\" => \"$CACHE\", \"key\"")
        .replace("[\"lock\"", "[\"server\" => \"$CACHE\", \"lock\"")
        .replace("cache ([]", "cache ([\"server\" => \"$CACHE\"]")
        .replace("proxy \"127.0.0.1:8000\";", "$BACKEND")
        .replace("fastcgi \"127.0.0.1:9000\";", "$BACKEND")
        .replace("/var/www", "$DIR/www")
}

fn start(kind: Kind, name: &str) -> Echoing {
    Echoing::configured(kind, &recipe(name))
}

/// Each has a page of its own, made once and then kept.
fn expect_pages(echoing: &Echoing, asks: &[Ask]) {
    let before = echoing.echo.requests();
    for ask in asks {
        echoing.own(ask);
        echoing.settle();
    }
    for ask in asks {
        echoing.hit(ask);
    }
    assert_eq!(echoing.echo.requests(), before + asks.len());
}

/// Whoever has this cookie gets his own page, and nobody else gets it.
fn expect_personal(echoing: &Echoing, cookie: &str) {
    let known = ask("/personal").header("Cookie", cookie);
    echoing.own(&known);
    echoing.settle();
    assert!(status(&echoing.own(&known)).starts_with("bypass: cookie "));
    expect_pages(echoing, &[ask("/personal")]);
    echoing.own(&known);
}

#[test]
fn every_recipe_is_tested() {
    let pages = pages();
    let own = [
        include_str!("mod.rs"),
        include_str!("files.rs"),
        include_str!("fresh.rs"),
    ]
    .concat();
    let names: Vec<_> = pages
        .lines()
        .filter_map(|line| line.strip_prefix("```lighttpd"))
        .collect();
    assert_eq!(names.len(), 21);
    for name in names {
        let quoted = format!("\"{}\"", name.trim());
        assert!(own.contains(&quoted), "{quoted} is shown, but not tested");
    }
}

#[test]
fn an_application_with_cache() {
    let echoing = start(Kind::Proxy, "cache");
    expect_pages(
        &echoing,
        &[
            ask("/a"),
            ask("/a?page=2"),
            ask("/x/..%2Fa"),
            ask("/a").host("other.test"),
            ask("/a").host("victim.test:1337"),
            ask("/a").header("X-Forwarded-Host", "evil.test"),
        ],
    );
    expect_personal(&echoing, "_ga=1; theme=dark");
    echoing.expect_item("http://victim.test/a?page=2#accept-encoding=identity");
    echoing.site.stop();
}

#[test]
fn a_front_controller_with_cache() {
    let echoing = start(Kind::FastCgi, "cache-front-controller");
    make_scripts(&echoing);
    expect_pages(
        &echoing,
        &["/", "/blog/", "/blog/index.php", "/hello", "/hello?page=2"].map(ask),
    );
    expect_personal(&echoing, "wordpress_logged_in_0123=bob");
    let before = echoing.echo.requests();
    assert_eq!(echoing.send(&ask("/style.css")).text(), "p {}");
    assert_eq!(echoing.echo.requests(), before);
    echoing.site.stop();
}

#[test]
fn an_application() {
    let echoing = start(Kind::Proxy, "application");
    expect_pages(
        &echoing,
        &[
            ask("/a"),
            ask("/a?page=2"),
            ask("/x/..%2Fa"),
            ask("/a").host("other.test"),
            ask("/a").host("victim.test:1337"),
            ask("/a").header("X-Forwarded-Host", "evil.test"),
        ],
    );
    expect_personal(&echoing, "theme=dark; sessionid=bob");
    echoing.expect_item("http://victim.test/a?page=2#accept-encoding=identity");
    echoing.site.stop();
}

#[test]
fn pages_that_change() {
    let echoing = start(Kind::Proxy, "invalidate");
    let item = "http://victim.test/a?b#accept-encoding=identity";
    expect_pages(&echoing, &[ask("/a?b"), ask("/a")]);
    echoing.expect_item(item);
    let headers = [("Host", "victim.test"), ("Content-Length", "0")];
    let response = echoing.site.request("POST", "/a?b", &headers);
    assert_eq!(response.status, 200);
    assert!(!echoing.has_item(item));
    echoing.hit(&ask("/a"));
    expect_pages(&echoing, &[ask("/a?b")]);
    echoing.site.stop();
}

/// The files of a site that a front controller has.
fn make_scripts(echoing: &Echoing) {
    let www = echoing.site.dir().join("www");
    fs::create_dir_all(www.join("blog")).expect("a folder");
    for script in ["index.php", "blog/index.php", "doku.php"] {
        fs::write(www.join(script), "<?php").expect("a script");
    }
    fs::write(www.join("style.css"), "p {}").expect("a file");
}

#[test]
fn a_front_controller() {
    let echoing = start(Kind::FastCgi, "front-controller");
    make_scripts(&echoing);
    expect_pages(
        &echoing,
        &[
            "/",
            "/blog/",
            "/blog/index.php",
            "/2026/hello-world",
            "/2026/hello-world?page=2",
            "/x/../2026/hello-world",
        ]
        .map(ask),
    );
    expect_personal(&echoing, "wordpress_logged_in_0123=bob");
    echoing.expect_item("http://victim.test/2026/hello-world");
    let before = echoing.echo.requests();
    assert_eq!(echoing.send(&ask("/style.css")).text(), "p {}");
    assert_eq!(echoing.echo.requests(), before);
    echoing.site.stop();
}

#[test]
fn scripts_with_a_path_behind_them() {
    let echoing = start(Kind::FastCgi, "path-info");
    make_scripts(&echoing);
    expect_pages(
        &echoing,
        &[
            "/",
            "/doku.php",
            "/doku.php/wiki:syntax",
            "/doku.php/wiki:start?do=edit",
        ]
        .map(ask),
    );
    expect_personal(&echoing, "DW0123=bob");
    echoing.expect_item("http://victim.test/doku.php/wiki:syntax");
    echoing.site.stop();
}

#[test]
fn ports() {
    let echoing = start(Kind::Proxy, "ports");
    echoing.own(&ask("/a"));
    echoing.settle();
    for port in ["80", "443", "8443"] {
        let named = ask("/a").host(&format!("victim.test:{port}"));
        assert_eq!(status(&echoing.send(&named)), "hit", "{port}");
    }
    expect_pages(&echoing, &[ask("/a").host("victim.test:1337")]);
    echoing.expect_item("http://victim.test/a");
    echoing.site.stop();
}

#[test]
fn previews() {
    let echoing = start(Kind::Proxy, "preview");
    let preview = ask("/a").header("X-Preview", "1");
    echoing.own(&preview);
    echoing.settle();
    echoing.expect_bypass(&preview, "pattern");
    // What a backend may take for the header, though it is empty to the pattern.
    for other in [("X-Preview", "0"), ("X-Preview", ""), ("X_Preview", "1")] {
        echoing.expect_apart(&ask("/a").header(other.0, other.1), &ask("/a"));
        assert!(echoing.cache.delete("http://victim.test/a#x-preview"));
    }
    expect_pages(&echoing, &[ask("/a")]);
    echoing.own(&preview);
    echoing.site.stop();
}

#[test]
fn whole_responses() {
    for (name, marker) in [("whole", Some("hit")), ("fresh-lookup", None)] {
        let echoing = start(Kind::Proxy, name);
        expect_pages(&echoing, &[ask("/a"), ask("/a?b"), ask("/x/../a")]);
        assert_eq!(echoing.send(&ask("/a")).header("X-Cache"), marker);
        echoing.expect_item("http://victim.test/a?b");
        echoing.site.stop();
    }
}

#[test]
fn reasons_in_a_header() {
    let echoing = start(Kind::Proxy, "reasons");
    let missed = echoing.own(&ask("/a"));
    assert_eq!(missed.header("X-Cache"), Some("miss storing"));
    echoing.settle();
    let hit = echoing.own(&ask("/a"));
    assert_eq!(hit.header("X-Cache").map(str::trim), Some("hit"));
    let moved = echoing.own(&ask("/moved"));
    assert_eq!(moved.header("X-Cache"), Some("miss no: status 301"));
    echoing.site.stop();
}

#[test]
fn an_api() {
    let echoing = start(Kind::Proxy, "api");
    let asks = ["/api/a", "/api/a?b", "/api/moved", "/api//missing"].map(ask);
    expect_pages(&echoing, &asks);
    expect_pages(&echoing, &[ask("/api/moved").host("other.test")]);
    assert!(echoing.send(&ask("/api/a")).header("ETag").is_some());
    assert_eq!(echoing.send(&ask("/other")).status, 404);
    echoing.site.stop();
}

#[test]
fn languages() {
    let echoing = start(Kind::Proxy, "languages");
    let of = |language: &str| ask("/a").header("Accept-Language", language);
    expect_pages(
        &echoing,
        &[of("de, en;q=0.5"), of("en"), ask("/a"), ask("/a?b")],
    );
    assert_eq!(status(&echoing.send(&of("de,en;q=0.5"))), "hit");
    echoing.site.stop();
}

#[test]
fn a_near_cache_and_a_far_one() {
    let far = Memcached::start();
    let config = recipe("levels")
        .replace("unix:/run/memcached.sock", "$CACHE")
        .replace("192.0.2.1:11211", &far.to_string());
    let echoing = Echoing::configured(Kind::Proxy, &config);
    expect_pages(&echoing, &[ask("/a"), ask("/b")]);
    let key = "http://victim.test/a";
    eventually("the far one has it", || far.get(key).is_some());
    assert!(echoing.cache.delete(key));
    // A part from the far one is none for the near one.
    let part = echoing.send(&ask("/a").header("Range", "bytes=0-1"));
    assert_eq!(part.status, 206);
    echoing.settle();
    assert!(!echoing.has_item(key));
    // From the far one, and then again from the near one.
    echoing.hit(&ask("/a"));
    echoing.settle();
    echoing.expect_item(key);
    assert_eq!(echoing.echo.requests(), 2);
    echoing.site.stop();
}

//! What the action does, one step after the other.

use testkit::{Memcached, eventually};

use super::{Pages, builder, config, key, status, store};

#[test]
fn a_miss_then_hits() {
    let pages = Pages::start("");
    let head = "200 OK|Content-Type: text/x-page|X-Of-The-Page: yes";
    let first = pages.get("/a?b=c", head);
    assert_eq!((first.status, first.text().as_str()), (200, "page 0"));
    assert_eq!((first.cache(), status(&first)), ("Miss", "miss"));
    assert!(["storing", "queued"].contains(&store(&first)), "{first:?}");
    pages.await_item("/a?b=c");
    for _ in 0..2 {
        let hit = pages.get("/a?b=c", head);
        assert_eq!((hit.status, hit.text().as_str()), (200, "page 0"));
        assert_eq!((hit.cache(), status(&hit), store(&hit)), ("Hit", "hit", ""));
        assert_eq!(hit.header("Content-Type"), Some("text/x-page"));
        assert_eq!(hit.header("X-Of-The-Page"), Some("yes"));
        assert!(hit.header("Age").is_some(), "{hit:?}");
        let markers = hit.headers.iter().filter(|(name, _)| name == "X-Memcached");
        assert_eq!(markers.count(), 1, "the miss action's is not stored");
    }
    assert_eq!(pages.backend.requests(), 1);
    let log = pages.site.stop();
    for line in [
        format!("memcached.cache: not found; key {}", key("/a?b=c")),
        format!(
            "memcached.cache: queued for memcached; key {}",
            key("/a?b=c")
        ),
        format!("memcached.cache: hit; key {}", key("/a?b=c")),
    ] {
        assert!(log.contains(&line), "{line}\n{log}");
    }
}

/// Two of them in a row, and one that comes too late.
#[test]
fn what_is_handled_is_not_looked_up() {
    let block = r#"proxy "$BACKEND";"#;
    let pages = Pages::configured(&(config("", block) + &config("", block)));
    let page = pages.get("/a", "200 OK");
    assert_eq!(page.cache(), "Miss");
    pages.await_item("/a");
    let before = pages.cache.stat("cmd_get");
    let hit = pages.get("/a", "200 OK");
    assert_eq!((hit.cache(), hit.text().as_str()), ("Hit", "page 0"));
    assert_eq!(pages.cache.stat("cmd_get"), before + 1);
    assert_eq!(pages.backend.requests(), 1);
    pages.site.stop();
}

#[test]
fn a_block_that_handles_nothing() {
    let block = r#"if req.path == "/there" { proxy "$BACKEND"; }"#;
    let after = r#"if !req.is_handled { respond 200 => "afterwards"; }"#;
    let alone = Pages::configured(&config("", block));
    assert_eq!(alone.get("/none", "").status, 404);
    assert_eq!(alone.get("/there", "200 OK").text(), "page 0");
    let log = alone.site.stop();
    assert!(!log.contains("no response"), "{log}");
    let pages = Pages::configured(&(config("", block) + after));
    for _ in 0..2 {
        let page = pages.get("/none", "");
        assert_eq!((page.status, page.text().as_str()), (200, "afterwards"));
        assert_eq!(page.cache(), "none", "neither action runs");
    }
    pages.get("/there", "200 OK");
    pages.await_item("/there");
    assert!(!pages.has_page("/none"));
    pages.site.stop();
}

/// Handlers of the server itself.
#[test]
fn blocks_without_a_backend() {
    let cache = Memcached::start();
    let block = r#"
if req.path == "/respond" { respond 200 => "responded"; }
else { docroot "$DIR/www"; static; }"#;
    let site = builder().start(&config("", block), &[("CACHE", &cache)]);
    let www = site.dir().join("www");
    std::fs::create_dir(&www).expect("a folder");
    std::fs::write(www.join("file"), "a file").expect("a file");
    for (path, text) in [("/respond", "responded"), ("/file", "a file")] {
        let page = site.get(path);
        assert_eq!((page.text().as_str(), page.cache()), (text, "Miss"));
        eventually("it is stored", || cache.ttl(&key(path)).is_some());
        let hit = site.get(path);
        assert_eq!((hit.text().as_str(), hit.cache()), (text, "Hit"));
    }
    let missing = site.get("/missing");
    assert_eq!(missing.status, 404);
    site.stop();
}

#[test]
fn methods_that_are_not_looked_up() {
    let pages = Pages::start(r#""invalidate" => false"#);
    pages.get("/a", "200 OK");
    pages.await_item("/a");
    let post = pages.site.request("POST", "/a", &[("Content-Length", "0")]);
    assert_eq!((post.status, post.text().as_str()), (200, "page 1"));
    assert_eq!(status(&post), "bypass: method");
    assert_eq!(store(&post), "no: method");
    assert_eq!(pages.get("/a", "200 OK").text(), "page 0");
    let head = pages.site.request("HEAD", "/b", &[]);
    assert_eq!((head.status, head.text().as_str()), (200, ""));
    assert_eq!((status(&head), store(&head)), ("miss", "no: HEAD"));
    let of_hit = pages.site.request("HEAD", "/a", &[]);
    assert_eq!(status(&of_hit), "hit");
    let log = pages.site.stop();
    assert!(!log.contains("key differs"), "{log}");
}

/// Whoever has the answer to a POST does not find the old page any more.
#[test]
fn a_post_makes_the_page_out_of_date() {
    let pages = Pages::start("");
    for path in ["/a", "/list"] {
        pages.get(path, "200 OK");
        pages.await_item(path);
    }
    let gzip = [("Accept-Encoding", "gzip")];
    pages.site.request("GET", "/a", &gzip);
    eventually("the other variant is stored", || {
        let key = key("/a").replace("identity", "gzip");
        pages.cache.get(&key).is_some()
    });
    let answer = [
        ("X-Answer", "303 See Other|Location: /list"),
        ("Content-Length", "0"),
    ];
    let post = pages.site.request("POST", "/a", &answer);
    assert_eq!((post.status, store(&post)), (303, "invalidated"));
    for path in ["/a", "/list"] {
        assert_eq!(status(&pages.get(path, "200 OK")), "miss", "{path}");
    }
    assert_eq!(status(&pages.site.request("GET", "/a", &gzip)), "miss");
    pages.site.stop();
}

#[test]
fn conditions_and_parts() {
    let pages = Pages::start("");
    pages.get("/a", "200 OK|ETag: \"x\"");
    pages.await_item("/a");
    let same = pages
        .site
        .request("GET", "/a", &[("If-None-Match", "\"x\"")]);
    assert_eq!((same.status, same.text().as_str()), (304, ""));
    let part = pages.site.request("GET", "/a", &[("Range", "bytes=0-3")]);
    assert_eq!((part.status, part.text().as_str()), (206, "page"));
    assert_eq!(pages.backend.requests(), 1);
    let guarded = pages.site.request("GET", "/a", &[("If-Match", "\"x\"")]);
    assert!(
        status(&guarded).starts_with("bypass: If-Match"),
        "{guarded:?}"
    );
    pages.site.stop();
}

#[test]
fn cache_status() {
    let pages = Pages::start(r#""cache_status" => "lighty", "ttl_jitter" => 0"#);
    let of = |answer: &str| {
        let response = pages.get("/a", answer);
        response
            .header("Cache-Status")
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        of("200 OK|Cache-Control: max-age=60"),
        "lighty; fwd=miss; stored; ttl=60"
    );
    pages.await_item("/a");
    let hit = of("");
    assert!(hit.starts_with("lighty; hit; ttl="), "{hit}");
    let private = pages.get("/b", "200 OK|Cache-Control: private");
    let said = private.header("Cache-Status");
    assert!(
        said.is_some_and(|said| said.contains("private")),
        "{said:?}"
    );
    pages.site.stop();
}

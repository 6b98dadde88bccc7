//! The recipes of the documentation's pages do what they say.

use std::fs;

use testkit::{Host, Memcached, Site, eventually, eventually_some, project_root};

use super::echo::Kind;
use super::{Ask, Echoing, ask, status};

/// The pages that show some.
fn pages() -> String {
    let read = |name| fs::read_to_string(project_root().join(name)).expect("our own page");
    [
        "docs/keys.md",
        "docs/whole-responses.md",
        "docs/freshness.md",
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
    let own = include_str!("recipes.rs");
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

/// Has a page made, and asks for it until it is out of date; what was said then.
fn once_out_of_date(config: &str, path: &str) -> String {
    let echoing = Echoing::configured(Kind::Proxy, config);
    assert_eq!(status(&echoing.own(&ask(path))), "miss", "{config}");
    echoing.settle();
    let said = eventually_some("it is out of date", || {
        let said = status(&echoing.own(&ask(path))).to_owned();
        (said != "hit").then_some(said)
    });
    echoing.site.stop();
    said
}

/// Old pages are served while a new one is made, unless that is switched off.
#[test]
fn fresh_pages() {
    for (name, path, expected) in [
        ("fresh", "/a", "stale"),
        ("fresh-lookup", "/a", "stale"),
        ("no-captures", "/shop/a", "stale"),
        ("not-fresh", "/a", "miss"),
    ] {
        let config = recipe(name)
            .replace(", \"ttl\" => 60", "")
            .replace("\"$CACHE\"", "\"$CACHE\", \"ttl\" => 1");
        assert_eq!(once_out_of_date(&config, path), expected, "{name}");
    }
}

/// In a condition with an expression the client waits for the backend, as the page
/// says.
#[test]
fn captures() {
    let text = pages();
    let (_, rest) = text.split_once("| in place of | write |").expect("a table");
    let rows = rest.lines().filter_map(|row| row.strip_prefix("| `"));
    let rows = rows.take_while(|row| row.starts_with("if "));
    let mut count = 0;
    for row in rows {
        let row = row.trim_end_matches("` |").replace("\\|", "|");
        let (wrong, right) = row.split_once("` | `").expect("two cells");
        for (condition, expected) in [(wrong, "miss: stale"), (right, "stale")] {
            let action =
                "memcached.cache ([\"server\" => \"$CACHE\", \"ttl\" => 1], { $BACKEND });";
            let config = format!("{condition} {action} }}");
            let said = once_out_of_date(&config, "/blog/a.html");
            assert_eq!(said, expected, "{condition}");
        }
        count += 1;
    }
    assert_eq!(count, 3);
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
    // From the far one, and then again from the near one.
    echoing.hit(&ask("/a"));
    echoing.settle();
    echoing.expect_item(key);
    assert_eq!(echoing.echo.requests(), 2);
    echoing.site.stop();
}

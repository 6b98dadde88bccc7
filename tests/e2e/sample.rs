//! The sample configuration, as the README explains it.

use std::fs;

use testkit::{Backend, MakeRun, Memcached, Site, eventually, project_root, random_bytes, request};

/// The sample without its setup block, which the tests make themselves, and
/// with another memcached and folder.
fn sample() -> String {
    let path = project_root().join("lighttpd2-sample.conf");
    let text = fs::read_to_string(path).expect("the sample");
    let (_, rest) = text.split_once("\n}\n").expect("the setup block's end");
    rest.replace("[\"key\"", "[\"server\" => \"$CACHE\", \"key\"")
        .replace("[\"ports\"", "[\"server\" => \"$CACHE\", \"ports\"")
        .replace("/var/www", "$DIR/www")
}

#[test]
fn a_page_is_a_miss_then_a_hit_byte_for_byte() {
    let cache = Memcached::start();
    let site = Site::start(&sample(), &[("CACHE", &cache)]);
    let page = random_bytes(1, 50_000);
    fs::create_dir(site.dir().join("www")).expect("a folder");
    fs::write(site.dir().join("www/page.html"), &page).expect("a file");

    let first = site.get("/page.html");
    assert_eq!((first.status, first.cache()), (200, "Miss"));
    assert!(first.body == page);
    let key = "http://example.test/page.html";
    eventually("the page is stored", || cache.get(key).is_some());

    let second = site.get("/page.html");
    assert_eq!((second.status, second.cache()), (200, "Hit"));
    assert!(second.body == page);
    assert_eq!(second.header("Content-Type"), Some("text/html"));
    assert_eq!(second.header("Content-Length"), Some("50000"));

    let head = site.request("HEAD", "/page.html", &[]);
    assert_eq!((head.status, head.cache()), (200, "Hit"));
    assert_eq!(head.header("Content-Length"), Some("50000"));
    site.stop();
}

#[test]
fn the_application() {
    let cache = Memcached::start();
    let backend = Backend::constant("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage");
    let config = sample().replace("127.0.0.1:8000", &backend.to_string());
    let site = Site::start(&config, &[("CACHE", &cache)]);
    let get = |host: &str| site.request("GET", "/app/x?y", &[("Host", host)]);
    let first = get("example.org:8080");
    assert_eq!((first.text().as_str(), first.cache()), ("page", "Miss"));
    let key = "http://example.org/app/x?y#accept-encoding=identity";
    eventually("the page is stored", || cache.get(key).is_some());
    for host in ["example.org:8080", "example.org"] {
        let hit = get(host);
        let markers = hit.headers.iter().filter(|(name, _)| name == "X-Memcached");
        assert_eq!((hit.cache(), markers.count()), ("Hit", 1), "{hit:?}");
    }
    assert_eq!(backend.requests(), 1);
    site.stop();
}

/// Folders are their pages, and what is not there is a 404.
#[test]
fn folders_and_what_is_not_there() {
    let cache = Memcached::start();
    let site = Site::start(&sample(), &[("CACHE", &cache)]);
    let www = site.dir().join("www");
    fs::create_dir_all(www.join("docs")).expect("a folder");
    fs::create_dir(www.join("empty")).expect("a folder");
    fs::write(www.join("index.html"), "front").expect("a file");
    fs::write(www.join("docs/index.html"), "docs").expect("a file");
    for (path, page) in [("/", "front"), ("/docs/", "docs")] {
        let missed = site.get(path);
        assert_eq!((missed.status, missed.text().as_str()), (200, page));
        let hit = site.get_hit(path);
        assert_eq!(hit.text(), page);
        assert_eq!(hit.header("Content-Type"), Some("text/html"));
    }
    for path in ["/empty/", "/nothing"] {
        assert_eq!(site.get(path).status, 404, "{path}");
    }
    site.stop();
}

/// Whoever turns `headers` on sees one marker, not that of the miss beside it.
#[test]
fn the_marker_is_not_stored() {
    let cache = Memcached::start();
    let config = sample().replace("[\"server\"", "[\"headers\" => true, \"server\"");
    let site = Site::start(&config, &[("CACHE", &cache)]);
    fs::create_dir(site.dir().join("www")).expect("a folder");
    fs::write(site.dir().join("www/page.html"), "page").expect("a file");
    site.get("/page.html");
    let hit = site.get_hit("/page.html");
    let markers = hit.headers.iter().filter(|(name, _)| name == "X-Memcached");
    assert_eq!(markers.count(), 1, "{:?}", hit.headers);
    site.stop();
}

/// Each command that `make run` proposes does what is printed with it, on a server without Lua.
#[test]
fn what_make_run_serves() {
    let mut run = MakeRun::start();
    let expected = [
        ("200 OK", "Miss", "page 1 of"),
        ("200 OK", "Hit", "page 1 of"),
        ("200 OK", "Hit", "page 1 of"),
        ("204 No Content", "", ""),
        ("200 OK", "Miss", "page "),
        ("200 OK", "Hit", "page "),
        ("200 OK", "Miss", "It works"),
        ("200 OK", "Miss", "It works"),
    ];
    let addr = run.addr();
    // As curl has it, since it is in the key.
    let host = addr.to_string();
    let ask = |path: &str| request(addr, "GET", path, &[("Host", &host)]);
    let mut tried = 0;
    run.try_out(|at, printed| {
        tried += 1;
        let (status, cache, body) = expected[at];
        assert!(printed.contains(status), "{at}: {printed}");
        assert!(printed.contains(body), "{at}: {printed}");
        let marker = printed.split_once("X-Memcached: ");
        let marker = marker.and_then(|(_, rest)| rest.lines().next());
        assert_eq!(marker.unwrap_or_default(), cache, "{at}: {printed}");
        match at {
            // Nobody sees the page made that the third one finds to be old.
            2 => eventually("another page is made", || {
                !ask("/app/news").text().contains("page 1 of")
            }),
            6 => eventually("a hit", || ask("/").cache() == "Hit"),
            _ => {}
        }
    });
    assert_eq!(tried, expected.len());
    let status = ask("/memcached-status");
    assert!(status.text().contains("<html"), "{}", status.text());
    assert_eq!(ask("/missing/").status, 404);
    assert!(run.interrupt());
}

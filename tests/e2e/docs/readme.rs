//! The configurations of the README, and what it says of them.

use std::fs;
use std::io::Write;

use testkit::{Backend, Memcached, Response, Site, eventually, project_root};

use super::{configuration, page, without_setup};

/// A configuration of the README, for our own servers.
fn config(name: &str) -> String {
    let config = configuration(&page("README.md"), name);
    without_setup(&config)
        .replace(
            "memcached.delete []",
            r#"memcached.delete ["server" => "$CACHE"]"#,
        )
        .replace(
            "[\"cache_status\"",
            "[\"server\" => \"$CACHE\", \"cache_status\"",
        )
        .replace("[\"key\"", "[\"server\" => \"$CACHE\", \"key\"")
        .replace("127.0.0.1:8000", "$BACKEND")
        .replace("/var/www", "$DIR/www")
}

/// A backend with a page for each, one that sets a cookie and one that counts its POSTs.
fn backend() -> Backend {
    Backend::start(|request, stream| {
        let cookie = request.headers.iter().find(|line| line.contains("login="));
        let name = cookie.map_or("stranger", |_| "bob");
        let extra = if request.target == "/cookie" {
            "Set-Cookie: a=b\r\n"
        } else {
            ""
        };
        let page = format!("Hello {name}");
        // The server may be gone before it has read all.
        drop(write!(
            stream,
            "HTTP/1.1 200 OK\r\n{extra}Content-Length: {}\r\n\r\n{page}",
            page.len()
        ));
    })
}

fn told(response: &Response) -> &str {
    response.header("Cache-Status").unwrap_or_default()
}

/// A value of `Cache-Status` as the README shows it, whatever the number of seconds is.
fn shown(value: &str) -> String {
    let parts = value.split("; ").map(|part| {
        let is_ttl = part.starts_with("ttl=");
        if is_ttl { "ttl=N" } else { part }
    });
    parts.collect::<Vec<_>>().join("; ")
}

#[test]
fn an_application() {
    let (cache, backend) = (Memcached::start(), backend());
    let names: [(&str, &dyn std::fmt::Display); 2] = [("CACHE", &cache), ("BACKEND", &backend)];
    let site = Site::start(&config("application"), &names);
    let ask = |method: &str, path: &str, cookie: &str| {
        let mut headers = vec![("Host", "example.org")];
        if !cookie.is_empty() {
            headers.push(("Cookie", cookie));
        }
        site.request(method, path, &headers)
    };
    let get = |path: &str| ask("GET", path, "");
    let readme = page("README.md");
    let table: Vec<_> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `memcached; "))
        .map(|line| {
            shown(&format!(
                "memcached; {}",
                line.split('`').next().unwrap_or_default()
            ))
        })
        .collect();
    assert_eq!(table.len(), 4);
    let expect = |response: &Response, row: usize| {
        assert_eq!(shown(told(response)), table[row]);
    };

    expect(&get("/a?b"), 0);
    eventually("a hit", || told(&get("/a?b")).starts_with("memcached; hit"));
    expect(&get("/a?b"), 1);
    expect(&ask("GET", "/a?b", "_ga=1"), 1);
    expect(&get("/cookie"), 2);
    let bob = ask("GET", "/a?b", "theme=dark; login=bob");
    assert_eq!(bob.text(), "Hello bob");
    expect(&ask("GET", "/a?b", "login=bob"), 3);
    assert_eq!(get("/a?b").text(), "Hello stranger");

    assert_eq!(ask("PURGE", "/a?b", "").status, 204);
    assert!(told(&get("/a?b")).starts_with("memcached; fwd="));
    eventually("a hit", || told(&get("/a?b")).starts_with("memcached; hit"));
    let posted = site.request(
        "POST",
        "/a?b",
        &[("Host", "example.org"), ("Content-Length", "0")],
    );
    assert_eq!(posted.status, 200);
    assert!(told(&get("/a?b")).starts_with("memcached; fwd="));
    assert_eq!(get("/memcached-status").status, 200);
    site.stop();
}

/// Who is not this host sees no figures and purges nothing.
#[test]
fn an_application_and_strangers() {
    let (cache, backend) = (Memcached::start(), backend());
    let names: [(&str, &dyn std::fmt::Display); 2] = [("CACHE", &cache), ("BACKEND", &backend)];
    let elsewhere = config("application").replace("\"127.0.0.1\"", "\"192.0.2.1\"");
    let site = Site::start(&elsewhere, &names);
    assert_eq!(site.get("/memcached-status").status, 403);
    assert_eq!(site.request("PURGE", "/a", &[]).status, 403);
    site.stop();
}

/// `index` turns a folder into its page, so that both actions have its key.
#[test]
fn files() {
    let cache = Memcached::start();
    let site = Site::start(&config("files"), &[("CACHE", &cache)]);
    let www = site.dir().join("www");
    fs::create_dir_all(www.join("docs")).expect("a folder");
    for (file, text) in [("index.html", "front"), ("docs/index.html", "docs")] {
        fs::write(www.join(file), text).expect("a file");
    }
    for (path, text) in [("/", "front"), ("/docs/", "docs")] {
        assert_eq!(site.get(path).text(), text);
        eventually("a hit", || {
            told(&site.get(path)).starts_with("memcached; hit")
        });
        let hit = site.get(path);
        assert_eq!(hit.text(), text);
        assert_eq!(hit.header("Content-Type"), Some("text/html"));
    }
    assert_eq!(site.get("/nothing").status, 404);
    site.stop();
}

/// What both show is the same: who may see the status, and who may purge.
#[test]
fn the_sample_agrees() {
    let statements = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    };
    let path = project_root().join("lighttpd2-sample.conf");
    let sample = fs::read_to_string(path).expect("the sample");
    let sample = statements(&sample)
        .join("\n")
        .replace("[\"ports\" => [8080]]", "[]");
    let readme = configuration(&page("README.md"), "application");
    let (conditions, _) = without_setup(&readme)
        .split_once("memcached.cache")
        .expect("the cache");
    for condition in conditions.split("\n\n") {
        let condition = statements(condition).join("\n");
        assert!(sample.contains(&condition), "{condition} in {sample}");
    }
    let files = configuration(&page("README.md"), "files");
    for line in statements(&files) {
        let line = line.split(", \"cache_status\"").next().unwrap_or_default();
        let is_shared = !line.starts_with("files =") && !line.starts_with("listen");
        let is_own = line.starts_with("memcached.lookup") || line.starts_with("mime_types");
        let is_own = is_own || line.starts_with("module_load");
        assert!(!is_shared || is_own || sample.contains(line), "{line}");
    }
}

/// What matters is found at once.
#[test]
fn the_readme_is_short() {
    let readme = page("README.md");
    let words = readme.split_whitespace().count();
    assert!((800..1200).contains(&words), "{words} words");
}

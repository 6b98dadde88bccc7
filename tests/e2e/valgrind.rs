//! Memory errors and leaks of the plugin in a server that does a bit of
//! everything, as valgrind sees them.

use std::fs;
use std::path::Path;

use testkit::{
    Backend, Memcached, Site, eventually, panicking_library, plugin_library, random_bytes,
};

use crate::{cached, options};

/// Runs a server under valgrind and gives the errors in which the plugin has
/// a part, as valgrind describes them.
fn errors_of_the_plugin(plugin: &Path, panic_at: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = folder.path().join("report.xml");
    let wrapper = wrapper(&report);
    let mut cache = Memcached::start();
    let backend = Backend::constant("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    let pages = cached(
        r#""key" => "K%{req.path}", "timeout_ms" => 20000, "connect_timeout_ms" => 20000, "retry_ms" => 20"#,
        r#"if req.path =^ "/cut" { proxy "$BACKEND"; } else { docroot "$DIR/www"; static; }"#,
        r#""maxsize" => 2000000"#,
    );
    let whole = Backend::constant(
        "HTTP/1.1 200 OK\r\nVary: Accept-Encoding\r\nContent-Length: 10\r\n\r\n1234567890",
    );
    let whole_pages = cached(
        r#""headers" => true, "vary" => ["accept-encoding"], "timeout_ms" => 20000"#,
        "proxy \"$WHOLE\";",
        r#""etag" => true, "ttl" => ["200" => 600], "invalidate" => true"#,
    );
    let kept = options(&[r#""timeout_ms" => 20000"#]);
    let kept_pages = format!(
        r#"memcached.cache ({kept}, {{
			if req.path == "/kept/page" {{ proxy "$WHOLE"; }} else if req.path == "/kept/cut" {{ proxy "$BACKEND"; }}
		}}, {{ header.add "X-Memcached" => "Hit"; }}, {{ header.add "X-Memcached" => "Miss"; }});"#
    );
    let pages = format!(
        "if req.path =^ \"/whole\" {{ {whole_pages} }} \
         else if req.path =^ \"/kept\" {{ {kept_pages} }} else {{ {pages} }}"
    );
    let site = Site::builder()
        .plugin(plugin)
        .environment("MOD_MEMCACHED_PANIC_AT", panic_at)
        // So that valgrind sees each block by itself.
        .environment("G_SLICE", "always-malloc")
        .wrapper(&wrapper.iter().map(String::as_str).collect::<Vec<_>>())
        .start(
            &pages,
            &[("CACHE", &cache), ("BACKEND", &backend), ("WHOLE", &whole)],
        );
    let www = site.dir().join("www");
    fs::create_dir(&www).expect("a folder");
    for size in [0, 1, 4097, 70_000, 1_000_000, 2_000_001] {
        fs::write(www.join(size.to_string()), random_bytes(1, size)).expect("a file");
    }
    for _ in 0..2 {
        for path in [
            "/0", "/1", "/4097", "/70000", "/1000000", "/2000001", "/none",
        ] {
            site.get(path);
            site.request("HEAD", path, &[]);
            site.request("POST", path, &[("Content-Length", "0")]);
        }
    }
    use_whole_responses(&site, &cache);
    use_cache(&site);
    site.request("POST", "/whole", &[("Content-Length", "0")]);
    let mut client = site.connect();
    let before = backend.requests();
    client.send_request("GET", "/cut", &[]);
    eventually("the backend is asked", || backend.requests() > before);
    client.reset();
    cache.suspend();
    for _ in 0..10 {
        let mut client = site.connect();
        client.send_request("GET", "/1", &[]);
        client.reset();
    }
    let mut client = site.connect();
    client.send_request("POST", "/whole", &[("Content-Length", "0")]);
    client.reset();
    let mut client = site.connect();
    client.send_request("GET", "/kept/new", &[("Cookie", "_ga=1")]);
    client.reset();
    cache.kill();
    for _ in 0..5 {
        site.get("/1");
        site.get("/kept/page");
    }
    cache.restart();
    site.get("/1");
    cache.suspend();
    let mut waiting = site.connect();
    waiting.send_request("GET", "/0", &[]);
    site.stop();

    errors_in(&report)
}

/// The command that runs a server under valgrind.
pub(crate) fn wrapper(report: &Path) -> Vec<String> {
    let report = format!("--xml-file={}", report.display());
    [
        "valgrind",
        "--leak-check=full",
        "--show-leak-kinds=definite",
        "--num-callers=40",
        "--xml=yes",
        &report,
    ]
    .map(String::from)
    .to_vec()
}

/// The errors in which the plugin has a part, as valgrind describes them.
pub(crate) fn errors_in(report: &Path) -> Vec<String> {
    let report = fs::read_to_string(report).expect("valgrind's report");
    assert!(report.contains("<state>FINISHED</state>"), "{report}");
    let errors = report.split("<error>").skip(1);
    errors
        .filter_map(|error| error.split("</error>").next())
        .filter(|error| error.contains("libmod_memcached.so"))
        .map(str::to_owned)
        .collect()
}

/// Pages of `memcached.cache`: made, kept, not handled, not asked for.
fn use_cache(site: &Site) {
    for _ in 0..3 {
        for headers in [
            &[][..],
            &[("Cookie", "_ga=1"), ("Accept-Encoding", "br, gzip")],
            &[("Cookie", "sid=1")],
        ] {
            for path in ["/kept/page", "/kept/none"] {
                site.request("GET", path, headers);
                site.request("HEAD", path, headers);
            }
        }
    }
    site.request("POST", "/kept/page", &[("Content-Length", "0")]);
    let mut client = site.connect();
    client.send_request("GET", "/kept/cut", &[("Cookie", "_ga=1")]);
    client.reset();
}

fn use_whole_responses(site: &Site, cache: &Memcached) {
    site.get("/whole");
    let key = "/whole#accept-encoding=identity";
    eventually("a whole response is stored", || cache.get(key).is_some());
    for header in [
        ("If-None-Match", "*"),
        ("If-Match", "*"),
        ("Range", "bytes=2-4"),
        ("Range", "bytes=99-"),
        ("Accept-Encoding", "gzip"),
        ("Accept-Encoding", "deflate, br"),
        ("Accept-Encoding", "identity;q=0"),
    ] {
        site.request("GET", "/whole", &[header]);
        site.request("HEAD", "/whole", &[header]);
    }
    for damaged in ["damaged", "HTTP/1.1 200 OK\r\nX: 1\n\r\n\r\n"] {
        cache.set(key, 0, damaged.as_bytes());
        site.get("/whole");
    }
    let mut large = b"HTTP/1.1 200 OK\r\nX: 1\r\n\r\n".to_vec();
    large.extend(random_bytes(1, 200_000));
    cache.set(key, 0, &large);
    site.request("GET", "/whole", &[("Range", "bytes=60000-140000")]);
}

#[test]
fn no_invalid_access_and_nothing_lost() {
    let errors = errors_of_the_plugin(&plugin_library(), "");
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

/// A panic's message is not freed, since its own end might panic: a leak that
/// is there must be seen.
#[test]
fn a_leak_is_seen() {
    let errors = errors_of_the_plugin(&panicking_library(), "filter-drop");
    assert!(
        errors
            .iter()
            .any(|error| error.contains("Leak_DefinitelyLost")),
        "{errors:?}"
    );
}

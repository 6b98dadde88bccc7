//! What the README shows works as it is shown.

use std::fs;
use std::io::Write;
use std::net::TcpListener;

use testkit::{Backend, Memcached, Site, check_config, eventually, project_root};

fn readme() -> String {
    fs::read_to_string(project_root().join("README.md")).expect("our own documentation")
}

/// Lines without comments, and without the blanks that only lay them out.
fn statements(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// The block of code that begins with this.
fn block(text: &str, start: &str) -> String {
    let (before, _) = text.split_once(start).expect("what the README shows");
    let lines = text[before.len()..].lines();
    let block: Vec<_> = lines
        .take_while(|line| line.is_empty() || line.starts_with("    ") || line.starts_with(start))
        .map(str::trim)
        .collect();
    block.join("\n")
}

#[test]
fn the_sample_in_short_is_the_sample() {
    let path = project_root().join("lighttpd2-sample.conf");
    let sample = fs::read_to_string(path).expect("the sample");
    let (_, full) = sample
        .split_once("\nmime_types")
        .expect("the setup block's end");
    let (_, full) = full.split_once('\n').expect("more lines");
    let readme = readme();
    let shown = block(&readme, "if req.path =^ \"/app/\" {");
    assert_eq!(statements(&shown), statements(full));
}

#[test]
fn lines_for_the_configuration() {
    let readme = readme();
    for line in [
        "debug.log_request_handling true;",
        "setup { log [default => \"stderr\"]; }",
    ] {
        assert!(readme.contains(line), "{line}");
        let checked = check_config(line);
        assert_eq!(checked.status, Some(0), "{line}\n{}", checked.output);
    }
}

/// The first configuration that is shown.
#[test]
fn an_application() {
    let cache = Memcached::start();
    let backend = Backend::constant("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage");
    let config = block(&readme(), "memcached.cache ([], {")
        .replace("[]", "[\"server\" => \"$CACHE\"]")
        .replace("127.0.0.1:8000", "$BACKEND");
    let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    assert_eq!(site.get("/a?b").text(), "page");
    eventually("the page is stored", || {
        let key = "http://example.test/a?b#accept-encoding=identity";
        cache.get(key).is_some()
    });
    let known = [("Cookie", "_ga=1")];
    assert_eq!(site.request("GET", "/a?b", &known).text(), "page");
    assert_eq!(backend.requests(), 1);
    let own = [("Cookie", "login=bob")];
    assert_eq!(site.request("GET", "/a?b", &own).text(), "page");
    assert_eq!(backend.requests(), 2);
    site.stop();
}

/// Whoever is known gets his own page, and nobody else gets that.
#[test]
fn visitors_with_a_session() {
    let cache = Memcached::start();
    let backend = Backend::start(|request, stream| {
        let session = request.headers.iter().find(|line| line.contains("session"));
        let name = session.map_or("stranger", |_| "bob");
        let page = format!("Hello {name}");
        let length = page.len();
        // The server may be gone before it has read all.
        drop(write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{page}"
        ));
    });
    let config = block(&readme(), "pages = [")
        .replace("[\"key\"", "[\"server\" => \"$CACHE\", \"key\"")
        .replace("127.0.0.1:8000", "$BACKEND");
    let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    let bob = || site.request("GET", "/", &[("Cookie", "theme=dark; sessionid=1")]);
    assert_eq!(bob().text(), "Hello bob");
    assert_eq!(site.get("/").text(), "Hello stranger");
    eventually("a page is stored", || {
        cache.get("http://example.test/").is_some()
    });
    assert_eq!(site.get("/").text(), "Hello stranger");
    assert_eq!(bob().text(), "Hello bob");
    assert_eq!(backend.requests(), 3);
    site.stop();
}

/// `index` turns a folder into its page, so that both actions have its key.
#[test]
fn folders_where_index_stands_before_the_lookup() {
    assert!(readme().contains("`docroot` and `index (\"index.html\");` before the lookup"));
    let cache = Memcached::start();
    let handlers = crate::cached("", "static;", "");
    let config = format!("docroot \"$DIR/www\";\nindex (\"index.html\");\n{handlers}");
    let site = Site::start(&config, &[("CACHE", &cache)]);
    fs::create_dir(site.dir().join("www")).expect("a folder");
    fs::write(site.dir().join("www/index.html"), "page").expect("a file");
    assert_eq!(site.get("/").text(), "page");
    assert_eq!(site.get_hit("/").text(), "page");
    site.stop();
}

#[test]
fn a_script_deletes_a_page() {
    let cache = Memcached::start();
    cache.set("http://example.org/news", 0, b"old");
    let script = block(&readme(), "from pymemcache")
        .replace("11211", &cache.addr().port().to_string())
        // Without it the client does not wait for the answer.
        .replace("news\")", "news\", noreply=False)");
    let status = std::process::Command::new("/usr/bin/python3")
        .args(["-c", &script])
        .status()
        .expect("python3 is installed");
    assert!(status.success(), "{script}");
    assert_eq!(cache.get("http://example.org/news"), None);
}

/// The line of the troubleshooting table with these words in it, for a server.
fn line(readme: &str, words: &str, server: &str) -> String {
    let mut rows = readme.lines().filter_map(|row| row.strip_prefix("| `"));
    let row = rows.find(|row| row.contains(words));
    let row = row.unwrap_or_else(|| panic!("no row with {words:?}"));
    let text = row.split('`').next().unwrap_or_default();
    text.replace("ADDR", server).replace("...", "")
}

#[test]
fn lines_of_the_log() {
    let readme = readme();
    let mut cache = Memcached::reserve();
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let other_addr = other.local_addr().expect("an address").to_string();
    let greeter = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().expect("a connection");
        let _ = stream.write_all(b"220 example.test\r\n");
        stream
    });
    let config = r#"
if req.path == "/missing" {
	memcached.lookup ["server" => "unix:$DIR/missing"];
	respond 200 => "page";
} else if req.path == "/other" {
	memcached.lookup ["server" => "$OTHER"];
	respond 200 => "page";
} else if req.path == "/no-handler" {
	memcached.store;
} else {
	memcached.lookup ["server" => "$CACHE", "retry_ms" => 50];
	if !req.is_handled { respond 200 => "page"; }
}
"#;
    let names: [(&str, &dyn std::fmt::Display); 2] = [("CACHE", &cache), ("OTHER", &other_addr)];
    let site = Site::start(config, &names);
    let addr = cache.to_string();
    let path = site.dir().join("missing").display().to_string();

    site.get("/missing");
    site.await_log(&line(
        &readme,
        "No such file or directory",
        &format!("unix:{path}"),
    ));
    site.get("/other");
    site.await_log(&line(&readme, "protocol error", &other_addr));
    let mut client = site.connect();
    client.send_request("GET", "/no-handler", &[]);
    site.await_log(&line(&readme, "no response to store", ""));

    site.get("/");
    site.await_log(&line(&readme, "Connection refused", &addr));
    eventually("it counts as down", || {
        site.get("/");
        site.log()
            .contains(line(&readme, "counts as down", "").trim_start_matches("..."))
    });
    cache.restart();
    let works = line(&readme, "works again", &addr);
    let works = works.split_once("after").expect("a time").0;
    eventually("it works again", || {
        site.get("/");
        site.log().contains(works)
    });
    cache.suspend();
    let no_answer = line(&readme, "no answer within", &addr);
    eventually("it does not answer", || {
        site.get("/");
        site.log().contains(&no_answer)
    });
    cache.resume();
    site.stop();
    drop(greeter.join());
}

#[test]
fn the_script_is_the_one_that_is_tested() {
    let readme = readme();
    let (_, from) = readme.split_once("```lua\n").expect("a script");
    let (shown, _) = from.split_once("```").expect("its end");
    let script = fs::read_to_string(project_root().join("examples/lua/cache.lua"));
    assert_eq!(shown, script.expect("the example"));
}

//! `memcached.status`: what it counts, in which forms, and for whom.

mod browser;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use testkit::{
    Backend, Client, Memcached, Response, Site, check_config, eventually, eventually_some,
    project_root,
};

use crate::options;

/// A configuration whose figures are at `/status`.
fn with_status(rest: &str) -> String {
    format!(
        r#"
if req.path == "/status" {{
	memcached.status;
}} else {{
{rest}
}}
"#
    )
}

fn figures(site: &Site) -> Value {
    let response = site.get("/status?format=json");
    assert_eq!(response.header("Content-Type"), Some("application/json"));
    serde_json::from_slice(&response.body).expect("JSON")
}

/// Waits until all workers have published what they counted: they do so when they have
/// nothing else to do. What is there then is compared by the test.
fn figures_with(site: &Site, pointer: &str, expected: u64) -> Value {
    eventually_some(&format!("{pointer} is {expected}"), || {
        let all = figures(site);
        (all.pointer(pointer) == Some(&json!(expected))).then_some(all)
    })
}

/// Some of its pages are not to be stored.
fn backend() -> Backend {
    Backend::start(|request, stream| {
        let (extra, body) = match request.target.as_str() {
            path if path.starts_with("/private") => {
                ("Cache-Control: private\r\n", "private".into())
            }
            path if path.starts_with("/large") => ("", "x".repeat(101)),
            _ => ("", "page".to_owned()),
        };
        let _ = write!(
            stream,
            "HTTP/1.1 200 OK\r\n{extra}Content-Type: application/octet-stream\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
    })
}

#[test]
fn figures_are_what_a_load_did_exactly() {
    let cache = Memcached::start();
    let (lookup, store) = (
        options(&[r#""name" => "pages", "key" => "%{req.path}", "bypass_cookies" => ["session"]"#]),
        options(&[r#""name" => "pages", "key" => "%{req.path}", "maxsize" => 100"#]),
    );
    let backend = backend();
    let config = with_status(&format!(
        "memcached.lookup ({lookup}, none, {{ proxy \"$BACKEND\"; memcached.store {store}; }});"
    ));
    let site = Site::builder()
        .workers(2)
        .start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    // Connections that are open at the same time are spread over the workers.
    let mut clients: Vec<Client> = (0..8).map(|_| site.connect()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.get(&format!("/page-{number}"));
        let stored = || cache.get(&format!("/page-{number}")).is_some();
        eventually("the page is stored", stored);
    }
    for client in &mut clients {
        for number in 0..8 {
            assert_eq!(client.get(&format!("/page-{number}")).text(), "page");
        }
        client.get("/private");
        client.get("/large");
        client.request("GET", "/page-0", &[("Cookie", "session=1")]);
        client.request("POST", "/page-0", &[("Content-Length", "0")]);
    }
    // 8 misses that are stored, 64 hits, 16 misses that are not.
    let all = figures_with(&site, "/servers/0/requests", 8 + 64 + 16 + 8);
    let row = |action: &str| -> Value {
        let rows = all["actions"].as_array().expect("rows");
        let same = |row: &&Value| row["action"] == action;
        rows.iter().find(same).expect("the action").clone()
    };
    let lookup = row("memcached.lookup");
    assert_eq!(lookup["name"], "pages");
    let expected = json!({
        "hit": 64, "stale": 0, "miss": 24, "uncacheable": 0, "error": 0
    });
    assert_eq!(lookup["lookups"], expected);
    assert_eq!(lookup["bypasses"], json!({"method": 8, "cookie": 8}));
    let store = row("memcached.store");
    assert_eq!(store["queued"], 8);
    let expected = json!({
        "directive": 8, "larger-than-maxsize": 8, "method": 8, "bypass": 8
    });
    assert_eq!(store["not_stored"], expected);
    let server = &all["servers"][0];
    assert_eq!(all["servers"].as_array().map(Vec::len), Some(1), "{all}");
    assert_eq!(server["address"], cache.to_string());
    assert_eq!(server["state"], "up");
    assert_eq!(
        server["keys"],
        json!({"hit": 64, "miss": 24, "too-large": 0})
    );
    assert_eq!(
        server["stores"],
        json!({"stored": 8, "overtaken": 0, "refused": 0})
    );
    assert_eq!(
        (&server["replies"], &server["waiting"]),
        (&json!(96), &json!(0))
    );
    // Nothing failed, and one request at a time goes out alone.
    assert_eq!(
        (&server["commands"], &server["latency"]["count"]),
        (&json!(96), &json!(96))
    );
    // A connection for lookups and one for stores, on both workers; and another one for lookups
    // where a reply took so long, on a busy machine, that it was asked for `version`.
    let connections = server["connections"].as_u64().expect("a number");
    assert_eq!(server["connects"], json!(connections));
    assert!((4..=6).contains(&connections), "{connections}");
    // `get /page-0` and `get /private` and so on.
    let sent = 72 * 13 + 8 * 14 + 8 * 12 + 8 * "set /page-0 0 30 4\r\npage\r\n".len() as u64;
    let more = server["bytes_sent"].as_u64().expect("a number") - sent;
    assert_eq!(more % "version\r\n".len() as u64, 0);
    assert!(connections > 4 || more == 0, "{more}");
    let lookups: Vec<_> = all["workers"]
        .as_array()
        .expect("workers")
        .iter()
        .map(|it| it["lookups"].as_u64())
        .collect();
    assert_eq!(lookups.len(), 2);
    assert!(
        lookups
            .iter()
            .all(|count| count.is_some_and(|count| count > 0)),
        "{lookups:?}"
    );
    assert_eq!(lookups.iter().flatten().sum::<u64>(), 88);
    site.stop();
}

#[test]
fn a_server_that_is_down_is_shown_with_its_last_error() {
    let mut cache = Memcached::reserve();
    let config = with_status(&format!(
        "memcached.lookup ({}, none, {{ respond 200 => \"page\"; }});",
        options(&[r#""retry_ms" => 50"#])
    ));
    let site = Site::start(&config, &[("CACHE", &cache)]);
    assert_eq!(figures(&site)["servers"][0]["state"], "up");
    let down = eventually_some("the server counts as down", || {
        site.get("/page");
        let all = figures(&site);
        (all["servers"][0]["state"] == "down").then_some(all)
    });
    let server = &down["servers"][0];
    assert_eq!(server["last_error"]["text"], "Connection refused");
    assert!(server["since"].is_u64() && server["last_error"]["at"].is_u64());
    assert!(server["failed"]["connect"].as_u64() > Some(0), "{server}");
    assert!(down["actions"][0]["lookups"]["error"].as_u64() > Some(0));
    cache.restart();
    eventually("the server is up", || {
        site.get("/page");
        figures(&site)["servers"][0]["state"] == "up"
    });
    site.stop();
}

/// A site whose names are hostile, with a hit and a miss.
fn hostile_site(cache: &Memcached) -> Site {
    let lookup = options(&[r#""name" => "<script>\\\"'&""#]);
    let config = with_status(&format!(
        "memcached.lookup ({lookup}, none, {{ respond 200 => \"page\"; }});"
    ));
    let site = Site::start(&config, &[("CACHE", cache)]);
    cache.set("/there", 0, b"value");
    site.get("/there");
    site.get("/missing");
    site
}

#[test]
fn forms_are_chosen_by_query_and_accept() {
    let cache = Memcached::start();
    let site = hostile_site(&cache);
    let of = |target: &str, accept: &str| site.request("GET", target, &[("Accept", accept)]);
    let open = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = "text/plain; version=0.0.4; charset=utf-8";
    let html = "text/html; charset=utf-8";
    for (target, accept, status, content_type) in [
        ("/status", "*/*", 200, html),
        ("/status?x=y", "text/html,*/*;q=0.8", 200, html),
        ("/status?format=json", "text/html", 200, "application/json"),
        ("/status?format=prometheus", "*/*", 200, text),
        (
            "/status",
            "application/openmetrics-text;q=0.5,*/*;q=0.1",
            200,
            open,
        ),
        ("/status?format=xml", "*/*", 400, "text/plain"),
    ] {
        let response = of(target, accept);
        let seen = (response.status, response.header("Content-Type"));
        assert_eq!(seen, (status, Some(content_type)), "{target} {accept}");
        assert_eq!(response.header("Cache-Control"), Some("no-store"));
        assert_eq!(response.header("X-Content-Type-Options"), Some("nosniff"));
    }
    let page = site.get("/status");
    assert!(
        page.text().contains("&lt;script&gt;\\&quot;'&amp;"),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("<script"));
    let policy = page.header("Content-Security-Policy").unwrap_or_default();
    assert!(policy.starts_with("default-src 'none'"));
    let head = site.request("HEAD", "/status", &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    let post = site.request("POST", "/status", &[("Content-Length", "0")]);
    assert_eq!(
        (post.status, post.header("Allow")),
        (405, Some("GET, HEAD"))
    );
    site.stop();
}

/// The first worker keeps the figures of the last minutes.
#[test]
fn plots_show_what_happened() {
    let cache = Memcached::start();
    let site = hostile_site(&cache);
    eventually("there is something to plot", || {
        site.get("/there");
        site.get("/status").text().matches("nothing yet").count() == 0
    });
    let page = site.get("/status").text();
    let paths = page.split("<path d=\"").skip(1);
    assert!(
        paths.clone().count() == 3 && paths.clone().all(|path| path.starts_with("M0.0 ")),
        "{page}"
    );
    site.stop();
}

#[test]
fn promtool_finds_nothing_wrong() {
    let cache = Memcached::start();
    let site = hostile_site(&cache);
    let text = site.get("/status?format=prometheus");
    site.stop();
    check_by_promtool(&text);
}

fn check_by_promtool(text: &Response) {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool, of Debian's package prometheus");
    let mut stdin = promtool.stdin.take().expect("a pipe");
    stdin.write_all(&text.body).expect("promtool reads");
    drop(stdin);
    let output = promtool.wait_with_output().expect("promtool ends");
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        output.status.success() && said.is_empty(),
        "{said}\n{}",
        text.text()
    );
}

fn example(name: &str) -> PathBuf {
    project_root().join("examples/monitoring").join(name)
}

#[test]
fn rules_for_alerts_are_right() {
    for (verb, file) in [("check", "alerts.yml"), ("test", "alerts_test.yml")] {
        let output = Command::new("promtool")
            .args([verb, "rules"])
            .arg(example(file))
            .output()
            .expect("promtool, of Debian's package prometheus");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{output:?}");
    }
}

/// The dashboard, the rules and the documentation ask for what there is.
#[test]
fn families_that_are_asked_for_exist() {
    let cache = Memcached::start();
    let site = hostile_site(&cache);
    let text = site.get("/status?format=prometheus").text();
    site.stop();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let families: Vec<_> = types.filter_map(|line| line.split(' ').next()).collect();
    let docs = project_root().join("docs/operations.md");
    for path in [example("grafana.json"), example("alerts.yml"), docs] {
        let asking = fs::read_to_string(path).expect("our own file");
        let names = asking.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let mut names: Vec<_> = names
            .filter(|name| name.starts_with("lighttpd_memcached_"))
            .collect();
        assert!(!names.is_empty());
        names.dedup();
        for name in names {
            let family = name.strip_suffix("_bucket").unwrap_or(name);
            assert!(families.contains(&family), "{name}");
        }
    }
    let dashboard = fs::read(example("grafana.json")).expect("our own file");
    let dashboard: Value = serde_json::from_slice(&dashboard).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    assert!(
        panels
            .iter()
            .all(|panel| panel["targets"][0]["expr"].is_string())
    );
}

/// What the documentation shows is accepted, and answers this host alone.
#[test]
fn configurations_of_the_documentation() {
    let docs = fs::read_to_string(project_root().join("docs/operations.md"));
    let docs = docs.expect("our own documentation");
    let block = |name: &str| {
        let (_, from) = docs
            .split_once(&format!("```lighttpd {name}\n"))
            .expect("a block");
        from.split_once("```").expect("its end").0.to_owned()
    };
    let checked = check_config(&block("named"));
    assert_eq!(checked.status, Some(0), "{}", checked.output);
    let config = block("status");
    let site = Site::start(&config, &[]);
    assert_eq!(site.get("/memcached-status").status, 200);
    site.stop();
    let elsewhere = config.replace("127.0.0.1", "192.0.2.1");
    let site = Site::start(&elsewhere, &[]);
    assert_eq!(site.get("/memcached-status?format=json").status, 403);
    site.stop();
}

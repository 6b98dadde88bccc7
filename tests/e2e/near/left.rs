//! Headers and variables of requests that are over, which others are given: nobody gets to see
//! what was in them.

use std::fs;
use std::io::Write;

use testkit::{Backend, Host, Memcached, Response, Site, eventually, eventually_some};

use super::status;

/// Longer than what is kept for others.
const LONG_VALUE: usize = 600;

/// Answers `/many` with many headers, and others with few.
fn backend() -> Backend {
    Backend::start(|request, stream| {
        let own = if request.target.starts_with("/many") {
            let long = "v".repeat(LONG_VALUE);
            let many = (0..20).map(|n| format!("X-Many-{n}: {}\r\n", "m".repeat(n * 20)));
            let many = many.collect::<Vec<_>>().concat();
            format!("{many}X-Long: {long}\r\n")
        } else {
            "X-Few: 1\r\n".into()
        };
        let text = format!(
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=5000\r\n{own}Content-Length: 4\r\n\r\npage"
        );
        // The server may be gone before it has read all.
        drop(stream.write_all(text.as_bytes()));
    })
}

fn config(options: &str) -> String {
    format!(
        r#"
        if req.path =^ "/plain" {{
            respond 200 => "plain";
        }} else {{
            memcached.cache (["server" => "$CACHE", "key" => "k:%{{req.path}}"{options}], {{ proxy "$BACKEND"; }});
        }}
        header.overwrite "X-Status" => "%{{req.environment[MEMCACHED_STATUS]}}";
        header.overwrite "X-Key" => "%{{req.environment[MEMCACHED_KEY]}}";
        if req.path == "/many/changed" {{
            header.remove "X-Many-3";
            header.append "X-Many-4" => "more";
            header.overwrite "X-Many-0" => "{}";
        }}
        "#,
        "o".repeat(300)
    )
}

/// Its headers by name, but for those that differ between a miss and hits.
fn lasting(response: &Response) -> Vec<(String, String)> {
    let differ = ["Date", "Age", "Accept-Ranges", "X-Status"];
    let mut headers = response.headers.clone();
    headers.retain(|(name, _)| !differ.contains(&name.as_str()));
    headers.sort();
    headers
}

#[test]
fn nobody_sees_what_was_in_them() {
    for options in [
        r#", "near_ms" => 3600000"#,
        "",
        r#", "environment" => false"#,
    ] {
        let (memcached, backend) = (Memcached::start(), backend());
        let site = Site::start(
            &config(options),
            &[("CACHE", &memcached), ("BACKEND", &backend)],
        );
        let paths = ["/many/a", "/many/changed", "/few", "/plain"];
        let first = paths.map(|path| site.get(path));
        let published = |path: &str| options.contains("all") && path != "/plain";
        for round in 0..30 {
            for (path, first) in paths.iter().zip(&first) {
                let response = site.get(path);
                let place = format!("{options} {path}, round {round}");
                assert_eq!(response.body, first.body, "{place}");
                let says = response
                    .header("X-Key")
                    .is_some_and(|key| key.contains(path));
                assert_eq!(says, published(path), "{place}");
                assert_eq!(lasting(&response), lasting(first), "{place}");
            }
        }
    }
}

/// The access log of the real server is written when a request ends, by a plugin that may
/// have been told of that first or last.
#[test]
fn the_access_log_sees_them() {
    if !Host::find().is_real() {
        return;
    }
    let (memcached, backend) = (Memcached::start(), backend());
    let format = "%r|%{MEMCACHED_STATUS}e|%{X-Few}o|";
    let config = format!(
        "accesslog.format \"{format}\";\naccesslog \"$DIR/access\";\n{}",
        config(r#", "near_ms" => 3600000"#)
    );
    let site = Site::builder()
        .module("mod_accesslog")
        .start(&config, &[("CACHE", &memcached), ("BACKEND", &backend)]);
    eventually("it is near", || status(&site.get("/few")) == "near");
    let line = eventually_some("a line of a near hit", || {
        let text = fs::read_to_string(site.dir().join("access")).unwrap_or_default();
        let line = text.lines().find(|line| line.contains("|near|"))?;
        Some(line.to_owned())
    });
    assert!(line.contains("/few"), "{line}");
    assert!(line.ends_with("|near|1|"), "{line}");
}

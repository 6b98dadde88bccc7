//! What `docs/purging.md` shows works as it is shown.

use std::fs;
use std::process::Command;

use testkit::{Response, eventually, project_root};

use super::{Pages, is};
use crate::docs;

fn block(line: &str) -> String {
    docs::block(&docs::page("docs/purging.md"), line)
}

/// The configuration of this name, for our own servers and address.
fn recipe(name: &str) -> String {
    let server = r#"["server" => "$CACHE""#;
    block(&format!("lighttpd {name}"))
        .replace("[\"", &format!("{server}, \""))
        .replace("[]", &format!("{server}]"))
        // A list within one.
        .replace(&format!("\"methods\" => {server}, "), "\"methods\" => [")
        .replace("127.0.0.1:8000", "$BACKEND")
        .replace("192.0.2.7", "127.0.0.1")
}

/// A site with it.
fn start(name: &str) -> Pages {
    Pages::start(&recipe(name))
}

fn get(pages: &Pages, path: &str) -> Response {
    pages.site.request("GET", path, &[("Host", "example.org")])
}

/// Has a page made until it is in the cache.
fn fill(pages: &Pages, path: &str) {
    eventually("a hit", || {
        get(pages, path).header("X-Status") == Some("hit")
    });
}

fn is_gone(pages: &Pages, path: &str) -> bool {
    get(pages, path).header("X-Status") == Some("miss")
}

/// Runs a program of the page on a site; what it printed.
fn run(pages: &Pages, line: &str, command: &[&str]) -> String {
    let script = block(line)
        .replace("http://127.0.0.1", &format!("http://{}", pages.site.addr))
        .replace("127.0.0.1:11211", &pages.cache.to_string());
    let file = pages.site.dir().join("script");
    fs::write(&file, script).expect("a file");
    let output = Command::new(command[0])
        .args(&command[1..])
        .arg(file)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", command[0]));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {errors}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn every_block_is_tested() {
    let own = include_str!("recipes.rs");
    let lines = docs::all_blocks(&docs::page("docs/purging.md"));
    assert_eq!(lines.len(), 10);
    for (line, _) in lines {
        let (language, name) = line.split_once(' ').expect("language and name");
        let shown = match language {
            "lighttpd" => format!("start(\"{name}\")"),
            _ => format!("\"{language} {name}\""),
        };
        assert!(own.contains(&shown), "{line} is shown, but not tested");
    }
}

#[test]
fn purging_from_everywhere() {
    let pages = start("purge");
    for (line, command, yes, no) in [
        ("sh purge", &["sh"][..], "204", "404"),
        ("python purge", &["/usr/bin/python3"], "True", "False"),
        ("php purge", &["php"], "bool(true)", "bool(false)"),
        ("js purge", &["node"], "true", "false"),
    ] {
        fill(&pages, "/news");
        assert_eq!(run(&pages, line, command), yes, "{line}");
        assert!(is_gone(&pages, "/news"), "{line}");
        fill(&pages, "/news");
        run(&pages, line, command);
        assert_eq!(run(&pages, line, command), no, "{line}");
    }
    pages.site.stop();
}

/// What somebody at another address gets, and its status.
fn as_stranger(pages: &Pages, method: &str, path: &str) -> String {
    let output = Command::new("curl")
        .args(["-s", "--interface", "127.0.0.2", "-X", method])
        .args(["-H", "Host: example.org", "-H", "Content-Length: 0"])
        .args(["-w", "%{http_code}"])
        .arg(format!("http://{}{path}", pages.site.addr))
        .output()
        .expect("curl is installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn strangers_may_not_purge() {
    let pages = start("purge");
    fill(&pages, "/news");
    let answer = as_stranger(&pages, "PURGE", "/news");
    assert_eq!(answer, "not allowed\n403");
    fill(&pages, "/news");
    pages.site.stop();
}

/// Fills the pages of the recipe, and expects that a change deletes those of it.
fn publish(pages: &Pages) {
    for path in ["/news/7", "/", "/news/8"] {
        fill(pages, path);
    }
    let headers = [("Host", "example.org"), ("Content-Length", "0")];
    let response = pages.site.request("POST", "/admin/news/7", &headers);
    assert_eq!(super::outcome(&response), is(200, "purged"));
    assert!(is_gone(pages, "/news/7") && is_gone(pages, "/"));
    assert_eq!(get(pages, "/news/8").header("X-Status"), Some("hit"));
}

#[test]
fn publishing() {
    let pages = start("publish");
    publish(&pages);
    fill(&pages, "/news/7");
    let answer = as_stranger(&pages, "POST", "/admin/news/7");
    assert!(answer.ends_with("200"), "{answer}");
    assert_eq!(get(&pages, "/news/7").header("X-Status"), Some("hit"));
    pages.site.stop();
}

/// Where the application's answer says whether something has changed.
#[test]
fn publishing_from_anywhere() {
    let words = "`if resp.status < 300`";
    let page = fs::read_to_string(project_root().join("docs/purging.md"));
    assert!(page.expect("our own documentation").contains(words));
    let config =
        recipe("publish").replace("if req.remoteip == \"127.0.0.1\"", words.trim_matches('`'));
    let pages = Pages::start(&config);
    publish(&pages);
    fill(&pages, "/news/7");
    for answer in ["303 See Other|Location: /login", "403 Forbidden"] {
        let headers = [
            ("Host", "example.org"),
            ("Content-Length", "0"),
            ("X-Answer", answer),
        ];
        pages.site.request("POST", "/admin/news/7", &headers);
        assert_eq!(
            get(&pages, "/news/7").header("X-Status"),
            Some("hit"),
            "{answer}"
        );
    }
    pages.site.stop();
}

#[test]
fn deploying() {
    let pages = start("namespace");
    let paths = ["/news", "/other"];
    for path in paths {
        fill(&pages, path);
    }
    assert_eq!(run(&pages, "sh bump", &["sh"]), "");
    for path in paths {
        assert!(is_gone(&pages, path), "{path}");
        fill(&pages, path);
    }
    let answer = pages
        .site
        .request("PURGE", "/news", &[("Host", "example.org")]);
    assert_eq!(super::outcome(&answer), is(204, "purged"));
    assert!(is_gone(&pages, "/news"));
    assert_eq!(get(&pages, "/other").header("X-Status"), Some("hit"));
    // Another client of memcached: seen once the number has to be asked for.
    run(&pages, "python bump", &["/usr/bin/python3"]);
    eventually("the other number is used", || is_gone(&pages, "/other"));
    pages.site.stop();
}

#[test]
fn marking() {
    let pages = start("soft");
    fill(&pages, "/news");
    let answer = pages
        .site
        .request("PURGE", "/news", &[("Host", "example.org")]);
    assert_eq!(super::outcome(&answer), is(204, "purged"));
    let key = "http://example.org/news#accept-encoding=identity";
    let marks = pages.cache.command(&format!("mg {key} t"));
    assert!(marks.ends_with(" X W"), "{marks}");
    pages.site.stop();
}

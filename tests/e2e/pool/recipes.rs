//! What `docs/fleet.md` shows works as it is shown.

use std::fmt::Display;
use std::fs;
use std::process::Command;

use memcached_core::pool::Hash;
use testkit::{Backend, BackendRequest, MemcachedProxy, Site, Twemproxy, eventually};

use super::{Fleet, names};
use crate::docs;

fn block(line: &str) -> String {
    docs::block(&docs::page("docs/fleet.md"), line)
}

/// With the addresses of our own servers.
fn for_fleet(text: &str, fleet: &Fleet) -> String {
    let mut text = text.to_owned();
    for (at, server) in fleet.servers.iter().enumerate() {
        let shown = format!("10.0.0.{}", at + 1);
        let port = server.addr().port();
        text = text
            .replace(
                &format!("\"{shown}\", 11211"),
                &format!("\"127.0.0.1\", {port}"),
            )
            .replace(&format!("{shown}:11211"), &server.to_string())
            .replace(&format!("\"{shown}\""), &format!("\"{server}\""));
    }
    assert!(!text.contains("10.0.0."), "{text}");
    text
}

/// Numbers its answers.
fn backend() -> Backend {
    let made = std::sync::atomic::AtomicUsize::new(0);
    Backend::start(move |_: &BackendRequest, stream| {
        let page = made
            .fetch_add(1, std::sync::atomic::Ordering::SeqCst)
            .to_string();
        let length = page.len();
        let head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=300\r\nContent-Type: text/plain";
        let text = format!("{head}\r\nContent-Length: {length}\r\n\r\n{page}");
        // The server may be gone before it has read all.
        drop(std::io::Write::write_all(stream, text.as_bytes()));
    })
}

fn site(config: &str, backend: &Backend) -> Site {
    let config = config.replace("127.0.0.1:8000", "$BACKEND");
    Site::start(&config, &[("BACKEND", backend)])
}

fn page(site: &Site, path: &str) -> String {
    let response = site.request("GET", path, &[("Host", "example.org")]);
    assert_eq!(response.status, 200, "{}", site.log());
    response.text()
}

/// Asks until it is a hit: the same page twice.
fn fill(site: &Site, path: &str) -> String {
    let mut last = page(site, path);
    eventually("a hit", || {
        let next = page(site, path);
        std::mem::replace(&mut last, next.clone()) == next
    });
    last
}

/// Runs a program of the page.
fn run(line: &str, fleet: &Fleet, command: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("script");
    fs::write(&file, for_fleet(&block(line), fleet)).expect("a file");
    let output = Command::new(command[0])
        .args(&command[1..])
        .arg(&file)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", command[0]));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {told}");
}

fn three() -> Fleet {
    Fleet::start(Hash::Ketama, &[1, 1, 1])
}

#[test]
fn every_block_is_tested() {
    let own = include_str!("recipes.rs");
    for (line, _) in docs::all_blocks(&docs::page("docs/fleet.md")) {
        let is_of_users = line == "lighttpd";
        let is_named = own.contains(&format!("\"{line}\""));
        assert!(
            is_of_users || is_named || line.starts_with("lighttpd tls"),
            "{line}"
        );
    }
}

/// An application takes out what the plugin has stored.
#[test]
fn applications_delete_pages() {
    let (fleet, backend) = (three(), backend());
    let site = site(&for_fleet(&block("lighttpd shared"), &fleet), &backend);
    for (line, command) in [("php", &["php"][..]), ("python", &["/usr/bin/python3"])] {
        let before = fill(&site, "/news");
        assert_eq!(fleet.holders("page:/news"), [fleet.home("page:/news")]);
        run(line, &fleet, command);
        assert!(fleet.holders("page:/news").is_empty(), "{line}");
        assert_ne!(page(&site, "/news"), before, "{line}");
    }
    site.stop();
}

fn only_server(proxy: &dyn Display) {
    let backend = backend();
    let config = block("lighttpd proxied").replace("127.0.0.1:22121", &proxy.to_string());
    let site = site(&config, &backend);
    for number in 0..20 {
        let path = format!("/{number}");
        fill(&site, &path);
    }
    site.stop();
}

#[test]
fn twemproxy_is_the_only_server() {
    let fleet = three();
    let proxy = Twemproxy::start_with(&for_fleet(&block("yaml"), &fleet), "127.0.0.1:22121");
    only_server(&proxy);
    let all = (0..20).map(|number| format!("page:/{number}"));
    for key in all {
        assert_eq!(fleet.holders(&key), [fleet.home(&key)], "{key}");
    }
}

#[test]
fn the_proxy_of_memcached_is_the_only_server() {
    let fleet = three();
    let Some(proxy) = MemcachedProxy::start_with(&for_fleet(&block("lua"), &fleet)) else {
        return;
    };
    only_server(&proxy);
    for number in 0..20 {
        let key = format!("page:/{number}");
        assert_eq!(fleet.holders(&key), [fleet.home(&key)], "{key}");
    }
}

/// Names of containers, which a file of the test has.
#[test]
fn containers_have_names() {
    let fleet = three();
    let folder = tempfile::tempdir().expect("a folder");
    let known = "cache-0.cache 127.0.0.1\ncache-1.cache 127.0.0.1\ncache-2.cache 127.0.0.1\n";
    let mut servers = block("lighttpd names");
    for (at, server) in fleet.servers.iter().enumerate() {
        let name = format!("cache-{at}.cache");
        let port = server.addr().port();
        servers = servers.replace(&format!("\"{name}\""), &format!("\"{name}:{port}\""));
    }
    let config =
        format!("{servers}memcached.cache ([\"server\" => servers], {{ proxy \"$BACKEND\"; }});");
    let backend = backend();
    let site = names::builder(folder.path(), known).start(&config, &[("BACKEND", &backend)]);
    for number in 0..20 {
        fill(&site, &format!("/{number}"));
    }
    let items = fleet.servers.iter().map(|server| server.stat("curr_items"));
    assert_eq!(items.sum::<u64>(), 20);
    site.stop();
}

/// A fourth server, without asking the backend for anything again.
#[test]
fn servers_are_added_without_a_flood() {
    let (fleet, backend) = (Fleet::start(Hash::Ketama, &[1, 1, 1, 1]), backend());
    let moving = for_fleet(&block("lighttpd moving"), &fleet);
    let (lists, moving) = moving.split_once("\n\n").expect("lists and the rest");
    let before = format!(
        "{lists}\nmemcached.lookup (old, none, {{\n\tproxy \"$BACKEND\";\n\
         \tmemcached.store old;\n}});\n"
    );
    let paths: Vec<_> = (0..60).map(|number| format!("/{number}")).collect();
    let old = site(&before, &backend);
    let pages: Vec<_> = paths.iter().map(|path| fill(&old, path)).collect();
    old.stop();
    let new = site(&format!("{lists}\n{moving}"), &backend);
    for (path, first) in paths.iter().zip(&pages) {
        assert_eq!(page(&new, path), *first, "{path}");
    }
    eventually("pages have moved", || {
        for (path, first) in paths.iter().zip(&pages) {
            assert_eq!(page(&new, path), *first, "{path}");
        }
        fleet.servers[3].stat("curr_items") > 0
    });
    // Both places.
    let headers = [("Host", "example.org")];
    for (path, first) in paths.iter().zip(&pages) {
        for method in ["PURGE", "DELETE"] {
            let status = new.request(method, path, &headers).status;
            assert!([204, 404].contains(&status), "{method} {path}: {status}");
        }
        assert_ne!(page(&new, path), *first, "{path}");
    }
    new.stop();
}

#[test]
fn a_script_tells_where_a_key_is() {
    let fleet = three();
    let site = Site::builder()
        .module("mod_lua")
        .start("lua.handler \"$DIR/which.lua\";", &[]);
    let script = for_fleet(&block("lua which"), &fleet);
    fs::write(site.dir().join("which.lua"), script).expect("a file");
    for number in 0..20 {
        let key = format!("page:/{number}");
        let told = site.request("GET", "/", &[("X-Key", &key)]).text();
        assert_eq!(told, format!("{}\n", fleet.servers[fleet.home(&key)]));
    }
    site.stop();
}

//! Scripts that use memcached.

mod calls;
mod examples;
mod faults;
mod globals;
mod life;
mod pools;

use std::fs;

use testkit::{Site, SiteBuilder, project_root};

fn script(name: &str) -> String {
    let path = project_root().join("tests/e2e/lua").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A site whose pages are made by a script of the tests.
fn site(name: &str, cache: &dyn std::fmt::Display) -> Site {
    site_of(Site::builder(), name, cache)
}

fn site_of(builder: SiteBuilder, name: &str, cache: &dyn std::fmt::Display) -> Site {
    let parts = ["begin.lua", name, "end.lua"].map(script);
    let site = builder
        .module("mod_lua")
        .start("lua.handler \"$DIR/page.lua\";", &[]);
    let text = parts.join("\n").replace("$CACHE", &cache.to_string());
    fs::write(site.dir().join("page.lua"), text).expect("a file");
    site
}

/// The lines of a page.
fn lines(site: &Site, path: &str) -> Vec<String> {
    let page = site.get(path);
    assert_eq!(page.status, 200, "{}", site.log());
    page.text().lines().map(str::to_owned).collect()
}

/// What the server must not have logged: errors of a script.
fn assert_quiet(log: &str) {
    assert!(!log.contains("error"), "{log}");
}

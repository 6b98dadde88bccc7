//! `memcached.delete`, and namespaces.

mod faults;
mod hard;
mod life;
mod namespace;
mod recipes;
mod scripts;
mod soft;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::{Backend, Memcached, Response, Site, SiteBuilder};

/// A site whose pages are kept by `memcached.cache` or what else stands in `config`,
/// where `$CACHE` and `$BACKEND` are.
struct Pages {
    cache: Memcached,
    site: Site,
}

impl Pages {
    fn start(config: &str) -> Self {
        Self::start_by(builder(), config)
    }

    fn start_by(builder: SiteBuilder, config: &str) -> Self {
        let cache = Memcached::start();
        let names: [(&str, &dyn std::fmt::Display); 2] =
            [("CACHE", &cache), ("BACKEND", &numbering())];
        let site = builder.start(&shown(config), &names);
        Self { cache, site }
    }

    /// What a visitor gets after it was made: its text, from the cache.
    fn fill(&self, target: &str) -> String {
        let first = self.site.get(target);
        assert_eq!(first.status, 200, "{target}");
        self.site.get_hit(target).text()
    }

    fn send(&self, method: &str, target: &str) -> Response {
        self.site
            .request(method, target, &[("Content-Length", "0")])
    }

    /// The status of a purge, and what was published of it.
    fn purge(&self, target: &str) -> (u16, String) {
        outcome(&self.send("PURGE", target))
    }
}

fn builder() -> SiteBuilder {
    Site::builder()
        .module("mod_rewrite")
        .setup(r#"log [default => "stderr"];"#)
}

/// Says in headers of the response what was published.
fn shown(config: &str) -> String {
    format!(
        r#"
debug.log_request_handling true;
{config}
header.overwrite "X-Status" => "%{{req.environment[MEMCACHED_STATUS]}}";
header.overwrite "X-Delete" => "%{{req.environment[MEMCACHED_DELETE]}}";
"#
    )
}

/// The action `memcached.cache` with these options.
fn cached(options: &str) -> String {
    // Items live for their lifetimes alone, and nobody waits for another.
    let plain =
        r#""lock" => 0, "stale_while_revalidate" => 0, "stale_if_error" => 0, "ttl_jitter" => 0"#;
    let options = crate::options(&[plain, options]);
    format!(
        r#"
memcached.cache ({options}, {{
	proxy "$BACKEND";
}}, {{
	header.overwrite "X-Memcached" => "Hit";
}}, {{
	header.overwrite "X-Memcached" => "Miss";
}});
"#
    )
}

/// The actions `memcached.lookup` and `memcached.store` with these options.
fn looked_up_and_stored(options: &str) -> String {
    let options = crate::options(&[options]);
    format!(
        r#"
memcached.lookup ({options}, {{
	header.overwrite "X-Memcached" => "Hit";
}}, {{
	header.overwrite "X-Memcached" => "Miss";
	proxy "$BACKEND";
	memcached.store {options};
}});
"#
    )
}

/// The action `memcached.delete` with these options.
fn deleting(options: &str) -> String {
    let options = crate::options(&[options]);
    format!("memcached.delete {options};\n")
}

fn outcome(response: &Response) -> (u16, String) {
    let published = response.header("X-Delete").unwrap_or_default();
    (response.status, published.to_owned())
}

fn is(status: u16, published: &str) -> (u16, String) {
    (status, published.to_owned())
}

/// Answers with how many requests came before. The head is what the request says in
/// `X-Answer`: a status and header lines, separated by `|`.
fn numbering() -> Backend {
    let made = AtomicUsize::new(0);
    Backend::start(move |request, stream| {
        let answer = request.headers.iter().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("X-Answer").then_some(value)
        });
        let head = answer.unwrap_or("200 OK").replace('|', "\r\n");
        let body = format!("page {}", made.fetch_add(1, Ordering::SeqCst));
        let length = body.len();
        let text = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n{body}");
        // The server may be gone before it has read all.
        drop(stream.write_all(text.as_bytes()));
    })
}

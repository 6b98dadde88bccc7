//! `invalidate => true`: a request that may have changed something deletes items
//! before its response comes.

mod faults;
mod keys;
mod requests;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::{Backend, Memcached, Response, Site};

use crate::options;

const KEY: &str = r#""key" => "%{req.scheme}://%{req.host}%{req.path}""#;

/// Lookup, proxy and store with these options; a response shows what was
/// published.
fn config(both: &str, store: &str) -> String {
    let lookup = options(&[both]);
    let store = options(&[both, r#""invalidate" => true"#, store]);
    format!(
        r#"
debug.log_request_handling true;
memcached.lookup ({lookup}, {{
	header.overwrite "X-Memcached" => "Hit";
}}, {{
	header.overwrite "X-Memcached" => "Miss";
	proxy "$BACKEND";
	memcached.store {store};
	header.overwrite "X-Store" => "%{{req.environment[MEMCACHED_STORE]}}";
}});
"#
    )
}

/// Answers a request that is safe with how many that are not there were. To one
/// that is not, the answer is what its own `X-Answer` says: a status and header
/// lines, separated by `|`.
fn changing_backend() -> Backend {
    let version = AtomicUsize::new(0);
    Backend::start(move |request, stream| {
        let is_safe = matches!(&*request.method, "GET" | "HEAD" | "OPTIONS" | "PROPFIND");
        if !is_safe {
            version.fetch_add(1, Ordering::SeqCst);
        }
        let answer = request.headers.iter().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("X-Answer").then_some(value)
        });
        let head = answer.unwrap_or("200 OK").replace('|', "\r\n");
        let body = version.load(Ordering::SeqCst).to_string();
        let length = body.len();
        let text = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n{body}");
        // The server may be gone before it has read all.
        drop(stream.write_all(text.as_bytes()));
    })
}

struct Changing {
    cache: Memcached,
    site: Site,
}

impl Changing {
    fn start(both: &str) -> Self {
        Self::configured(&config(both, ""))
    }

    fn configured(config: &str) -> Self {
        let cache = Memcached::start();
        let site = site(config, &cache);
        Self { cache, site }
    }

    /// Puts items into the cache, as they are.
    fn fill(&self, keys: &[&str]) {
        for key in keys {
            self.cache.set(key, 0, b"old");
        }
    }

    fn left<'k>(&self, keys: &[&'k str]) -> Vec<&'k str> {
        let keys = keys.iter().copied();
        keys.filter(|key| self.cache.get(key).is_some()).collect()
    }

    fn send(&self, method: &str, target: &str, answer: &str) -> Response {
        send(&self.site, method, target, answer)
    }
}

fn site(config: &str, cache: &dyn std::fmt::Display) -> Site {
    Site::builder()
        .module("mod_rewrite")
        .setup(r#"log [default => "stderr"];"#)
        .start(
            config,
            &[("CACHE", cache), ("BACKEND", &changing_backend())],
        )
}

fn send(site: &Site, method: &str, target: &str, answer: &str) -> Response {
    let headers = [("X-Answer", answer), ("Content-Length", "0")];
    site.request(method, target, &headers)
}

fn outcome(response: &Response) -> &str {
    response.header("X-Store").unwrap_or("none")
}

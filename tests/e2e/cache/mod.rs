//! `memcached.cache`: what its block makes is kept, by its own defaults.

mod config;
mod faults;
mod life;
mod steps;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::{Backend, Memcached, Response, Site, SiteBuilder, eventually};

/// The action with these options and a block, and what it published.
fn config(options: &str, block: &str) -> String {
    let options = crate::options(&[options]);
    format!(
        r#"
debug.log_request_handling true;
memcached.cache ({options}, {{
	{block}
}}, {{
	header.add "X-Memcached" => "Hit";
}}, {{
	header.add "X-Memcached" => "Miss";
}});
header.overwrite "X-Status" => "%{{req.environment[MEMCACHED_STATUS]}}";
header.overwrite "X-Store" => "%{{req.environment[MEMCACHED_STORE]}}";
"#
    )
}

fn status(response: &Response) -> &str {
    response.header("X-Status").unwrap_or_default()
}

fn store(response: &Response) -> &str {
    response.header("X-Store").unwrap_or_default()
}

fn builder() -> SiteBuilder {
    Site::builder().setup(r#"log [default => "stderr"];"#)
}

/// A backend whose pages are numbered. The head is what the request says in
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
        let body = if request.method == "HEAD" { "" } else { &*body };
        let text = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n{body}");
        // The server may be gone before it has read all.
        drop(stream.write_all(text.as_bytes()));
    })
}

/// A site with the action and such a backend.
struct Pages {
    cache: Memcached,
    backend: Backend,
    site: Site,
}

impl Pages {
    fn start(options: &str) -> Self {
        Self::configured(&config(options, r#"proxy "$BACKEND";"#))
    }

    fn configured(config: &str) -> Self {
        let (cache, backend) = (Memcached::start(), numbering());
        let site = builder().start(config, &[("CACHE", &cache), ("BACKEND", &backend)]);
        Self {
            cache,
            backend,
            site,
        }
    }

    /// The page of a path with this head.
    fn get(&self, path: &str, answer: &str) -> Response {
        self.site.request("GET", path, &[("X-Answer", answer)])
    }

    /// Waits until the page of a path is stored.
    fn await_item(&self, path: &str) {
        eventually("the page is stored", || self.has_page(path));
    }

    /// Whether there is a page of a path; notes of requests that make one are none.
    fn has_page(&self, path: &str) -> bool {
        let item = self.cache.get(&key(path));
        item.is_some_and(|item| !item.data.is_empty())
    }

    /// How long the item of a path lives, if there is one.
    fn ttl(&self, path: &str) -> Option<i64> {
        self.cache.ttl(&key(path))
    }
}

/// The key of a path of the site.
fn key(path: &str) -> String {
    format!("http://example.test{path}#accept-encoding=identity")
}

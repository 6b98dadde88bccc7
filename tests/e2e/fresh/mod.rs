//! Pages that are made once for all, and served while they are out of date.

mod classic;
mod down;
mod foreground;
mod leaving;
mod life;
mod lock;
mod origin;
mod panics;
mod purge;
mod refresh;
mod stalls;
mod stop;
mod stores;
mod uncacheable;
mod whole;

use std::fmt::Display;
use std::thread::ScopedJoinHandle;
use std::time::Instant;

use origin::Origin;
use testkit::{Memcached, Response, Site, SiteBuilder, eventually, eventually_some};

/// `memcached.cache` with these options around a block, and what it published.
fn config(options: &str, block: &str) -> String {
    let options = crate::options(&[PATIENT, options]);
    format!(
        r"
debug.log_request_handling true;
memcached.cache ({options}, {{
	{block}
}});
{PUBLISHED}"
    )
}

/// What lookups and stores published, as headers.
const PUBLISHED: &str = r#"
header.overwrite "X-Status" => "%{req.environment[MEMCACHED_STATUS]}";
header.overwrite "X-Store" => "%{req.environment[MEMCACHED_STORE]}";
"#;

/// Options for machines that are slow.
const PATIENT: &str = r#""timeout_ms" => 20000, "connect_timeout_ms" => 20000"#;

/// Options of pages that are soon out of date, and may be served for long after that.
const SOON: &str = r#""ttl" => 1, "stale_while_revalidate" => 60, "stale_if_error" => 60"#;

const PROXY: &str = r#"proxy "$ORIGIN";"#;

fn status(response: &Response) -> &str {
    response.header("X-Status").unwrap_or_default()
}

/// The number of a page.
fn number(response: &Response) -> usize {
    let text = response.text();
    let number = text.strip_prefix("page ").and_then(|it| it.parse().ok());
    number.unwrap_or_else(|| panic!("{response:?} is no page"))
}

fn store(response: &Response) -> &str {
    response.header("X-Store").unwrap_or_default()
}

fn builder() -> SiteBuilder {
    Site::builder().setup(r#"log [default => "stderr"];"#)
}

/// The key of a path of the site.
fn key(path: &str) -> String {
    format!("http://example.test{path}#accept-encoding=identity")
}

/// Servers that share a memcached and a backend.
struct Fleet {
    cache: Memcached,
    origin: Origin,
    sites: Vec<Site>,
}

impl Fleet {
    /// One server with one worker.
    fn one(options: &str) -> Self {
        Self::configured(&config(options, PROXY), 1, 1)
    }

    /// Two servers with two workers each.
    fn two(options: &str) -> Self {
        Self::configured(&config(options, PROXY), 2, 2)
    }

    fn configured(config: &str, count: usize, workers: u32) -> Self {
        let cache = Memcached::start();
        let addr = cache.to_string();
        Self::behind(&addr, cache, config, count, workers)
    }

    /// Servers that reach the memcached at this address.
    fn behind(
        addr: &dyn Display,
        cache: Memcached,
        config: &str,
        count: usize,
        workers: u32,
    ) -> Self {
        let origin = Origin::start();
        let names: [(&str, &dyn Display); 2] = [("CACHE", addr), ("ORIGIN", &origin)];
        let site = || builder().workers(workers).start(config, &names);
        let sites = (0..count).map(|_| site()).collect();
        Self {
            cache,
            origin,
            sites,
        }
    }

    /// The page of a path, from the first server.
    fn get(&self, path: &str) -> Response {
        self.sites[0].get(path)
    }

    /// Waits until the page of a path is stored.
    fn await_page(&self, path: &str) {
        let is_page = |data: &[u8]| data.starts_with(b"HTTP/");
        eventually(&format!("the page of {path} is stored"), || {
            let item = self.cache.get(&key(path));
            item.is_some_and(|item| is_page(&item.data))
        });
    }

    /// Makes the page of a path and waits until it is stored.
    fn fill(&self, path: &str) -> Response {
        let page = self.get(path);
        self.await_page(path);
        page
    }

    /// Asks the first server for a page until `MEMCACHED_STATUS` is this.
    fn await_status(&self, path: &str, wanted: &str) -> Response {
        eventually_some(&format!("{wanted} for {path}"), || {
            let page = self.get(path);
            (status(&page) == wanted).then_some(page)
        })
    }

    /// All servers end well.
    fn stop(self) -> String {
        self.sites.into_iter().map(Site::stop).collect()
    }
}

/// A response and when it was there.
struct Timed {
    response: Response,
    at: Instant,
}

/// Asks the servers for a page, so many clients at once, in turn; the responses
/// are there when `meanwhile` has run and all have ended.
fn crowd(fleet: &Fleet, path: &str, count: usize, meanwhile: impl FnOnce()) -> Vec<Timed> {
    std::thread::scope(|scope| {
        let ask = |n: usize| {
            let site = &fleet.sites[n % fleet.sites.len()];
            move || {
                let response = site.get(path);
                let at = Instant::now();
                Timed { response, at }
            }
        };
        let clients: Vec<_> = (0..count).map(|n| scope.spawn(ask(n))).collect();
        meanwhile();
        let ends = clients.into_iter().map(ScopedJoinHandle::join);
        ends.map(|end| end.expect("a response")).collect()
    })
}

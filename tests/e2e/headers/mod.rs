//! `headers => true`: whole responses.

mod cache_status;
mod conditions;
mod docs;
mod empty;
mod foreign;
mod freshness;
mod interop;
mod options;
mod reasons;
mod rules;
mod store;
mod together;
mod variants;

use std::io::Write;

use testkit::{Backend, Memcached, Response, Site, eventually_some};

/// A site that caches what a backend answers, with these options beside
/// `headers`.
struct Cached {
    site: Site,
    cache: Memcached,
    backend: Backend,
}

impl Cached {
    fn start(both: &str, backend: Backend) -> Self {
        Self::configured(&config(both, ""), backend)
    }

    fn configured(config: &str, backend: Backend) -> Self {
        let cache = Memcached::start();
        let site = Site::builder()
            .setup(r#"log [default => "stderr"];"#)
            .start(config, &[("CACHE", &cache), ("BACKEND", &backend)]);
        Self {
            site,
            cache,
            backend,
        }
    }

    /// The value of an item as text, once it is there.
    fn stored(&self, key: &str) -> String {
        let item = eventually_some(&format!("{key} is stored"), || self.cache.get(key));
        String::from_utf8_lossy(&item.data).into_owned()
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.site.request("GET", path, headers)
    }

    /// A GET that misses, and the same that hits once it is stored.
    fn miss_and_hit(&self, path: &str) -> (Response, Response) {
        let missed = self.get(path, &[]);
        assert_eq!(missed.cache(), "Miss", "{path}");
        self.stored(path);
        let hit = self.get(path, &[]);
        assert_eq!(hit.cache(), "Hit", "{path}");
        (missed, hit)
    }
}

/// Lookup, proxy and store; `before_store` stands after the proxy. The store
/// includes what a miss adds before it, so a hit overwrites that.
fn config(both: &str, before_store: &str) -> String {
    let options = crate::options(&[r#""headers" => true"#, both]);
    format!(
        r#"
debug.log_request_handling true;
memcached.lookup ({options}, {{
	header.overwrite "X-Memcached" => "Hit";
}}, {{
	header.add "X-Memcached" => "Miss";
	proxy "$BACKEND";
	{before_store}
	memcached.store {options};
}});
"#
    )
}

/// A backend that answers each path with the head that `answers` has for it,
/// whose lines are separated by `|`, and its body.
fn backend(answers: &[(&str, &str, &str)]) -> Backend {
    let answers: Vec<_> = answers
        .iter()
        .map(|(path, head, body)| {
            let head = head.replace('|', "\r\n");
            let length = body.len();
            let text = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n{body}");
            ((*path).to_owned(), text)
        })
        .collect();
    Backend::start(move |request, stream| {
        let found = answers.iter().find(|(path, _)| *path == request.target);
        let (_, text) = found.unwrap_or_else(|| panic!("no answer for {}", request.target));
        // The server may be gone before it has read all.
        drop(stream.write_all(text.as_bytes()));
    })
}

/// All values of a header.
fn values<'r>(response: &'r Response, name: &str) -> Vec<&'r str> {
    response
        .headers
        .iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
        .collect()
}

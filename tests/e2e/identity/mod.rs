//! Nobody gets another page: what one visitor sends must not become the answer to
//! what another asks for. Backends echo what they are asked, so that a page shows
//! whose it is.

mod between;
mod bypass;
mod cache;
mod cookies;
mod echo;
mod front;
mod guard;
mod hosts;
mod options;
mod plain;
mod recipes;
mod spelling;
mod vary;

use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::{Client, Memcached, Response, Site, eventually};

use echo::{Echo, Kind, Page};

/// The key of the sample.
const SAMPLE_KEY: &str = r#""key" => "%{req.scheme}://%{req.host}%{req.path}""#;

/// A request, whatever a client might send.
#[derive(Clone, Debug)]
struct Ask {
    target: String,
    host: String,
    headers: Vec<(String, String)>,
}

/// A GET of a target at the site's own host.
fn ask(target: &str) -> Ask {
    Ask {
        target: target.into(),
        host: "victim.test".into(),
        headers: Vec::new(),
    }
}

impl Ask {
    fn host(mut self, host: &str) -> Self {
        self.host = host.into();
        self
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// A site with a backend that echoes.
struct Echoing {
    site: Site,
    cache: Memcached,
    echo: Echo,
    settled: AtomicUsize,
}

impl Echoing {
    /// Lookup, backend and store with these options beside the sample's key.
    fn start(kind: Kind, both: &str) -> Self {
        let both = format!("{SAMPLE_KEY}, {both}");
        Self::configured(kind, &cached(&both, "$BACKEND"))
    }

    /// `$BACKEND` in the configuration is the action that asks the backend.
    fn configured(kind: Kind, config: &str) -> Self {
        Self::built(Site::builder(), kind, config)
    }

    fn built(builder: testkit::SiteBuilder, kind: Kind, config: &str) -> Self {
        let cache = Memcached::start();
        let echo = Echo::start(kind);
        let config = CONFIG.replace("$SITE", config);
        let site = builder
            .module("mod_rewrite")
            .module("mod_fastcgi")
            .setup(r#"log [default => "stderr"];"#)
            .start(&config, &[("CACHE", &cache), ("BACKEND", &echo)]);
        Self {
            site,
            cache,
            echo,
            settled: AtomicUsize::new(0),
        }
    }

    /// The response to a request, byte for byte as it is written here.
    fn send(&self, ask: &Ask) -> Response {
        let mut head = format!("GET {} HTTP/1.1\r\nHost: {}\r\n", ask.target, ask.host);
        for (name, value) in &ask.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        let mut client = Client::connect(self.site.addr);
        client.send(head.as_bytes());
        client
            .response("GET")
            .unwrap_or_else(|error| panic!("{ask:?}: {error}\n{}", self.site.log()))
    }

    /// A page that the backend made for this very request, now or before.
    fn own(&self, ask: &Ask) -> Response {
        let response = self.send(ask);
        let page = Page::parse(&response);
        let page = page.without_added(ask);
        assert_eq!(page, self.echo.expected(ask), "{ask:?}: {response:?}");
        response
    }

    /// Like [`own`](Self::own), and it came from the cache.
    fn hit(&self, ask: &Ask) {
        let response = self.own(ask);
        assert_eq!(status(&response), "hit", "{ask:?}\n{}", self.site.log());
    }

    /// What the first request leaves behind must not reach the second; which is
    /// cached all the same.
    fn expect_apart(&self, attacker: &Ask, victim: &Ask) {
        self.own(attacker);
        self.settle();
        self.own(victim);
        self.settle();
        self.hit(victim);
        self.own(attacker);
    }

    /// The first fills the item from which the second is answered, with a page
    /// that is the first one's.
    fn expect_shared(&self, first: &Ask, second: &Ask) {
        self.own(first);
        self.settle();
        let response = self.send(second);
        assert_eq!(response.cache(), "Hit", "{second:?}\n{}", self.site.log());
        assert_eq!(Page::parse(&response), self.echo.expected(first));
    }

    /// The request neither asks the cache nor stores, and says why.
    fn expect_bypass(&self, ask: &Ask, reason: &str) {
        for _ in 0..2 {
            let response = self.send(ask);
            assert_eq!(status(&response), format!("bypass: {reason}"), "{ask:?}");
            self.settle();
        }
    }

    /// Waits until all stores so far have been answered: a worker's stores keep
    /// their order.
    fn settle(&self) {
        let turn = self.settled.fetch_add(1, Ordering::Relaxed);
        let target = format!("/settled-{turn}");
        let response = self.send(&ask(&target).host("settle.test"));
        assert_eq!(response.text(), "settled");
        eventually("all is stored", || self.cache.get(&target).is_some());
    }

    /// Whether there is a page under this key; notes of requests that make one are
    /// none.
    fn has_item(&self, key: &str) -> bool {
        let plain = key.len() <= 250 && key.bytes().all(|byte| byte.is_ascii_graphic());
        let item = if plain {
            self.cache.get(key)
        } else {
            self.cache.get(&testkit::sha1_hex(key.as_bytes()))
        };
        item.is_some_and(|item| !item.data.is_empty())
    }

    #[track_caller]
    fn expect_item(&self, key: &str) {
        assert!(self.has_item(key), "{key}\n{}", self.site.log());
    }
}

/// The log has a warning with this word, however many requests gave cause for it:
/// once for the lookup, and once for the store if that makes a key itself.
#[track_caller]
fn expect_warning(log: &str, word: &str) {
    let warnings = log.lines().filter(|line| {
        let is_ours = line.contains("memcached") && line.contains(word);
        is_ours && (line.contains("(warning)") || line.contains("(error)"))
    });
    assert!(matches!(warnings.count(), 1 | 2), "{word}:\n{log}");
}

/// `MEMCACHED_STATUS` of a request.
fn status(response: &Response) -> &str {
    response.header("X-Status").unwrap_or_default()
}

/// A lookup with a handler and a store in its miss action, all with the same
/// options beside the server and `headers`.
fn cached(both: &str, handler: &str) -> String {
    let options = crate::options(&[r#""headers" => true, "status" => [200, 301, 404]"#, both]);
    format!(
        r#"
memcached.lookup ({options}, {{
	header.overwrite "X-Memcached" => "Hit";
}}, {{
	{handler}
	memcached.store {options};
	header.overwrite "X-Memcached" => "Miss";
}});
"#
    )
}

/// A site of its own beside the one under test tells when all is stored.
const CONFIG: &str = r#"
debug.log_request_handling true;
if req.host == "settle.test" {
	memcached.lookup (["server" => "$CACHE"], none, {
		respond 200 => "settled";
		memcached.store ["server" => "$CACHE"];
	});
} else {
	$SITE
	header.overwrite "X-Status" => "%{req.environment[MEMCACHED_STATUS]}";
}
"#;

//! Several memcacheds that are one cache.

mod failover;
mod flaps;
mod interop;
mod named;
pub(crate) mod names;
mod one_down;
mod places;
mod proxies;
mod recipes;

use std::fmt::Display;

use memcached_core::pool::{DEFAULT_SPEC, Hash, Pool, PoolServer, PoolSpec, ServerSpec};
use memcached_core::protocol::Key;
use testkit::{Memcached, Site, SiteBuilder};

/// Several memcacheds, and where keys are among them.
pub(super) struct Fleet {
    pub servers: Vec<Memcached>,
    pub pool: Pool<usize>,
    /// As the option `server` is given them.
    pub option: String,
}

impl Fleet {
    /// One for each weight.
    pub(super) fn start(hash: Hash, weights: &[u16]) -> Self {
        let servers: Vec<_> = weights.iter().map(|_| Memcached::start()).collect();
        let texts: Vec<_> = servers.iter().map(ToString::to_string).collect();
        Self {
            servers,
            ..Self::weighted(hash, &texts, weights)
        }
    }

    /// Whatever listens there.
    pub(super) fn of(hash: Hash, texts: &[String]) -> Self {
        Self::weighted(hash, texts, &vec![1; texts.len()])
    }

    /// Whatever listens there, by weights.
    pub(super) fn weighted(hash: Hash, texts: &[String], weights: &[u16]) -> Self {
        let is_equal = weights.iter().all(|&weight| weight == 1);
        let entries = texts.iter().zip(weights);
        let entries = entries.map(|(address, weight)| match weight {
            1 if is_equal => format!("\"{address}\""),
            weight => format!("\"{address}\" => {weight}"),
        });
        let option = format!("[{}]", entries.collect::<Vec<_>>().join(", "));
        let members = texts.iter().zip(weights).enumerate();
        let members = members.map(|(at, (text, weight))| PoolServer {
            server: ServerSpec {
                address: at,
                spec: DEFAULT_SPEC,
            },
            name: None,
            text: text.as_bytes().into(),
            weight: *weight,
        });
        let spec = PoolSpec::new(members.collect(), hash).expect("a pool");
        Self {
            servers: Vec::new(),
            pool: Pool::new(spec),
            option,
        }
    }

    /// The position of the server that a key is on.
    pub(super) fn home(&self, key: &str) -> usize {
        let key = Key::new(key.as_bytes()).expect("a key");
        self.pool.servers()[self.pool.route(&key)].address
    }

    /// Those that have an item of a key.
    pub(super) fn holders(&self, key: &str) -> Vec<usize> {
        let servers = self.servers.iter().enumerate();
        let holders = servers.filter(|(_, server)| server.get(key).is_some());
        holders.map(|(at, _)| at).collect()
    }

    /// The same without looking at one that is down.
    pub(super) fn holders_but(&self, down: usize, key: &str) -> Vec<usize> {
        let servers = self.servers.iter().enumerate();
        let holders = servers.filter(|(at, server)| *at != down && server.get(key).is_some());
        holders.map(|(at, _)| at).collect()
    }

    /// A site that looks every path up, and stores what it makes with these options more.
    pub(super) fn site(&self, more: &str) -> Site {
        self.site_of(Site::builder(), more)
    }

    /// The same with debug lines in the log.
    pub(super) fn site_logging(&self, more: &str) -> Site {
        self.site_of(Site::builder().setup(r#"log [default => "stderr"];"#), more)
    }

    fn site_of(&self, builder: SiteBuilder, more: &str) -> Site {
        let more = if more.is_empty() {
            String::new()
        } else {
            format!(", {more}")
        };
        let names: [(&str, &dyn Display); 2] = [("SERVERS", &self.option), ("MORE", &more)];
        builder.start(CONFIG, &names)
    }
}

/// Every path is looked up and stored; `PURGE` deletes.
const CONFIG: &str = r#"
debug.log_request_handling true;
both = ["server" => $SERVERS$MORE];
if req.method == "PURGE" {
	memcached.delete (["server" => $SERVERS, "key" => "%{req.path}", "guard" => false, "headers" => false$MORE]);
}
memcached.lookup (both, {
	header.add "X-Memcached" => "Hit";
}, {
	header.add "X-Memcached" => "Miss";
	respond 200 => "page of %{req.path}";
	memcached.store both;
});
"#;

/// So many paths that every one of a few servers has some of them.
pub(super) fn paths() -> impl Iterator<Item = String> {
    (0..60).map(|number| format!("/page/{number}"))
}

/// Enough for every server to have many.
pub(super) fn many_paths() -> impl Iterator<Item = String> {
    (0..300).map(|number| format!("/page/{number}"))
}

//! Proxies that choose servers themselves: beside the plugin, and in its place.

use std::fmt::Display;

use memcached_core::pool::Hash;
use testkit::{MemcachedProxy, Site, Twemproxy};

use super::{Fleet, many_paths, paths};

/// A twemproxy that has the servers of a fleet.
fn twemproxy(fleet: &Fleet, weights: &[u16], hash: &str, distribution: &str) -> Twemproxy {
    let servers = fleet.servers.iter().zip(weights);
    let servers: Vec<_> = servers
        .map(|(server, weight)| (server.to_string(), *weight))
        .collect();
    Twemproxy::start(&servers, hash, distribution)
}

/// A site whose only server is the proxy.
fn site_behind(proxy: &dyn Display, more: &str) -> Site {
    let server = format!("\"{proxy}\"");
    let more = if more.is_empty() {
        String::new()
    } else {
        format!(", {more}")
    };
    Site::start(super::CONFIG, &[("SERVERS", &server), ("MORE", &more)])
}

/// What one of two sites has stored the other one finds and purges. `check` looks at a page
/// that is stored.
fn have_one_cache(list: &Site, behind: &Site, check: impl Fn(&str)) {
    for (at, path) in many_paths().enumerate() {
        let (first, second) = if at % 2 == 0 {
            (list, behind)
        } else {
            (behind, list)
        };
        assert_eq!(first.get(&path).cache(), "Miss", "{path}");
        first.get_hit(&path);
        assert_eq!(second.get(&path).cache(), "Hit", "{path}");
        check(&path);
        assert_eq!(second.request("PURGE", &path, &[]).status, 204, "{path}");
        assert_eq!(first.get(&path).cache(), "Miss", "{path}");
    }
}

/// A site with the list and a site with the proxy have one cache.
#[test]
fn twemproxy_and_we() {
    for (hash, ours, theirs, weights) in [
        (
            Hash::Ketama,
            "ketama",
            ("md5", "ketama"),
            &[1, 1, 1, 1, 1][..],
        ),
        (Hash::Ketama, "ketama", ("md5", "ketama"), &[1, 3, 2]),
        (Hash::Modulo, "modulo", ("crc32", "modula"), &[1, 2, 1]),
    ] {
        let fleet = Fleet::start(hash, weights);
        let proxy = twemproxy(&fleet, weights, theirs.0, theirs.1);
        let list = fleet.site(&format!("\"hash\" => \"{ours}\""));
        let behind = site_behind(&proxy, "");
        have_one_cache(&list, &behind, |_| {});
        list.stop();
        behind.stop();
    }
}

/// memcached's own one, too, whose servers all weigh the same.
#[test]
fn the_proxy_of_memcached_and_we() {
    let fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let Some(proxy) = MemcachedProxy::start(&texts(&fleet)) else {
        return;
    };
    let (list, behind) = (fleet.site(""), site_behind(&proxy, ""));
    have_one_cache(&list, &behind, |path| {
        assert_eq!(fleet.holders(path), [fleet.home(path)], "{path}");
    });
    list.stop();
    behind.stop();
}

/// With all servers alive everything hits, and with one dead exactly its share misses,
/// however many ask at the same time.
#[test]
fn only_the_share_of_a_dead_server_misses_behind_twemproxy() {
    for clients in [1, 8, 64] {
        let weights = [1, 1, 1];
        let fleet = Fleet::start(Hash::Ketama, &weights);
        let proxy = twemproxy(&fleet, &weights, "md5", "ketama");
        only_its_share_misses(fleet, &proxy, clients);
    }
}

#[test]
fn only_the_share_of_a_dead_server_misses_behind_the_proxy_of_memcached() {
    for clients in [1, 8, 64] {
        let fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
        let Some(proxy) = MemcachedProxy::start(&texts(&fleet)) else {
            return;
        };
        only_its_share_misses(fleet, &proxy, clients);
    }
}

/// The addresses of a fleet.
fn texts(fleet: &Fleet) -> Vec<String> {
    fleet.servers.iter().map(ToString::to_string).collect()
}

fn only_its_share_misses(mut fleet: Fleet, proxy: &dyn Display, clients: usize) {
    let site = site_behind(proxy, "");
    for path in paths() {
        site.get(&path);
        site.get_hit(&path);
    }
    ask_for_all(&site, &fleet, clients, None);
    let dead = fleet.home("/page/0");
    fleet.servers[dead].kill();
    ask_for_all(&site, &fleet, clients, Some(dead));
    site.stop();
}

/// So many clients ask for all pages, of which those of a dead server are no hits.
fn ask_for_all(site: &Site, fleet: &Fleet, clients: usize, dead: Option<usize>) {
    let paths: Vec<_> = paths().collect();
    std::thread::scope(|scope| {
        for first in 0..clients {
            let paths = &paths;
            scope.spawn(move || {
                let mut client = site.connect();
                for at in 0..paths.len() {
                    // Not all ask for the same at the same time.
                    let path = &paths[(at + first) % paths.len()];
                    let is_dead = Some(fleet.home(path)) == dead;
                    let expected = if is_dead { "Miss" } else { "Hit" };
                    let response = client.get(path);
                    let when = format!("{clients} clients, {path}, dead: {dead:?}");
                    assert_eq!(response.cache(), expected, "{when}");
                }
            });
        }
    });
}

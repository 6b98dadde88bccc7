//! Proxies that choose servers themselves: beside the plugin, and in its place.

use memcached_core::pool::Hash;
use testkit::{Site, Twemproxy};

use super::{Fleet, paths};

/// A twemproxy that has the servers of a fleet.
fn twemproxy(fleet: &Fleet, weights: &[u16], hash: &str, distribution: &str) -> Twemproxy {
    let servers = fleet.servers.iter().zip(weights);
    let servers: Vec<_> = servers
        .map(|(server, weight)| (server.to_string(), *weight))
        .collect();
    Twemproxy::start(&servers, hash, distribution)
}

/// A site whose only server is the proxy.
fn site_behind(proxy: &Twemproxy, more: &str) -> Site {
    let server = format!("\"{proxy}\"");
    let more = if more.is_empty() {
        String::new()
    } else {
        format!(", {more}")
    };
    Site::start(super::CONFIG, &[("SERVERS", &server), ("MORE", &more)])
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
        for (at, path) in paths().enumerate() {
            let (first, second) = if at % 2 == 0 {
                (&list, &behind)
            } else {
                (&behind, &list)
            };
            assert_eq!(first.get(&path).cache(), "Miss", "{path}");
            first.get_hit(&path);
            assert_eq!(second.get(&path).cache(), "Hit", "{ours} {path}");
            assert_eq!(second.request("PURGE", &path, &[]).status, 204, "{path}");
            assert_eq!(first.get(&path).cache(), "Miss", "{path}");
        }
        list.stop();
        behind.stop();
    }
}

/// With one server dead exactly its share misses, however many ask at the same time.
#[test]
fn only_the_share_of_a_dead_server_misses_behind_twemproxy() {
    for clients in [1, 8, 64] {
        let weights = [1, 1, 1];
        let mut fleet = Fleet::start(Hash::Ketama, &weights);
        let proxy = twemproxy(&fleet, &weights, "md5", "ketama");
        let site = site_behind(&proxy, "");
        for path in paths() {
            site.get(&path);
            site.get_hit(&path);
        }
        let dead = fleet.home("/page/0");
        fleet.servers[dead].kill();
        std::thread::scope(|scope| {
            for _ in 0..clients {
                scope.spawn(|| {
                    let mut client = site.connect();
                    for path in paths() {
                        let expected = if fleet.home(&path) == dead {
                            "Miss"
                        } else {
                            "Hit"
                        };
                        let response = client.get(&path);
                        assert_eq!(response.cache(), expected, "{clients} clients, {path}");
                    }
                });
            }
        });
        site.stop();
    }
}

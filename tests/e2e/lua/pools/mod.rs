//! Scripts that use several memcacheds.

mod names;
mod proxies;
mod tls;

use std::collections::HashMap;
use std::fs;

use memcached_core::pool::Hash;
use memcached_core::protocol::Key;
use testkit::{Memcached, Site, SiteBuilder, eventually};

use super::{assert_quiet, lines, script};
use crate::pool::{Fleet, paths};

/// A site whose script says what it is asked to do with servers, which are what this
/// expression of Lua makes.
fn site(builder: SiteBuilder, servers: &str, finish: &Memcached) -> Site {
    let parts = ["begin.lua", "pools.lua", "end.lua"].map(script);
    let site = builder
        .module("mod_lua")
        .start("lua.handler \"$DIR/page.lua\";", &[]);
    let text = parts.join("\n").replace("$POOL", servers);
    let text = text.replace("$CACHE", &finish.to_string());
    fs::write(site.dir().join("page.lua"), text).expect("a file");
    site
}

/// The servers of a fleet as a list of Lua.
fn list(fleet: &Fleet) -> String {
    let servers = fleet.servers.iter();
    let servers: Vec<_> = servers.map(|server| format!("\"{server}\"")).collect();
    servers.join(", ")
}

/// What came of each key: the rest of its line.
fn told(site: &Site, what: &str) -> HashMap<String, String> {
    let lines = lines(site, &format!("/?{what}"));
    let pairs = lines.iter().map(|line| {
        let (key, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{line:?}"));
        (key.to_owned(), rest.trim_end().to_owned())
    });
    pairs.collect()
}

/// Each command goes to the server of its key, and several keys to each of theirs.
#[test]
fn keys_are_on_the_servers_that_others_find() {
    let weights = [1, 3, 2];
    for (hash, name) in [
        (Hash::Ketama, "ketama"),
        (Hash::Nginx, "nginx"),
        (Hash::Modulo, "modulo"),
    ] {
        for weights in [&[1, 1, 1][..], &weights] {
            let mut fleet = Fleet::start(hash, weights);
            let is_equal = weights.iter().all(|&weight| weight == 1);
            let servers = if is_equal {
                format!("{{{}}}", list(&fleet))
            } else {
                // The order of the table is not that of the list.
                fleet.servers.sort_by_key(ToString::to_string);
                let texts: Vec<_> = fleet.servers.iter().map(ToString::to_string).collect();
                let of_texts = Fleet::weighted(hash, &texts, weights);
                fleet.pool = of_texts.pool;
                let entries = fleet.servers.iter().zip(weights);
                let entries = entries.map(|(server, weight)| format!("[\"{server}\"] = {weight}"));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            };
            let servers = format!("memcached.new({servers}, {{ hash = \"{name}\" }})");
            let site = site(Site::builder(), &servers, &fleet.servers[0]);
            for (key, server) in told(&site, "server") {
                assert_eq!(
                    server,
                    fleet.servers[fleet.home(&key)].to_string(),
                    "{servers} {key}"
                );
            }
            assert!(told(&site, "set").values().all(|line| line == "1"));
            for key in paths() {
                assert_eq!(fleet.holders(&key), [fleet.home(&key)], "{servers} {key}");
            }
            for what in ["get", "gets", "several", "near"] {
                let mut told = told(&site, what);
                let missing = told.remove("missing");
                assert_eq!(missing.is_some(), what == "several");
                assert!(missing.is_none_or(|line| line == "4"));
                for (key, line) in told {
                    assert_eq!(line, format!("1 of {key}"), "{what}");
                }
            }
            assert!(told(&site, "touch=2000").values().all(|line| line == "1"));
            let (mut ttls, homes) = (Vec::new(), paths().map(|key| (fleet.home(&key), key)));
            ttls.extend(homes.map(|(home, key)| fleet.servers[home].ttl(&key)));
            assert!(
                ttls.iter().all(|ttl| ttl.is_some_and(|ttl| ttl > 1900)),
                "{ttls:?}"
            );
            assert!(told(&site, "delete").values().all(|line| line == "1"));
            assert!(told(&site, "delete").values().all(|line| line == "4"));
            assert_quiet(&site.stop());
        }
    }
}

/// The first form, and a pool that the configuration names.
#[test]
fn addresses_and_the_name_of_a_pool_mean_the_same_servers() {
    let fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let setup = format!(
        "memcached.pool \"pages\" => [\"server\" => {}, \"timeout_ms\" => 700];",
        fleet.option
    );
    for servers in [
        format!("memcached.new({})", list(&fleet)),
        "memcached.pool(\"pages\")".into(),
    ] {
        let site = site(Site::builder().setup(&setup), &servers, &fleet.servers[0]);
        assert!(told(&site, "set").values().all(|line| line == "1"));
        for (key, line) in told(&site, "several") {
            let expected = if key == "missing" {
                "4".into()
            } else {
                format!("1 of {key}")
            };
            assert_eq!(line, expected, "{servers}");
        }
        for key in paths() {
            assert_eq!(fleet.holders(&key), [fleet.home(&key)], "{servers} {key}");
        }
        assert!(told(&site, "deleteq").values().all(|line| line == "1"));
        eventually("all are gone", || {
            paths().all(|key| fleet.holders(&key).is_empty())
        });
        assert_quiet(&site.stop());
    }
}

/// Its keys are errors, at once; the others do not notice.
#[test]
fn a_server_that_is_down_has_errors_for_its_own_keys_alone() {
    let mut fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let finish = Memcached::start();
    let servers = format!("memcached.new({})", list(&fleet));
    let site = site(Site::builder(), &servers, &finish);
    told(&site, "set");
    let dead = fleet.home("/page/0");
    fleet.servers[dead].kill();
    for what in ["several", "get", "several"] {
        for (key, line) in told(&site, what) {
            if key != "missing" && fleet.home(&key) == dead {
                assert!(line.starts_with("5 "), "{what} {key}: {line}");
                assert!(!line.contains("of /page"), "{what} {key}: {line}");
            } else if key != "missing" {
                assert_eq!(line, format!("1 of {key}"), "{what}");
            }
        }
    }
    for (key, server) in told(&site, "server") {
        // It stays where it is.
        assert_eq!(server, fleet.servers[fleet.home(&key)].to_string(), "{key}");
    }
    fleet.servers[dead].restart();
    eventually("it is asked again", || {
        told(&site, "set").values().all(|line| line == "1")
    });
    for key in paths() {
        assert_eq!(fleet.holders(&key), [fleet.home(&key)], "{key}");
    }
    site.stop();
}

/// The server that stands in for that of a key.
fn stand_in(fleet: &Fleet, key: &str) -> usize {
    let home = fleet.home(key);
    let key = Key::new(key.as_bytes()).expect("a key");
    fleet.pool.route_to(&key, |at| at != home)
}

#[test]
fn with_failover_the_next_server_has_the_keys_for_a_short_time() {
    let mut fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let finish = Memcached::start();
    let servers = format!(
        "memcached.new({{{}}}, {{ failover = \"next\", failover_ttl = 3 }})",
        list(&fleet)
    );
    let site = site(Site::builder(), &servers, &finish);
    told(&site, "set");
    let dead = fleet.home("/page/0");
    fleet.servers[dead].kill();
    eventually("another server stands in", || {
        told(&site, "set").values().all(|line| line == "1")
    });
    for (key, text) in told(&site, "server") {
        let (home, other) = (fleet.home(&key), stand_in(&fleet, &key));
        let (home_text, other_text) = (&fleet.servers[home], &fleet.servers[other]);
        if home == dead {
            assert_eq!(text, format!("{home_text} {other_text}"), "{key}");
            let ttl = fleet.servers[other].ttl(&key);
            assert!(
                ttl.is_none_or(|ttl| (0..=3).contains(&ttl)),
                "{key}: {ttl:?}"
            );
        } else {
            assert_eq!(text, home_text.to_string(), "{key}");
            let ttl = fleet.servers[home].ttl(&key);
            assert!(ttl.is_some_and(|ttl| ttl > 250), "{key}: {ttl:?}");
        }
    }
    // For ever is too long too.
    for what in ["set=0", "touch=100000000"] {
        told(&site, what);
        for key in paths().filter(|key| fleet.home(key) == dead) {
            let ttl = fleet.servers[stand_in(&fleet, &key)].ttl(&key);
            assert!(
                ttl.is_none_or(|ttl| (0..=3).contains(&ttl)),
                "{what} {key}: {ttl:?}"
            );
        }
    }
    // What cannot be asked may still have it.
    for what in ["delete", "invalidate"] {
        told(&site, "set");
        for (key, line) in told(&site, what) {
            let is_dead = fleet.home(&key) == dead;
            assert_eq!(line.starts_with("5 "), is_dead, "{what} {key}: {line}");
            assert!(is_dead || line == "1", "{what} {key}: {line}");
        }
    }
    told(&site, "delete");
    for key in paths() {
        assert!(fleet.holders_but(dead, &key).is_empty(), "{key}");
    }
    fleet.servers[dead].restart();
    eventually("its keys are there again", || {
        told(&site, "set");
        paths().all(|key| fleet.servers[fleet.home(&key)].get(&key).is_some())
    });
    // Both are asked, and one had it.
    let other = |key: &str| &fleet.servers[stand_in(&fleet, key)];
    for (what, is_quiet) in [("delete", false), ("deleteq", true)] {
        told(&site, "set");
        for key in paths() {
            fleet.servers[fleet.home(&key)].delete(&key);
            other(&key).set(&key, 0, b"old");
        }
        assert!(told(&site, what).values().all(|line| line == "1"), "{what}");
        eventually("no server has it", || {
            paths().all(|key| fleet.holders(&key).is_empty())
        });
        let again = if is_quiet { "1" } else { "4" };
        assert!(
            told(&site, what).values().all(|line| line == again),
            "{what}"
        );
    }
    site.stop();
}

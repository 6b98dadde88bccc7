//! Scripts that use several memcacheds.

use std::collections::HashMap;
use std::fs;

use memcached_core::pool::Hash;
use memcached_core::protocol::Key;
use testkit::{Faulty, FaultyRequest, Memcached, Peer, Site, SiteBuilder, Twemproxy, eventually};

use super::{assert_quiet, lines, script};
use crate::pool::{Fleet, names, paths};

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

/// A proxy says for each key of a dead server that it cannot be had, wherever that key
/// stands among the others, and goes on to the end or not.
#[test]
fn an_item_that_is_there_is_never_not_found_behind_a_proxy() {
    let proxy = Faulty::start();
    let finish = Memcached::start();
    let site = site(
        Site::builder(),
        &format!("memcached.new(\"{proxy}\")"),
        &finish,
    );
    for (dead, goes_on) in [
        (0, true),
        (0, false),
        (30, true),
        (30, false),
        (60, true),
        (60, false),
    ] {
        proxy.behave(move |peer| {
            while let Some(request) = peer.request() {
                answer_as_proxy(peer, dead, goes_on, &request);
            }
        });
        for what in ["several", "several", "get", "gets", "several"] {
            for (key, line) in told(&site, what) {
                let expected = if is_dead(dead, &key) {
                    "5  backend failure".to_owned()
                } else if key == "missing" {
                    "4".into()
                } else {
                    format!("1 of {key}")
                };
                assert_eq!(
                    line, expected,
                    "{what} {key}, dead from {dead}, goes on: {goes_on}"
                );
            }
        }
    }
    site.stop();
}

fn is_dead(dead: usize, key: &str) -> bool {
    let number = key.strip_prefix("/page/").map(str::parse::<usize>);
    // The last one is that which is missing.
    let number = number.map_or(60, |number| number.expect("a number"));
    number % 61 == dead || number % 7 == 3
}

fn answer_as_proxy(peer: &mut Peer, dead: usize, goes_on: bool, request: &FaultyRequest) {
    let mut reply = Vec::new();
    let version = if request.verb == "gets" { " 7" } else { "" };
    for key in request.keys() {
        if is_dead(dead, key) {
            reply.extend_from_slice(b"SERVER_ERROR backend failure\r\n");
            if !goes_on || request.more.is_empty() {
                return peer.send(&reply);
            }
        } else if key != "missing" {
            let data = format!("of {key}");
            let len = data.len();
            reply.extend(format!("VALUE {key} 0 {len}{version}\r\n{data}\r\n").into_bytes());
        }
    }
    reply.extend_from_slice(b"END\r\n");
    peer.send(&reply);
}

/// The same with a real one: what is on servers that work is found, singly and together.
#[test]
fn only_the_share_of_a_dead_server_fails_behind_twemproxy() {
    let mut fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let finish = Memcached::start();
    let servers: Vec<_> = fleet
        .servers
        .iter()
        .map(|server| (server.to_string(), 1))
        .collect();
    let proxy = Twemproxy::start(&servers, "md5", "ketama");
    let site = site(
        Site::builder(),
        &format!("memcached.new(\"{proxy}\")"),
        &finish,
    );
    assert!(told(&site, "set").values().all(|line| line == "1"));
    let dead = fleet.home("/page/0");
    fleet.servers[dead].kill();
    for what in ["several", "get", "gets", "several", "several"] {
        for (key, line) in told(&site, what) {
            if key == "missing" {
                continue;
            }
            if fleet.home(&key) == dead {
                assert!(line.starts_with("5 "), "{what} {key}: {line}");
            } else {
                assert_eq!(line, format!("1 of {key}"), "{what}");
            }
        }
    }
    site.stop();
}

/// Names are looked up without holding up the worker, and the first request waits for that.
#[test]
fn servers_of_scripts_can_have_names() {
    let fleet = Fleet::start(Hash::Ketama, &[1, 1]);
    let finish = Memcached::start();
    let port = |at: usize| fleet.servers[at].addr().port();
    let named = |first: &str, second: &str| {
        let (one, two) = (port(0), port(1));
        format!("memcached.new(\"{first}:{one}\", \"{second}:{two}\")")
    };
    let folder = tempfile::tempdir().expect("a folder");
    let known = "one.example 127.0.0.1\ntwo.example 127.0.0.1\nslow.example 127.0.0.1\n";
    let builder = || names::builder(folder.path(), known);
    let quick = site(builder(), &named("one.example", "two.example"), &finish);
    assert!(told(&quick, "set").values().all(|line| line == "1"));
    for (key, line) in told(&quick, "several") {
        let expected = if key == "missing" {
            "4".into()
        } else {
            format!("1 of {key}")
        };
        assert_eq!(line, expected);
        assert_eq!(fleet.holders(&key).len(), usize::from(key != "missing"));
    }
    assert_quiet(&quick.stop());
    let slow = site(builder(), &named("one.example", "slow.example"), &finish);
    let seen = told(&slow, "get");
    // It takes longer than a connection may.
    assert!(seen.values().any(|line| line.starts_with("5 ")), "{seen:?}");
    eventually("the name is known", || {
        told(&slow, "set").values().all(|line| line == "1")
    });
    slow.stop();
    let unknown = site(builder(), &named("one.example", "late.example"), &finish);
    let seen = told(&unknown, "set");
    assert!(seen.values().any(|line| line == "1"), "{seen:?}");
    assert!(seen.values().any(|line| line.starts_with("5 ")), "{seen:?}");
    let late = format!("memcached late.example:{}: ", port(1));
    unknown.await_log(&format!("{late}its name could not be looked up yet"));
    let both = format!("{known}late.example 127.0.0.1\n");
    fs::write(folder.path().join("names"), both).expect("a file");
    eventually("the name is known", || {
        told(&unknown, "set").values().all(|line| line == "1")
    });
    unknown.stop();
}

/// A name that the configuration has is the same server: what a script changes is not near.
#[test]
fn a_name_of_the_configuration_is_the_same_server() {
    let cache = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let builder = names::builder(folder.path(), "one.example 127.0.0.1\n");
    let named = format!("one.example:{}", cache.addr().port());
    let text = format!(
        "local con = memcached.new(\"{named}\")\nactions = function(vr)\n\
         req = req or con:set(\"/page\", \"new\", vr)\n\
         if not req.response.code then return lighty.HANDLER_WAIT_FOR_EVENT end\n\
         if vr:handle_direct() then vr.resp.status = 200; vr.out:add(\"done\") end\n\
         return lighty.HANDLER_GO_ON\nend\n"
    );
    let script = folder.path().join("set.lua");
    fs::write(&script, text).expect("a file");
    let config = format!(
        "if req.path == \"/set\" {{\n\tlua.handler \"{}\";\n}} else {{\n\tmemcached.lookup \
         [\"server\" => \"{named}\", \"near_ms\" => 100000];\n}}\nrespond 404 => \"none\";",
        script.display()
    );
    let site = builder.module("mod_lua").start(&config, &[]);
    for _ in 0..3 {
        cache.set("/page", 0, b"old");
        eventually("it is found", || {
            site.get("/page").text() == "old" || {
                // What is near is from before; let a script change it.
                site.get("/set");
                cache.set("/page", 0, b"old");
                false
            }
        });
        assert_eq!(site.get("/set").text(), "done");
        assert_eq!(site.get("/page").text(), "new");
    }
    site.stop();
}

//! Scripts that name servers by host names.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use memcached_core::pool::Hash;
use testkit::{Memcached, eventually, panicking_library};

use super::{assert_quiet, site, told};
use crate::pool::{Fleet, names};

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

/// What the names of a folder were asked for: each when it was, and when it was answered.
fn asked(folder: &Path) -> Vec<String> {
    let asked = fs::read_to_string(folder.join("names.asked")).unwrap_or_default();
    asked.lines().map(ToOwned::to_owned).collect()
}

/// A name whose lookup does not end is looked up once, however many wait for it, and those who
/// have given up leave nothing behind.
#[test]
fn a_lookup_that_does_not_end() {
    let (fleet, finish) = (Fleet::start(Hash::Ketama, &[1, 1]), Memcached::start());
    let folder = tempfile::tempdir().expect("a folder");
    let known = "one.example 127.0.0.1\nhangs.example 127.0.0.1\n";
    let port = |at: usize| fleet.servers[at].addr().port();
    let (one, two) = (port(0), port(1));
    // Each name of a server in the ring makes other servers of a script, at the same places.
    let servers = format!(
        "memcached.new({{\"a=one.example:{one}\", \"n\" .. math.random(40) .. \
         \"=hangs.example:{two}\"}}, {{}})"
    );
    let builder = names::builder(folder.path(), known).workers(2);
    let site = site(builder, &servers, &finish);
    let mut open = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(6) {
        let seen = told(&site, "get");
        assert!(seen.values().any(|line| line.starts_with("5 ")), "{seen:?}");
        open.push(site.descriptors());
    }
    let (first, last) = (&open[..open.len() / 4], open[open.len() - 1]);
    let most = first.iter().max().expect("some");
    // Two workers, each of which may be waiting right now.
    assert!(last <= most + 2, "{open:?}");
    let hangs = asked(folder.path())
        .iter()
        .filter(|name| *name == "hangs.example")
        .count();
    assert_eq!(hangs, 1, "lookups of one name");
    fs::write(folder.path().join("names.go"), "").expect("a file");
    eventually("the name is known", || {
        told(&site, "set").values().all(|line| line == "1")
    });
    site.stop();
}

/// If looking a name up panics, it counts as unknown.
#[test]
fn a_lookup_that_panics() {
    let (fleet, finish) = (Fleet::start(Hash::Ketama, &[1, 1]), Memcached::start());
    let folder = tempfile::tempdir().expect("a folder");
    let port = |at: usize| fleet.servers[at].addr().port();
    let servers = format!(
        "memcached.new(\"127.0.0.1:{}\", \"one.example:{}\")",
        port(0),
        port(1)
    );
    let builder = names::builder(folder.path(), "one.example 127.0.0.1\n")
        .plugin(&panicking_library())
        .environment("MOD_MEMCACHED_PANIC_AT", "name-lookup");
    let site = site(builder, &servers, &finish);
    let seen = told(&site, "set");
    assert!(seen.values().any(|line| line == "1"), "{seen:?}");
    let name = format!("memcached one.example:{}: ", port(1));
    site.await_log(&format!("{name}its name could not be looked up yet"));
    let log = site.stop();
    assert!(log.contains("deliberate panic at name-lookup"), "{log}");
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

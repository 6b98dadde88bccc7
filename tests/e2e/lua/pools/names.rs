//! Scripts that name servers by host names.

use std::fs;

use memcached_core::pool::Hash;
use testkit::{Memcached, eventually};

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

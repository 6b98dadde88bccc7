//! Scripts whose server is a proxy.

use std::fmt::Display;

use memcached_core::pool::Hash;
use testkit::{Faulty, FaultyRequest, Memcached, MemcachedProxy, Peer, Site, Twemproxy};

use super::{site, told};
use crate::pool::Fleet;

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

/// The same with real ones: what is on servers that work is found, singly and together.
#[test]
fn only_the_share_of_a_dead_server_fails_behind_twemproxy() {
    let fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let servers = fleet.servers.iter();
    let servers: Vec<_> = servers.map(|server| (server.to_string(), 1)).collect();
    let proxy = Twemproxy::start(&servers, "md5", "ketama");
    only_its_share_fails(fleet, &proxy);
}

#[test]
fn only_the_share_of_a_dead_server_fails_behind_the_proxy_of_memcached() {
    let fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let servers: Vec<_> = fleet.servers.iter().map(ToString::to_string).collect();
    if let Some(proxy) = MemcachedProxy::start(&servers) {
        only_its_share_fails(fleet, &proxy);
    }
}

fn only_its_share_fails(mut fleet: Fleet, proxy: &dyn Display) {
    let finish = Memcached::start();
    let site = site(
        Site::builder(),
        &format!("memcached.new(\"{proxy}\")"),
        &finish,
    );
    assert!(told(&site, "set").values().all(|line| line == "1"));
    for what in ["several", "get", "gets"] {
        for (key, line) in told(&site, what) {
            let expected = if key == "missing" {
                "4".into()
            } else {
                format!("1 of {key}")
            };
            assert_eq!(line, expected, "{what}");
        }
    }
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

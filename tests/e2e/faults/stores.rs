//! Stores whose connection ends, and stores that nobody takes.

use testkit::{Peer, eventually, random_bytes};

use super::bench::{Bench, Expect, Times};

/// The response is the same, and later stores are carried out.
#[test]
fn connections_that_end_at_every_byte_of_a_stores_reply() {
    let mut bench = Bench::start(Times::PATIENT);
    let reply = b"STORED\r\n";
    for reset in [false, true] {
        for at in 0..=reply.len() {
            let name = format!("reset {reset} at {at}");
            bench.cache.behave(move |peer: &mut Peer| {
                while let Some(request) = peer.request() {
                    if request.verb == "set" && request.key.starts_with("/page/bad") {
                        peer.send(&reply[..at]);
                        if reset {
                            peer.reset();
                        }
                        return;
                    }
                    peer.answer(&request);
                }
            });
            bench.ask(&name, &format!("/page/bad{at}{reset}"), Expect::Miss);
            eventually("the store", || {
                bench.cache.requests().iter().any(|it| it.verb == "set")
            });
            bench.await_hit(&name, &format!("/page/good{at}{reset}"), b"page");
        }
    }
    bench.finish();
}

/// What waits for a server that reads nothing is bounded, and the log tells
/// that stores are dropped.
#[test]
fn stores_past_the_bound_are_dropped() {
    let mut bench = Bench::start(Times::PATIENT);
    bench.cache.behave(|peer: &mut Peer| {
        while let Some(line) = peer.line() {
            if line.starts_with("set") {
                peer.ignore();
                return;
            }
            peer.send(b"END\r\n");
        }
    });
    let body = random_bytes(5, 1_000_000);
    // The first ones, so that all that is needed once is there.
    for number in 0..12 {
        bench.ask_file("unread", &format!("/file/{number}"), &body);
    }
    let before = bench.site.resident_kib();
    for number in 12..100 {
        bench.ask_file("unread", &format!("/file/{number}"), &body);
    }
    let after = bench.site.resident_kib();
    assert!(after < before + 24 * 1024, "{before} KiB, then {after} KiB");
    bench.site.await_log("stores are dropped");
    let log = bench.site.log();
    let lines = log.matches("stores are dropped").count();
    assert!(lines < 60, "one a second at most: {log}");
    bench.finish();
}

/// `SERVER_ERROR` is no fault of the connection, but whoever runs the server
/// wants to know.
#[test]
fn what_memcached_complains_about_is_in_the_log() {
    let mut bench = Bench::start(Times::PATIENT);
    bench.case("get", "/k", Expect::Miss, |peer| {
        while peer.request().is_some() {
            peer.send(b"SERVER_ERROR out of memory writing get response\r\n");
        }
    });
    bench
        .site
        .await_log("not looked up: out of memory writing get response");
    bench.finish();

    let mut bench = Bench::start(Times::PATIENT);
    bench.case("set", "/page/k", Expect::Miss, |peer| {
        while let Some(request) = peer.request() {
            if request.verb == "set" {
                peer.send(b"SERVER_ERROR object too large for cache\r\n");
            } else {
                peer.answer(&request);
            }
        }
    });
    bench
        .site
        .await_log("not stored: object too large for cache");
    bench.finish();
}

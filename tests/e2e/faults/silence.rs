//! Memcached says nothing, or says it so slowly that it might as well not.

use std::time::Duration;

use testkit::{Faulty, Peer, Site, eventually, value_reply};

use super::bench::{Bench, Expect, Times};

#[test]
fn silence_at_every_byte_of_a_reply() {
    let mut bench = Bench::start(Times::HASTY);
    let reply = value_reply("/k", b"value");
    for at in 0..reply.len() {
        let part = reply[..at].to_vec();
        let name = format!("silence after {at} bytes");
        let how = move |peer: &mut Peer| {
            if peer.request().is_some() {
                peer.send(&part);
                peer.hang();
            }
        };
        if at + b"END\r\n".len() < reply.len() {
            bench.case(&name, "/k", Expect::Miss, how);
        } else {
            // A value that has come whole is given out without its end.
            bench.cache.behave(how);
            bench.await_hit(&name, "/k", b"value");
        }
    }
    bench.finish();
}

#[test]
fn a_dripping_reply_is_not_waited_for() {
    let mut bench = Bench::start(Times::HASTY);
    let reply = value_reply("/k", &[b'x'; 2000]);
    for part in [1, 10] {
        let reply = reply.clone();
        bench.case("drip", "/k", Expect::Miss, move |peer| {
            if peer.request().is_some() {
                peer.drip(&reply, part, Duration::from_millis(2));
            }
        });
    }
    bench.finish();
}

/// A length that never comes costs no memory and no time but the time-out.
#[test]
fn a_huge_length_and_little_data() {
    let mut bench = Bench::start(Times::HASTY);
    let before = bench.site.resident_kib();
    for _ in 0..20 {
        bench.case("1 GiB", "/k", Expect::Miss, |peer| {
            if peer.request().is_some() {
                peer.send(b"VALUE /k 0 1073741824\r\nand no more");
                peer.hang();
            }
        });
    }
    let after = bench.site.resident_kib();
    assert!(after < before + 64 * 1024, "{before} KiB, then {after} KiB");
    bench.finish();
}

/// Nobody reads what is stored; the responses do not wait for it.
#[test]
fn stores_that_nobody_reads() {
    let mut bench = Bench::start(Times::HASTY);
    bench.cache.behave(|peer| {
        // Lookups are answered, a connection with a store on it is not read.
        while let Some(line) = peer.line() {
            if line.starts_with("set") {
                peer.ignore();
                return;
            }
            peer.send(b"END\r\n");
        }
    });
    for number in 0..100 {
        bench.ask("unread", &format!("/page/{number}"), Expect::Miss);
    }
    bench.finish();
}

/// What takes connections and says nothing, such as a memcached that speaks the binary
/// protocol alone, is told of though it was only asked what it understands.
#[test]
fn silence_to_the_first_question_is_logged() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = silent.local_addr().expect("an address");
    let config = r#"memcached.cache (["server" => "$CACHE", "timeout_ms" => 50], { respond 200 => "page"; });"#;
    let site = Site::start(config, &[("CACHE", &addr)]);
    assert_eq!(site.get("/").text(), "page");
    site.await_log(&format!("memcached {addr}: no answer within 50 ms"));
    site.stop();
}

/// What answers in time, but late, makes every request wait; nothing fails, so a line has to
/// tell of it.
#[test]
fn answers_that_are_mostly_late_are_logged() {
    const SLOW: Duration = Duration::from_millis(600);
    let cache = Faulty::start();
    cache.behave(|peer| {
        while let Some(request) = peer.request() {
            std::thread::sleep(SLOW);
            peer.answer(&request);
        }
    });
    let config = r#"
memcached.lookup (["server" => "$CACHE", "timeout_ms" => 1000], none, { respond 200 => "page"; });
"#;
    let site = Site::start(config, &[("CACHE", &cache)]);
    let line = "answers took more than half of \"timeout_ms\" => 1000, and requests wait for them";
    eventually("it is told", || {
        assert_eq!(site.get("/").text(), "page");
        site.log().contains(line)
    });
    let log = site.stop();
    let told = format!("memcached {cache}: 100 % of the last 10 {line}");
    assert!(log.contains(&told), "{log}");
    assert!(!log.contains("no answer"), "{log}");
}

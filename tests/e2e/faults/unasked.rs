//! Bytes that come too early, too late or without a request.

use std::time::Duration;

use testkit::{Peer, eventually, random_bytes, value_reply};

use super::bench::{Bench, Times};

#[test]
fn greetings_and_afterthoughts_end_the_connection() {
    let mut bench = Bench::start(Times::HASTY);
    bench.cache.set("/k", b"found");
    let unasked: [&'static [u8]; 5] = [
        b"ERROR Too many open connections\r\n",
        b"END\r\n",
        b"VALUE /j 0 2\r\nno\r\nEND\r\n",
        b"\r\n",
        b"\0",
    ];
    for bytes in unasked {
        let name = bytes.escape_ascii().to_string();
        // Before any request, on the first connection alone.
        bench.cache.behave(move |peer: &mut Peer| {
            if peer.number == 0 {
                peer.send(bytes);
                peer.hang();
            } else {
                peer.serve();
            }
        });
        bench.ask_either(&name, "/k", b"found");
        bench.await_hit(&name, "/k", b"found");
        // After a reply, in the same packet: a later request never sees it.
        bench.cache.behave(move |peer: &mut Peer| {
            while let Some(request) = peer.request() {
                if request.key == "/late" {
                    let mut reply = value_reply("/late", b"late");
                    reply.extend_from_slice(bytes);
                    peer.send(&reply);
                } else {
                    peer.answer(&request);
                }
            }
        });
        eventually("the reply before it is good", || {
            bench.site.get("/late").cache() == "Hit"
        });
        bench.await_hit(&name, "/k", b"found");
        eventually("another connection", || bench.cache.connections() >= 2);
    }
    bench.finish();
}

/// A reply that comes about when the time is over reaches its own request or
/// nobody.
#[test]
fn late_replies_reach_nobody_else() {
    let mut bench = Bench::start(Times::HASTY);
    bench.cache.set("/k", b"right");
    bench.cache.behave(|peer| {
        while let Some(request) = peer.request() {
            if request.key == "/late" {
                let time = Times::HASTY.answer - 10 + 10 * (peer.number as u64 % 4);
                std::thread::sleep(Duration::from_millis(time));
                peer.send(&value_reply("/late", b"late"));
                peer.send(&value_reply("/later", b"later"));
            } else {
                peer.answer(&request);
            }
        }
    });
    for _ in 0..12 {
        bench.ask_either("late", "/late", b"late");
        bench.await_hit("after it", "/k", b"right");
    }
    bench.finish();
}

/// A reply to a store whose value has not been read: `SERVER_ERROR` is an
/// answer, for the rest of the value still goes out; another is a breach.
#[test]
fn replies_before_a_value_is_sent() {
    let mut bench = Bench::start(Times::PATIENT);
    let body = random_bytes(3, 4_000_000);
    let replies: [(&'static [u8], bool); 4] = [
        (b"SERVER_ERROR object too large for cache\r\n", true),
        (b"STORED\r\n", false),
        (b"CLIENT_ERROR bad data chunk\r\n", false),
        (b"ERROR\r\n", false),
    ];
    for (at, (reply, keeps)) in replies.into_iter().enumerate() {
        let name = reply.escape_ascii().to_string();
        bench.cache.behave(move |peer: &mut Peer| {
            while let Some(line) = peer.line() {
                let mut words = line.split(' ');
                if words.next() == Some("get") {
                    peer.send(b"END\r\n");
                    continue;
                }
                let len: u64 = words.nth(3).expect("a length").parse().expect("a number");
                peer.send(reply);
                if !peer.skip(len + 2) {
                    return;
                }
            }
        });
        bench.ask_file(&name, &format!("/file/{at}"), &body);
        bench.ask_file(&name, &format!("/file/{at}b"), &body);
        // One for the lookups, and those for the stores.
        eventually("both stores are over", || {
            let connections = bench.cache.connections();
            if keeps {
                connections == 2
            } else {
                connections >= 2
            }
        });
    }
    bench.finish();
}

//! Replies in parts, and connections that end within them: at every byte.

use std::time::Duration;

use testkit::value_reply;

use super::bench::{Bench, Expect, Times};

/// Between two parts, so that they arrive as two.
const PAUSE: Duration = Duration::from_millis(2);

fn good_replies() -> Vec<(Vec<u8>, Expect<'static>)> {
    let value: &[u8] = b"a\r\nEND\r\n";
    vec![
        (value_reply("/k", value), Expect::Hit(value)),
        (value_reply("/k", b""), Expect::Hit(b"")),
        (b"END\r\n".to_vec(), Expect::Miss),
        (b"SERVER_ERROR busy\r\n".to_vec(), Expect::Miss),
        (b"CLIENT_ERROR no\r\n".to_vec(), Expect::Miss),
    ]
}

#[test]
fn replies_split_at_every_byte() {
    let mut bench = Bench::start(Times::PATIENT);
    for (reply, expect) in good_replies() {
        for at in 1..reply.len() {
            let reply = reply.clone();
            let name = format!("split at {at}");
            bench.case(&name, "/k", expect, move |peer| {
                while peer.request().is_some() {
                    peer.send(&reply[..at]);
                    std::thread::sleep(PAUSE);
                    peer.send(&reply[at..]);
                }
            });
        }
        bench.case("single bytes", "/k", expect, move |peer| {
            while peer.request().is_some() {
                peer.drip(&reply, 1, PAUSE);
            }
        });
    }
    bench.finish();
}

/// A value of many tiny parts costs time and memory for its bytes, not more.
#[test]
fn a_large_value_in_single_bytes() {
    let mut bench = Bench::start(Times::PATIENT);
    let value = vec![b'v'; 200_000];
    let reply = value_reply("/k", &value);
    let before = bench.site.resident_kib();
    bench.case("tiny parts", "/k", Expect::Hit(&value), move |peer| {
        while peer.request().is_some() {
            peer.drip(&reply, 1, Duration::ZERO);
        }
    });
    let after = bench.site.resident_kib();
    assert!(after < before + 64 * 1024, "{before} KiB, then {after} KiB");
    bench.finish();
}

/// How a connection ends in the middle of a reply.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Close,
    Reset,
}

#[test]
fn connections_that_end_at_every_byte() {
    let mut bench = Bench::start(Times::PATIENT);
    for ending in [Ending::Close, Ending::Reset] {
        for (reply, expect) in good_replies() {
            for at in 0..=reply.len() {
                // A value that has come whole is given out without its end.
                let is_value = matches!(expect, Expect::Hit(_));
                let needed = reply.len() - if is_value { b"END\r\n".len() } else { 0 };
                let expect = if at >= needed { expect } else { Expect::Miss };
                let part = reply[..at].to_vec();
                let name = format!("{ending:?} at {at}");
                bench.case(&name, "/k", expect, move |peer| {
                    if peer.request().is_some() {
                        peer.send(&part);
                        // A reset overtakes what was sent before it.
                        if matches!(ending, Ending::Reset) {
                            std::thread::sleep(PAUSE * 5);
                            peer.reset();
                        }
                    }
                });
            }
        }
    }
    bench.finish();
}

/// A connection that worked and ends before the reply begins: the request is
/// sent once more, and no third time.
#[test]
fn a_stale_connection_is_replaced_once() {
    let mut bench = Bench::start(Times::PATIENT);
    bench.cache.set("/k", b"found");
    for reset in [false, true] {
        for deaths in 1..=2 {
            let name = format!("reset {reset}, {deaths} connections die");
            bench.case(&name, "/warm", Expect::Miss, move |peer| {
                let first = (peer.number == 0).then(|| peer.request()).flatten();
                if let Some(request) = first {
                    peer.answer(&request);
                }
                if peer.number >= deaths {
                    peer.serve();
                } else if peer.request().is_some() && reset {
                    peer.reset();
                }
            });
            let expect = if deaths == 1 {
                Expect::Hit(b"found")
            } else {
                Expect::Miss
            };
            bench.ask(&name, "/k", expect);
            let asked = bench.cache.requests();
            let times = asked.iter().filter(|request| request.key == "/k").count();
            // Once where a slow machine had another connection at hand.
            assert!((1..=2).contains(&times), "{name}: {times}");
        }
    }
    bench.finish();
}
